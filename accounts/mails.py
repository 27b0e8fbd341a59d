"""The mails an account causes, in its language; queued in the transaction that gives cause for them.

Tokens stand sealed in the outbox and are opened while the mail is written: nobody in the back office can use them.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts import mailed_tokens
from accounts.models import MailedToken, Session, User
from core import mail, regions
from core.regions import JAKARTA
from core.sealing import seal

Purpose = MailedToken.Purpose


def verify_address(user: User) -> None:
    """A link that proves the address is on its way."""
    _with_token(user, Purpose.VERIFY, "account_verify", "verify", email=user.email)


def reset_password(user: User) -> None:
    """A link to choose a new password is on its way."""
    _with_token(user, Purpose.RESET, "account_reset", "reset")


def new_sign_in(user: User, session: Session) -> None:
    """The owner hears of a sign-in from a device that was not seen before."""
    with translation.override(user.language):
        when = date_format(session.created_at.astimezone(JAKARTA), "j F Y, H:i") + " WIB"
    context = {
        "name": user.get_short_name(),
        "device": session.device,
        "address": session.address or "",
        "when": when,
        "url": _page(user, "security"),
    }
    mail.queue(f"sign_in:{session.pk.hex}", user.email, user.language, "account_sign_in", context, about=user.public_id)


def password_changed(user: User) -> None:
    """The owner hears that the password is another one now."""
    key = f"password:{user.public_id}:{timezone.now():%Y%m%d%H%M%S%f}"
    context = {"name": user.get_short_name(), "url": _page(user, "forgot")}
    mail.queue(key, user.email, user.language, "account_password", context, about=user.public_id)


def second_factor_reset(user: User) -> None:
    """The owner hears that staff took the second factor off, in case it was not the owner who asked for it."""
    _by_staff(user, "account_factor_reset")


def signed_out(user: User) -> None:
    """The owner hears that staff ended every session."""
    _by_staff(user, "account_signed_out")


def _by_staff(user: User, template: str) -> None:
    key = f"{template}:{user.public_id}:{timezone.now():%Y%m%d%H%M%S%f}"
    context = {"name": user.get_short_name(), "url": _page(user, "security")}
    mail.queue(key, user.email, user.language, template, context, about=user.public_id)


def _with_token(user: User, purpose: MailedToken.Purpose, template: str, page: str, **query: str) -> None:
    row, token = mailed_tokens.issue(user, purpose)
    context = {
        "name": user.get_short_name(),
        "hours": int(mailed_tokens.LIFE[purpose].total_seconds()) // 3600,
        "url": f"{_page(user, page)}?{urlencode({**query, 'token': ''})}",
        "sealed": seal(token),
    }
    mail.queue(f"{template}:{row.pk}", user.email, user.language, template, context, about=user.public_id)


def _page(user: User, page: str) -> str:
    first = regions.first()
    region = user.current_region_id or (first.code if first else "ID")
    return f"{settings.PUBLIC_BASE_URL}/{user.language}-{region.lower()}/account/{page}"
