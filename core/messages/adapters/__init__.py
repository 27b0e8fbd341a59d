"""The messengers by the name that ChatLink.channel carries."""

from __future__ import annotations

from core.messages.adapters.base import Messenger
from core.messages.adapters.telegram import Telegram
from core.messages.adapters.whatsapp import WhatsApp

_ADAPTERS: dict[str, Messenger] = {"WHATSAPP": WhatsApp(), "TELEGRAM": Telegram()}


def for_channel(channel: str) -> Messenger:
    return _ADAPTERS[channel]
