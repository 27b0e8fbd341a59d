"""The knobs of the messengers: what was taken, and people who start, stop or block the bot."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox.chats import store, telegram
from sandbox.wire import answer, json_object


@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """Every message that WhatsApp and Telegram took, oldest first."""
    return answer({"messages": store.kept()})


@require_POST
def telegram_update(request: HttpRequest) -> HttpResponse:
    """`{"chat_id", "text", "language", "update_id"}` is said to the bot; `{"chat_id", "block": true}` blocks it."""
    body = json_object(request) or {}
    chat = body.get("chat_id")
    if not isinstance(chat, int):
        return answer({"message": "chat_id must be a number"}, 400)
    if body.get("block"):
        return answer({"delivered": telegram.block(chat)})
    text, language = str(body.get("text", "")), str(body.get("language", "id"))
    return answer({"delivered": telegram.tell(chat, text, language, int(body.get("update_id") or 0))})
