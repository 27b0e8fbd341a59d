"""/hooks/...: where gateways call."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import webhooks
from payments.gateways import CODES


@csrf_exempt
@require_POST
def gateway(request: HttpRequest, party: str) -> HttpResponse:
    """200 once the message is stored; 401 without a word for what is not the gateway's.

    503 where it could not be stored: of all answers the one after which gateways try again most often.
    """
    try:
        is_authentic = webhooks.receive(request, party)
    except DatabaseError:
        return HttpResponse(status=503)
    return HttpResponse(status=200 if is_authentic else 401)


urlpatterns = [path(code, gateway, {"party": code}, name=f"hook_{code}") for code in CODES]
