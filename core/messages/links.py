"""Asking to hear by a messenger, and asking to hear no more. Telegram's chats bind themselves by a signed token."""

from __future__ import annotations

import base64

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from core.messages import outbox
from core.messages.models import ChatLink

_Channel = ChatLink.Channel


def start_url(about: str) -> str:
    """The link that opens the shop's bot and tells it what to speak about; "" where the shop has none."""
    if not outbox.is_on(_Channel.TELEGRAM):
        return ""
    return f"{settings.TELEGRAM_LINK_URL}/{settings.TELEGRAM_BOT_NAME}?start={token_of(about)}"


def token_of(about: str) -> str:
    """Letters, digits, - and _ alone, at most 64: what Telegram lets through."""
    return f"{about}_{_signature(about)}"


def about_of(token: str) -> str:
    """What the token was made for; "" for anything we did not make."""
    about, _, signature = token.partition("_")
    return about if about and constant_time_compare(signature, _signature(about)) else ""


def follow(about: str, channel: str, address: str) -> ChatLink:
    """That address hears about it from now on, in place of any other of the channel; the same again changes nothing."""
    while True:
        link = ChatLink.objects.filter(about=about, channel=channel, ended_at=None).first()
        if link is not None and link.address == address:
            return link
        try:
            with transaction.atomic():
                stop(about, channel, why="replaced")
                return ChatLink.objects.create(about=about, channel=channel, address=address)
        except IntegrityError:
            continue  # two at once: the other one's stands, and is looked at


def stop(about: str, channel: str, *, why: str = "asked") -> bool:
    """Nobody hears about it by that channel any more; False if nobody did."""
    mine = ChatLink.objects.filter(about=about, channel=channel, ended_at=None)
    return bool(mine.update(ended_at=timezone.now(), ended_why=why))


def stop_all(channel: str, address: str) -> int:
    """That address hears of nothing any more."""
    mine = ChatLink.objects.filter(channel=channel, address=address, ended_at=None)
    return mine.update(ended_at=timezone.now(), ended_why="asked")


def _signature(about: str) -> str:
    digest = salted_hmac("core.messages.start", about, algorithm="sha256").digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
