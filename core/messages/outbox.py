"""The outbox of WhatsApp and Telegram, like the mails' in core.mail: a row each, sent once by whoever claims it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.cases import open_case
from core.messages.adapters import for_channel
from core.messages.adapters.base import Misconfigured, Note, NotNow, Unreachable
from core.messages.models import ChatLink, ChatMessage
from core.wake import wake

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
# Longer than a messenger's server may take over one call.
_LEASE = timedelta(minutes=2)
_State = ChatMessage.State


def is_on(channel: str) -> bool:
    """Whether the shop has that messenger: its settings are there."""
    return bool({"WHATSAPP": settings.WHATSAPP_BASE_URL, "TELEGRAM": settings.TELEGRAM_BASE_URL}[channel])


def queue(about: str, template: str, language: str, *, item: str, detail: str, path: str, once_per: str = "") -> int:
    """Whoever asked to hear `about` it is written to, once per template (and `once_per`), in the caller's transaction;
    how many messages are new. `path`: of the page, without the first slash."""
    if not any(map(is_on, ChatLink.Channel.values)):
        return 0
    made = 0
    context = {"number": about, "item": item, "detail": detail, "path": path}
    for link in ChatLink.objects.filter(about=about, ended_at=None):
        if not is_on(link.channel):
            continue
        key = key_of(link.channel, template, about, once_per)
        given = {"link": link, "template": template, "language": language, "context": context, "about": about}
        _message, is_new = ChatMessage.objects.get_or_create(key=key, defaults=given)
        made += is_new
    if made:
        wake("core.send_messages", "mail")
    return made


def key_of(channel: str, template: str, about: str, once_per: str = "") -> str:
    """Under which such a message is written once."""
    return f"{channel}:{template}:{about}" + (f":{once_per}" if once_per else "")


def send_due(limit: int = 20) -> int:
    """Sends up to `limit` messages that are due and returns how many went out. Safe to run in many workers at once; a
    worker that dies in the middle of one leaves it to be sent again: seldom twice, never not."""
    due = ChatMessage.objects.filter(state=_State.QUEUED, not_before__lte=timezone.now())
    sent = 0
    for pk in list(due.order_by("not_before", "id").values_list("pk", flat=True)[:limit]):
        sent += _claim_and_send(pk)
    return sent


def send_now(key: str) -> bool:
    """That message, before all others, by whoever calls; True if it went out. Else it stays in the outbox."""
    pk = ChatMessage.objects.filter(key=key).values_list("pk", flat=True).first()
    return pk is not None and _claim_and_send(pk)


def _claim_and_send(pk: int) -> bool:
    now = timezone.now()
    mine = ChatMessage.objects.filter(pk=pk, state=_State.QUEUED, not_before__lte=now)
    if not mine.update(not_before=now + _LEASE, attempts=F("attempts") + 1):
        return False
    return _send(ChatMessage.objects.select_related("link").get(pk=pk))


def note_of(message: ChatMessage) -> Note:
    """The message as it goes out, in its language."""
    told = message.context
    with translation.override(message.language):
        context = {**told, "shop": settings.SHOP_NAME, "url": f"{settings.PUBLIC_BASE_URL}/{told['path']}"}
        text = render_to_string(f"chat/{message.template}.txt", context).strip()
    parameters = [told["number"], told["item"], *([told["detail"]] if told["detail"] else [])]
    return Note(message.link.address, message.template, message.language, text, tuple(parameters), told["path"])


def _send(message: ChatMessage) -> bool:
    if message.link.ended_at is not None:
        _close(message, _State.DROPPED, "they want to hear no more")
        return False
    try:
        message.message_id = for_channel(message.link.channel).send(note_of(message))
    except Unreachable as problem:
        with transaction.atomic():
            now = timezone.now()
            ChatLink.objects.filter(pk=message.link_id, ended_at=None).update(ended_at=now, ended_why="unreachable")
            _close(message, _State.FAILED, str(problem))
        return False
    except Exception as problem:
        # Whatever is wrong with one message must not hold up the others.
        logger.warning("message %s not sent: %s: %s", message.pk, type(problem).__name__, problem)
        _put_off(message, problem)
        return False
    message.state, message.sent_at, message.error = _State.SENT, timezone.now(), ""
    message.save(update_fields=["state", "sent_at", "error", "message_id"])
    return True


def _put_off(message: ChatMessage, problem: Exception) -> None:
    text = f"{type(problem).__name__}: {problem}"[:2000]
    if message.attempts < MAX_ATTEMPTS:
        told = problem.pause if isinstance(problem, NotNow) else 0
        pause = max(timedelta(seconds=told), timedelta(seconds=15 * 2**message.attempts))
        message.not_before, message.error = timezone.now() + pause, text
        message.save(update_fields=["not_before", "error"])
        return
    with transaction.atomic():
        _close(message, _State.FAILED, text)
        if isinstance(problem, NotNow):
            return  # the mail went out; a messenger that was away for an hour is nobody's case
        channel = message.link.get_channel_display()
        open_case(
            "messenger",
            f"messenger:{message.link.channel}:{timezone.now():%Y%m%d}",
            f"{channel} does not take our messages",
            about=message.about,
            evidence={"error": text, "message": message.pk, "is_ours": isinstance(problem, Misconfigured)},
            actions="Compare key, number and approved templates with docs/messages.md. Customers have their mails.",
        )


def _close(message: ChatMessage, state: ChatMessage.State, error: str) -> None:
    message.state, message.error = state, error[:2000]
    message.save(update_fields=["state", "error"])
