"""Tokens of the links in mails: kept as hashes, good once and for a while."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import MailedToken, User
from core.errors import Refused
from core.web.client import digest

Purpose = MailedToken.Purpose
LIFE = {Purpose.VERIFY: timedelta(hours=24), Purpose.RESET: timedelta(hours=1)}


def issue(user: User, purpose: MailedToken.Purpose) -> tuple[MailedToken, str]:
    """The row and the token of a mail to the user; earlier ones stay good, since mails arrive in any order."""
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    row = MailedToken.objects.create(
        user=user, purpose=purpose, hash=_hash(token), issued_at=now, expires_at=now + LIFE[purpose]
    )
    return row, token


def find(token: str, purpose: MailedToken.Purpose) -> MailedToken:
    """The unused token's row with its user. Raises INVALID_TOKEN, TOKEN_EXPIRED."""
    rows = MailedToken.objects.select_related("user")
    row = rows.filter(hash=_hash(token), purpose=purpose, used_at=None).first()
    if row is None:
        raise _invalid()
    if row.expires_at <= timezone.now():
        raise Refused("TOKEN_EXPIRED", _("This link is too old. Please ask for a new one."))
    return row


def use(row: MailedToken) -> None:
    """The token is used up, and with it every other of its purpose that the user was sent.

    Inside the caller's transaction. Raises INVALID_TOKEN where somebody was quicker.
    """
    now = timezone.now()
    if not MailedToken.objects.filter(pk=row.pk, used_at=None).update(used_at=now):
        raise _invalid()
    void(row.user, MailedToken.Purpose(row.purpose))


def void(user: User, purpose: MailedToken.Purpose) -> None:
    """No token of that purpose that the user was sent is good any more."""
    MailedToken.objects.filter(user=user, purpose=purpose, used_at=None).update(used_at=timezone.now())


def _invalid() -> Refused:
    return Refused("INVALID_TOKEN", _("This link is not valid, or was used before. Please ask for a new one."))


def _hash(token: str) -> str:
    return digest("mailed", token)
