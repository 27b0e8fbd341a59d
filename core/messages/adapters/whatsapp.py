"""WhatsApp's Cloud API: a business may begin a talk with approved templates only, so each kind of message is one.

The templates that have to be approved stand in docs/messages.md.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from core.messages.adapters.base import Misconfigured, Note, NotNow, Unreachable
from core.messages.adapters.wire import post

PREFIX = "gerbang_"
_LONGEST = 600
# Cloud API error codes. Their texts may change, the codes do not.
_UNREACHABLE = {131026, 131030, 131050, 131049}
_PASSES = {1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 133016}


class WhatsApp:
    def send(self, note: Note) -> str:
        status, told = post(
            f"{settings.WHATSAPP_BASE_URL}/{settings.WHATSAPP_PHONE_NUMBER_ID}/messages",
            _body(note),
            {"Authorization": f"Bearer {settings.WHATSAPP_ACCESS_TOKEN}"},
        )
        messages = told.get("messages")
        if 200 <= status < 300 and isinstance(messages, list) and messages:
            return str(messages[0].get("id", ""))[:120]
        error = told.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        said = f"HTTP {status}, code {code}: {error.get('message', '') if isinstance(error, dict) else ''}"[:500]
        if code in _UNREACHABLE:
            raise Unreachable(said)
        if code in _PASSES or status >= 500 or status == 429:
            raise NotNow(said)
        raise Misconfigured(said)


def _body(note: Note) -> dict[str, Any]:
    body = {"type": "body", "parameters": [{"type": "text", "text": _plain(text)} for text in note.parameters]}
    button = {
        "type": "button",
        "sub_type": "url",
        "index": "0",
        "parameters": [{"type": "text", "text": note.path}],
    }
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": note.to.lstrip("+"),
        "type": "template",
        "template": {
            "name": PREFIX + note.template,
            "language": {"code": note.language},
            "components": [body, button],
        },
    }


def _plain(text: str) -> str:
    """A parameter may hold no line break, no tab and no run of spaces, and may not be empty."""
    return " ".join(text.split())[:_LONGEST] or "-"
