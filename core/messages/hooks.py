"""/hooks/telegram: where the bot's updates arrive."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.messages import telegram


@csrf_exempt
@require_POST
def updates(request: HttpRequest) -> HttpResponse:
    """200 once it is stored and done; 401 without a word for what is not Telegram's."""
    return HttpResponse(status=200 if telegram.receive(request) else 401)


urlpatterns = [path("telegram", updates, name="hook_telegram")]
