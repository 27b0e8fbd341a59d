"""Addresses that suppliers call, under /hooks/."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fulfilment import callbacks, webhooks


@csrf_exempt
def gemgo(request: HttpRequest, token: str) -> HttpResponse:
    """Whatever method and body they choose (neither is documented): 200 at once, or 404 for an unknown address."""
    known = callbacks.receive(request, "gemgo", token)
    return HttpResponse("ok" if known else "", status=200 if known else 404, content_type="text/plain")


@csrf_exempt
@require_POST
def digiflazz(request: HttpRequest) -> HttpResponse:
    """200 once the message is stored; 401 without a word for what is not the supplier's."""
    return HttpResponse(status=200 if webhooks.receive(request, "digiflazz") else 401)


urlpatterns = [path("gemgo/<slug:token>", gemgo), path("digiflazz", digiflazz, name="hook_digiflazz")]
