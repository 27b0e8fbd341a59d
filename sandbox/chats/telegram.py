"""Telegram: the Bot API as far as a shop's bot needs it, and a page that stands in for the app on a phone."""

import hmac
import html
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sandbox import surroundings
from sandbox.chats import store
from sandbox.outbound import post_json
from sandbox.state import database, faults
from sandbox.wire import answer, cut, json_object, now_ms

_HOOK = "telegram.webhook"
_SECRET = "telegram.secret"


def _refused(code: int, description: str, **more: Any) -> HttpResponse:
    return answer({"ok": False, "error_code": code, "description": description, **more}, code)


@require_POST
def call(request: HttpRequest, token: str, method: str) -> HttpResponse:
    """POST /bot<token>/<method> with JSON."""
    store.hold_back()
    if not hmac.compare_digest(token.encode(), surroundings.TELEGRAM_BOT_TOKEN.encode()):
        return _refused(401, "Unauthorized")
    body = json_object(request) or {}
    if method == "getMe":
        return answer({"ok": True, "result": {"id": 1, "is_bot": True, "username": "gerbang_sandbox_bot"}})
    if method == "setWebhook":
        with database.transaction() as running:
            database.remember(running, _HOOK, str(body.get("url", "")))
            database.remember(running, _SECRET, str(body.get("secret_token", "")))
        return answer({"ok": True, "result": True, "description": "Webhook was set"})
    if method != "sendMessage":
        return _refused(404, "Not Found")
    return _send(request, body)


def _send(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    if faults.happens("message", "error"):
        return _refused(500, "Internal Server Error")
    if faults.happens("message", "http_429"):
        return _refused(429, "Too Many Requests: retry after 1", parameters={"retry_after": 1})
    chat, text = body.get("chat_id"), body.get("text")
    if not isinstance(text, str) or not text or len(text) > 4096:
        return _refused(400, "Bad Request: message text is empty")
    blocked = store.chat_is_blocked(chat) if isinstance(chat, int) else None
    if not isinstance(chat, int) or blocked is None:
        return _refused(400, "Bad Request: chat not found")
    if blocked or faults.happens("message", "unreachable"):
        return _refused(403, "Forbidden: bot was blocked by the user")
    made = store.keep("telegram", str(chat), body)
    if faults.happens("message", "lose_reply"):
        return cut(request)
    told = {"message_id": made, "date": now_ms() // 1000, "chat": {"id": chat, "type": "private"}, "text": text}
    return answer({"ok": True, "result": told})


def tell(chat: int, text: str, language: str = "id", update_id: int = 0) -> int:
    """Somebody writes to the bot; the store's answer to the update."""
    store.set_chat(chat, blocked=False)
    person = {"id": chat, "is_bot": False, "first_name": "Demo", "language_code": language}
    message = {
        "message_id": secrets.randbelow(10**6),
        "from": person,
        "chat": {"id": chat, "type": "private", "first_name": "Demo"},
        "date": now_ms() // 1000,
        "text": text,
    }
    return _update({"message": message}, update_id)


def block(chat: int) -> int:
    """Somebody blocks the bot; the store's answer to the update."""
    store.set_chat(chat, blocked=True)
    change = {
        "chat": {"id": chat, "type": "private"},
        "from": {"id": chat, "is_bot": False},
        "date": now_ms() // 1000,
        "old_chat_member": {"status": "member"},
        "new_chat_member": {"status": "kicked"},
    }
    return _update({"my_chat_member": change})


def _update(told: dict[str, Any], update_id: int = 0) -> int:
    url = database.fact(_HOOK, "") or f"{surroundings.STORE_URL}/hooks/telegram"
    secret = database.fact(_SECRET, "") or surroundings.TELEGRAM_WEBHOOK_SECRET
    body = {"update_id": update_id or secrets.randbelow(10**12), **told}
    return post_json(url, body, {"X-Telegram-Bot-Api-Secret-Token": secret})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def app(request: HttpRequest, bot: str) -> HttpResponse:
    """t.me/<bot>?start=<token>: the button to start, and then the chat."""
    token = request.GET.get("start", "")[:64]
    chat = 100_000 + sum(token.encode())
    if request.method == "POST":
        tell(chat, f"/start {token}")
    lines = "".join(
        f"<p>{html.escape(str(one['body'].get('text', '')))}</p>" for one in store.kept("telegram", str(chat))
    )
    name = html.escape(bot)
    page = (
        "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><link rel=icon href='data:,'>"
        f"<title>{name}</title><h1>{name}</h1>{lines}<form method=post><button>Start</button></form></html>"
    )
    return HttpResponse(page)
