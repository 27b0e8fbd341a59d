"""Sessions: opened at every sign-in, listed for their owner, ended by signing out or from another device."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.models import Session as Cookie
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import tokens
from accounts.models import RefreshToken, Session, User
from core.web.client import client_of

# A browser's session counts as live for as long as its cookie may come back.
COOKIE_LIFE = timedelta(days=14)
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of whoever signs in: `label` for a person, `key` (a hash, "" where unknown) to know it again."""

    label: str
    key: str
    address: str


_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


def label_of(agent: str) -> str:
    """A user agent in a few words ("Chrome · Android"); a program's own name where it is no browser."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser or system:
        return " · ".join(part for part in (browser, system) if part)
    first = re.match(r"[\w.+-]{1,40}", agent)
    return first[0] if first else ""


def device_of(request: HttpRequest) -> Device:
    client = client_of(request)
    return Device(label_of(request.headers.get("User-Agent", "")[:400]), client.device_key, client.address)


def open_api(user: User, device: Device, *, session_id: uuid.UUID | None = None) -> tuple[Session, tokens.Pair]:
    """A session of an app and its first pair of tokens.

    With `session_id` (an MFA token's) it can be opened once: raises INVALID_TOKEN (401) the second time.
    """
    try:
        with transaction.atomic():
            session = _opened(user, Session.Kind.API, device, session_id=session_id)
            return session, tokens.issue(session, session.created_at)
    except IntegrityError as problem:
        if session_id is None:
            raise
        raise tokens.invalid_token() from problem


def open_page(user: User, device: Device, cookie: str, *, session_id: uuid.UUID | None = None) -> Session:
    """A session of the browser whose session row has the key `cookie`. `session_id` as in `open_api`."""
    try:
        with transaction.atomic():
            return _opened(user, Session.Kind.PAGE, device, cookie=cookie, session_id=session_id)
    except IntegrityError as problem:
        if session_id is None:
            raise
        raise tokens.invalid_token() from problem


def _opened(
    user: User, kind: Session.Kind, device: Device, *, cookie: str = "", session_id: uuid.UUID | None = None
) -> Session:
    now = timezone.now()
    session = Session(
        id=session_id or uuid.uuid4(),
        user=user,
        kind=kind,
        device=device.label[:80],
        device_key=device.key,
        address=device.address or None,
        cookie=cookie,
        created_at=now,
        seen_at=now,
    )
    session.save(force_insert=True)
    return session


def is_new_device(user: User, device: Device) -> bool:
    """Whether the user has signed in before, and never from here: neither with this key nor from this address with a
    device of this name."""
    earlier = list(Session.objects.filter(user=user).values_list("device_key", "device", "address")[:200])
    known = any((device.key and key == device.key) or (label, address) == (device.label[:80], device.address)
                for key, label, address in earlier)  # fmt: skip
    return bool(earlier) and not known


def live(user: User) -> list[Session]:
    """The user's sessions that can still be used, last seen first."""
    now = timezone.now()
    rows = Session.objects.filter(user=user, ended_at=None, seen_at__gt=now - tokens.REFRESH)
    return [row for row in rows if row.kind == Session.Kind.API or row.seen_at > now - COOKIE_LIFE]


def seen(session_id: str) -> None:
    """The session was used just now; written at most every few minutes."""
    now = timezone.now()
    Session.objects.filter(pk=session_id, seen_at__lt=now - _SEEN_EVERY).update(seen_at=now)


def end(user: User, session_id: uuid.UUID | str, why: Session.End) -> bool:
    """That session of the user's is over; False if there is none that still lived."""
    return bool(_end(Session.objects.filter(user=user, pk=session_id, ended_at=None), why))


def end_all(user: User, why: Session.End, *, but: uuid.UUID | str | None = None) -> int:
    """Every session of the user's is over, except `but`, whose refresh tokens are worth nothing from now on.

    Inside the caller's transaction, with what gave cause for it.
    """
    rows = Session.objects.filter(user=user, ended_at=None)
    if but is not None:
        rows = rows.exclude(pk=but)
        # A refresh at this moment is over before we go on, or finds nothing.
        Session.objects.select_for_update(no_key=True).filter(pk=but).first()
        RefreshToken.objects.filter(session_id=but).delete()
    return _end(rows, why)


def end_others(user: User, *, but: uuid.UUID | str | None) -> int:
    """Every session of the user's but that one is over."""
    rows = Session.objects.filter(user=user, ended_at=None)
    return _end(rows.exclude(pk=but) if but else rows, Session.End.OTHER_DEVICE)


def _end(rows: Iterable[Session], why: Session.End) -> int:
    found = list(rows)
    if not found:
        return 0
    cookies = [row.cookie for row in found if row.cookie]
    with transaction.atomic():
        ended = Session.objects.filter(pk__in=[row.pk for row in found], ended_at=None).update(
            ended_at=timezone.now(), ended_why=why
        )
        # A browser's session is worth nothing without the row its cookie names.
        Cookie.objects.filter(session_key__in=cookies).delete()
    return ended
