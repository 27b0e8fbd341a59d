"""Addresses that suppliers call, under /hooks/."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from fulfilment import callbacks


@csrf_exempt
def gemgo(request: HttpRequest, token: str) -> HttpResponse:
    """Whatever method and body they choose (neither is documented): 200 at once, or 404 for an unknown address."""
    known = callbacks.receive(request, "gemgo", token)
    return HttpResponse("ok" if known else "", status=200 if known else 404, content_type="text/plain")


urlpatterns = [path("gemgo/<str:token>", gemgo)]
