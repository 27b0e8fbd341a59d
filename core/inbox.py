"""The raw inbox: what gateways and suppliers sent us, kept before anything is done with it (F22).

A row is a hint, never the truth: whoever works it off looks at the source.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from core import audit
from core.cases import open_case
from core.models import InboxMessage
from core.web.client import address_of

MAX_BODY_BYTES = 256 * 1024
# Enough to see what a stranger tried; more would let anybody fill the table.
MAX_FORGED_BYTES = 2 * 1024
MAX_ATTEMPTS = 12
_LEASE = timedelta(seconds=60)
_LONGEST_PAUSE = timedelta(hours=1)
_SECRET_WORDS = ("auth", "token", "secret", "signature", "key", "cookie", "password")
_KEPT_HEADERS = 40
# For longer than a year, so that last year's quarrel can still be looked up.
KEPT_FOR = timedelta(days=400)


def store(party: str, request: HttpRequest, *, key_parts: Sequence[str], authentic: bool) -> InboxMessage:
    """The message stands in the inbox, once per (party, key_parts); a repetition only raises its count.

    Headers that may hold secrets are masked. An inauthentic message is kept as IGNORED, under a key of its own, so
    that a forgery can never take the place of the real one.
    """
    key = _key("" if authentic else "forged", *key_parts)
    message, is_new = InboxMessage.objects.get_or_create(
        party=party,
        key=key,
        defaults={
            "method": (request.method or "")[:8],
            "path": request.path[:300].replace("\0", ""),
            "headers": masked(request.headers.items()),
            "body": _text(request.body[: MAX_BODY_BYTES if authentic else MAX_FORGED_BYTES]),
            "address": address_of(request),
            "is_authentic": authentic,
            "state": InboxMessage.State.NEW if authentic else InboxMessage.State.IGNORED,
            "note": "" if authentic else "not authentic",
            "done_at": None if authentic else timezone.now(),
        },
    )
    if not is_new:
        InboxMessage.objects.filter(pk=message.pk).update(times=F("times") + 1)
        message.refresh_from_db(fields=["times"])
    return message


def claim(party: str, limit: int = 50) -> list[InboxMessage]:
    """Up to `limit` messages that are due, each held for a minute: no other worker gets it meanwhile.

    Who claims them calls `done`, `ignored` or `failed`; a worker that dies leaves them to the next after the minute.
    """
    now = timezone.now()
    with transaction.atomic():
        due = list(
            InboxMessage.objects.select_for_update(skip_locked=True)
            .filter(party=party, state=InboxMessage.State.NEW, not_before__lte=now)
            .order_by("not_before", "id")[:limit]
        )
        InboxMessage.objects.filter(pk__in=[message.pk for message in due]).update(
            not_before=now + _LEASE, attempts=F("attempts") + 1
        )
    for message in due:
        message.attempts += 1
    return due


def done(message: InboxMessage, note: str = "", about: str = "") -> None:
    """The message needs nothing more; `about` is the invoice number it turned out to concern."""
    _close(message, InboxMessage.State.DONE, note, about)


def ignored(message: InboxMessage, note: str, about: str = "") -> None:
    """The message concerns nothing of ours."""
    _close(message, InboxMessage.State.IGNORED, note, about)


def failed(message: InboxMessage, note: str, about: str = "") -> None:
    """The message is tried again later (2 s, 4 s ... up to an hour); after MAX_ATTEMPTS it is a case for staff."""
    if message.attempts < MAX_ATTEMPTS:
        pause = min(timedelta(seconds=2**message.attempts), _LONGEST_PAUSE)
        InboxMessage.objects.filter(pk=message.pk, state=InboxMessage.State.NEW).update(
            not_before=timezone.now() + pause, note=note[:2000]
        )
        return
    with transaction.atomic():
        _close(message, InboxMessage.State.FAILED, note, about)
        open_case(
            "inbox",
            f"inbox:{message.pk}:{timezone.now():%Y%m%d%H%M%S}",  # one for each time that staff send it through
            f"A message from {message.party} could not be worked off",
            about=about or message.about,
            evidence={
                "message": message.pk,
                "note": note[:2000],
                "attempts": message.attempts,
                "path": readable(message)[0],
            },
            actions="Read the message in the inbox, look at its source, then have it worked off again from its page.",
        )


@transaction.atomic
def again(message: InboxMessage, by: str, why: str) -> bool:
    """The message is due to be worked off once more, by whoever works off its party's, with a line in the audit trail.

    False, and nothing changed, where it waits to be worked off anyway or is not authentic. Harmless however often: a
    message is a hint, and what follows from it is looked up at its source.
    """
    ended = InboxMessage.objects.filter(pk=message.pk, is_authentic=True).exclude(state=InboxMessage.State.NEW)
    now = timezone.now()
    if not ended.update(state=InboxMessage.State.NEW, attempts=0, not_before=now, done_at=None):
        return False
    before = {"state": message.state, "note": message.note}
    audit.record(by, "message worked off again", f"inbox:{message.pk}", before=before, why=why)
    return True


def forget_old(limit: int = 5000) -> int:
    """Up to `limit` messages that were done or ignored longer ago than `KEPT_FOR` are gone; how many."""
    old = InboxMessage.objects.filter(received_at__lt=timezone.now() - KEPT_FOR)
    ids = old.filter(state__in=(InboxMessage.State.DONE, InboxMessage.State.IGNORED)).values_list("pk", flat=True)
    return InboxMessage.objects.filter(pk__in=list(ids[:limit])).delete()[0]


_SECRET = "|".join((*_SECRET_WORDS, "hmac"))
_IN_JSON = re.compile(rf'("[^"]*(?:{_SECRET})[^"]*"\s*:\s*)"[^"]*"', re.IGNORECASE)
_IN_FORM = re.compile(rf"((?:^|[&?])[^=&?]*(?:{_SECRET})[^=&?]*=)[^&]+", re.IGNORECASE)
_IN_PATH = re.compile(r"(?<=/)[A-Za-z0-9_-]{24,}(?=/|$)")


def readable(message: InboxMessage) -> tuple[str, str]:
    """Path and body for people's eyes: signatures, tokens and unguessable addresses masked. The row keeps them: who
    works the message off again has to prove it again."""
    return _IN_PATH.sub("***", message.path), _IN_FORM.sub(r"\1***", _IN_JSON.sub(r'\1"***"', message.body))


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers fit to be stored: of a secret only that it was there, and its length."""
    kept = {}
    for name, value in list(headers)[:_KEPT_HEADERS]:
        is_secret = any(word in name.lower() for word in _SECRET_WORDS)
        kept[name[:80]] = f"*** ({len(value)})" if is_secret else value[:500].replace("\0", "")
    return kept


def _close(message: InboxMessage, state: InboxMessage.State, note: str, about: str) -> None:
    message.state, message.note, message.done_at = state, note[:2000], timezone.now()
    fields = ["state", "note", "done_at"]
    if about:
        message.about = about[:40]
        fields.append("about")
    message.save(update_fields=fields)


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace").replace("\0", "\ufffd")
