"""/hooks/...: where gateways call."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import webhooks


@csrf_exempt
@require_POST
def xendit(request: HttpRequest) -> HttpResponse:
    """200 once the message is stored; 401 without a word for what is not the gateway's."""
    return HttpResponse(status=200 if webhooks.receive(request, "xendit") else 401)


urlpatterns = [path("xendit", xendit, name="hook_xendit")]
