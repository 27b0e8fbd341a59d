"""WhatsApp's Cloud API: template messages alone, since nobody here has written to the business first."""

import hmac
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from sandbox import surroundings
from sandbox.chats import store
from sandbox.state import faults
from sandbox.wire import answer, cut, json_object

PREFIX = "gerbang_"


def _error(status: int, code: int, message: str) -> HttpResponse:
    error = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": message},
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    return answer({"error": error}, status)


@require_POST
def messages(request: HttpRequest, version: str, number_id: str) -> HttpResponse:
    """POST /{version}/{phone number id}/messages."""
    store.hold_back()
    given = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), surroundings.WHATSAPP_ACCESS_TOKEN.encode()):
        return _error(401, 190, "Invalid OAuth access token - Cannot parse access token")
    if faults.happens("message", "error"):
        return _error(500, 131000, "Something went wrong")
    if faults.happens("message", "http_429"):
        return _error(429, 130429, "Rate limit hit")
    body = json_object(request)
    wrong = _wrong(body)
    if body is None or wrong:
        return _error(400, *(wrong or (100, "Invalid parameter")))
    to = str(body["to"]).lstrip("+")
    if faults.happens("message", "unreachable"):
        return _error(400, 131026, "Message undeliverable")
    made = store.keep("whatsapp", to, body)
    if faults.happens("message", "lose_reply"):
        return cut(request)
    return answer(
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": body["to"], "wa_id": to}],
            "messages": [{"id": f"wamid.{made:012d}{secrets.token_urlsafe(12)}", "message_status": "accepted"}],
        }
    )


def _wrong(body: dict[str, Any] | None) -> tuple[int, str] | None:
    """Code and words for what the real one would refuse."""
    if body is None or body.get("messaging_product") != "whatsapp":
        return 100, "Parameter messaging_product is required"
    if not str(body.get("to", "")).lstrip("+").isdigit():
        return 131009, "Parameter to is not a phone number"
    template = body.get("template")
    if body.get("type") != "template" or not isinstance(template, dict):
        return 131047, "More than 24 hours have passed since the customer last replied"
    if not str(template.get("name", "")).startswith(PREFIX) or not (template.get("language") or {}).get("code"):
        return 132001, "Template name does not exist in the translation"
    for component in template.get("components", []):
        for parameter in component.get("parameters", []):
            text = parameter.get("text")
            if not isinstance(text, str) or not text:
                return 131008, "Parameter text is required"
            if "\n" in text or "\t" in text or "    " in text:
                return 132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
    return None
