"""Access, refresh and MFA tokens: what they say, whom they let in, and how a refresh token is exchanged.

All three are JWTs signed with the shop's secret; `use` says which it is. An access token names its session, which is
read in one query with its user, so that signing out and suspension act at once. A refresh token is kept as a hash.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RefreshToken, Session, User
from core.errors import Refused
from core.web.client import digest
from core.web.envelope import unauthorized

ACCESS_SECONDS = 3600
REFRESH = timedelta(days=30)
MFA = timedelta(minutes=5)
# Two tabs, or an app that asks again after a lost answer, are no thieves (decisions, Identity).
FORGIVEN = timedelta(seconds=10)
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a client is given; `access` lives ACCESS_SECONDS, `refresh` REFRESH and for one use."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class MfaClaim:
    """Who has shown the password and still owes the code. `session_id` is the session that comes of it: one."""

    public_id: str
    session_id: uuid.UUID
    region_code: str
    password_mark: str


@cache
def _key() -> str:
    return digest("jwt")


def _signed(use: str, now: datetime, life: timedelta, **claims: str) -> str:
    return jwt.encode({"use": use, "iat": now, "exp": now + life, **claims}, _key(), algorithm=_ALGORITHM)


def _read(token: str) -> dict[str, Any] | None:
    """The claims of a token of ours that has not expired."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, _key(), algorithms=[_ALGORITHM], options={"require": ["exp", "iat", "use"]}
        )
    except (jwt.InvalidTokenError, ValueError, UnicodeError):
        return None
    return claims


def invalid_token(details: str = "") -> Refused:
    """401: a refresh or MFA token that is none of ours, too old, used, or of a session that has ended."""
    return Refused("INVALID_TOKEN", _("Please sign in again."), details=details, status=401)


def suspended() -> Refused:
    return Refused(
        "ACCOUNT_SUSPENDED",
        _("This account has been suspended. Please write to us if you think that is a mistake."),
    )


# --- Access ---


def authenticate(token: str) -> tuple[User, Session]:
    """The member and the session behind an access token; one query.

    Raises UNAUTHORIZED for anything but a live access token of a live session, MFA_REQUIRED for the token of a sign-in
    that still owes its code, ACCOUNT_SUSPENDED.
    """
    claims = _read(token)
    if claims is not None and claims["use"] == "mfa":
        raise Refused(
            "MFA_REQUIRED",
            _("Please finish signing in with the code from your authenticator app."),
            headers={"WWW-Authenticate": "Bearer"},
        )
    if claims is None or claims["use"] != "access":
        raise unauthorized()
    session = Session.objects.select_related("user").filter(pk=claims["sid"], ended_at=None).first()
    if session is None:
        raise unauthorized()
    if session.user.status == User.Status.SUSPENDED:
        raise suspended()
    return session.user, session


def access_token(session: Session, now: datetime) -> str:
    return _signed("access", now, timedelta(seconds=ACCESS_SECONDS), sub=session.user.public_id, sid=session.pk.hex)


# --- Refresh ---


def issue(session: Session, now: datetime) -> Pair:
    """A fresh pair for the session: one more row in its family."""
    expires_at = now + REFRESH
    refresh = _signed("refresh", now, REFRESH, jti=secrets.token_urlsafe(24))
    RefreshToken.objects.create(session=session, hash=_hash(refresh), issued_at=now, expires_at=expires_at)
    return Pair(access_token(session, now), refresh)


def refresh(token: str) -> Pair:
    """The next pair for a refresh token that was not used yet; of simultaneous calls exactly one gets it.

    Raises INVALID_TOKEN (401) for every other; a token that comes back later than FORGIVEN after its use was stolen
    from one of two, and its session ends. Raises ACCOUNT_SUSPENDED.
    """
    claims = _read(token)
    if claims is None or claims["use"] != "refresh":
        raise invalid_token(_("The refresh token is not one of ours, or has expired."))
    now = timezone.now()
    hashed = _hash(token)
    with transaction.atomic():
        # The session is locked first, as everywhere: a password change at the same moment sees the successor or
        # leaves none.
        family = RefreshToken.objects.select_related("session__user").filter(hash=hashed)
        row = family.select_for_update(of=("session",), no_key=True).first()
        # The row's own column decides: whoever comes second finds it used, however close behind.
        unused = RefreshToken.objects.filter(hash=hashed, used_at=None, expires_at__gt=now)
        if row is not None and row.session.ended_at is None and unused.update(used_at=now):
            session = row.session
            if session.user.status == User.Status.SUSPENDED:
                raise suspended()
            Session.objects.filter(pk=session.pk).update(seen_at=now)
            return issue(session, now)
    _refuse_replay(hashed, now)
    raise invalid_token(_("The refresh token was used before, or its session has ended."))


def _refuse_replay(hashed: str, now: datetime) -> None:
    row = RefreshToken.objects.filter(hash=hashed).first()
    if row is not None and row.used_at is not None and now - row.used_at > FORGIVEN:
        Session.objects.filter(pk=row.session_id, ended_at=None).update(ended_at=now, ended_why=Session.End.REPLAY)


def _hash(token: str) -> str:
    return digest("refresh", token)


# --- Between password and code ---


def mfa_token(user: User, region_code: str, now: datetime) -> tuple[str, datetime]:
    """(token, when it expires). It dies with the password it was given for, and signs in once."""
    token = _signed(
        "mfa",
        now,
        MFA,
        sub=user.public_id,
        sid=uuid.uuid4().hex,
        region=region_code,
        mark=password_mark(user),
    )
    return token, now + MFA


def read_mfa(token: str) -> MfaClaim:
    """What an MFA token says. Raises INVALID_TOKEN (401)."""
    claims = _read(token)
    if claims is None or claims["use"] != "mfa":
        raise invalid_token(_("The sign-in took too long, or was finished before."))
    return MfaClaim(claims["sub"], uuid.UUID(hex=claims["sid"]), claims["region"], claims["mark"])


def password_mark(user: User) -> str:
    """Equal as long as the password is."""
    return digest("password", user.password)[:16]
