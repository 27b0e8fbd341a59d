"""Telegram's Bot API. The bot may write to whoever has started it, and to nobody else."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from core.messages.adapters.base import Misconfigured, Note, NotNow, Unreachable
from core.messages.adapters.wire import post

_LONGEST = 4000
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (a header's name)


@dataclass(frozen=True, slots=True)
class Heard:
    """What an update says: somebody started the bot with a token, or wants to hear no more (`token` "")."""

    chat: str
    token: str = ""
    language: str = ""
    is_stop: bool = False


class Telegram:
    def send(self, note: Note) -> str:
        told = call(
            "sendMessage",
            {"chat_id": int(note.to), "text": note.text[:_LONGEST], "link_preview_options": {"is_disabled": True}},
        )
        return str(told.get("message_id", "")) if isinstance(told, dict) else ""


def call(method: str, body: dict[str, Any]) -> Any:
    """The `result` of a method of the Bot API. Raises NotNow, Unreachable, Misconfigured."""
    url = f"{settings.TELEGRAM_BASE_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/{method}"
    status, told = post(url, body)
    if told.get("ok") is True:
        return told.get("result")
    code, said = told.get("error_code", status), str(told.get("description", ""))
    more = told.get("parameters")
    pause = more.get("retry_after", 0) if isinstance(more, dict) else 0
    if code == 429 or status >= 500:
        raise NotNow(f"{code}: {said}"[:500], float(pause))
    if code == 403 or (code == 400 and "chat not found" in said.lower()):
        raise Unreachable(f"{code}: {said}"[:500])
    raise Misconfigured(f"{code}: {said}"[:500])


def is_authentic(headers: Mapping[str, str]) -> bool:
    """Whether whoever calls knows the secret that we gave with setWebhook."""
    given = headers.get(SECRET_HEADER, "")
    secret = settings.TELEGRAM_WEBHOOK_SECRET
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def read(update: Any) -> Heard | None:
    """What an update means to us; None for whatever else people write, and for groups."""
    if not isinstance(update, dict):
        return None
    gone = update.get("my_chat_member")
    if isinstance(gone, dict):
        chat, now = _chat(gone), gone.get("new_chat_member")
        if chat and isinstance(now, dict) and now.get("status") in ("kicked", "left"):
            return Heard(chat, is_stop=True)
        return None
    message = update.get("message")
    chat = _chat(message)
    if not chat or not isinstance(message, dict):
        return None
    sender = message.get("from")
    language = str(sender.get("language_code", "")) if isinstance(sender, dict) else ""
    command, _, rest = str(message.get("text", "")).strip().partition(" ")
    if command == "/start" and rest:
        return Heard(chat, token=rest.strip()[:64], language=language[:2])
    return Heard(chat, is_stop=True) if command == "/stop" else None


def _chat(of: Any) -> str:
    chat = of.get("chat") if isinstance(of, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return ""
    return str(chat["id"])
