"""Passwords: what a good one is, checking and changing it, and a new one by mail.

With a new password every session is over; the one that changed it goes on without its refresh tokens.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import lockouts, mailed_tokens, mails, mfa, sessions
from accounts.models import MailedToken, Session, User
from accounts.tokens import suspended
from core.errors import Text, invalid

LONGEST = 128
Purpose = MailedToken.Purpose


def problems(password: str, confirmed: str, user: User, *, name: str) -> dict[str, Text]:
    """What is wrong with a new password, by input (`name`, confirmPassword); empty for a good one."""
    if not password:
        return {name: _("Please fill this in.")}
    if len(password) > LONGEST:
        return {name: _("At most %(most)d characters.") % {"most": LONGEST}}
    try:
        validate_password(password, user)
    except ValidationError as problem:
        return {name: " ".join(problem.messages)}
    return {} if password == confirmed else {"confirmPassword": _("The two passwords differ.")}


def forgot(email: str) -> None:
    """If somebody has an account with that address, a link to choose a new password is on its way there."""
    email = email.strip().lower()
    if not lockouts.take(lockouts.MAILS, f"reset:{email}"):
        return
    with transaction.atomic():
        user = User.objects.filter(email=email).exclude(status=User.Status.SUSPENDED).first()
        if user is not None:
            mails.reset_password(user)


def reset(token: str, password: str, confirmed: str) -> User:
    """The password is the new one, every session is over, and the address is proved: the link was in its mailbox.

    Raises INVALID_TOKEN, TOKEN_EXPIRED, ACCOUNT_SUSPENDED, VALIDATION_ERROR; the link is then still good.
    """
    row = mailed_tokens.find(token, Purpose.RESET)
    user = row.user
    if user.status == User.Status.SUSPENDED:
        raise suspended()
    if wrong := problems(password, confirmed, user, name="newPassword"):
        raise invalid(wrong)
    with transaction.atomic():
        mailed_tokens.use(row)
        _set(user, password)
        prove_address(user)
        sessions.end_all(user, Session.End.PASSWORD)
        mails.password_changed(user)
    for rule, whom in ((lockouts.LOGIN, user.email), (lockouts.PASSWORD, user.public_id)):
        lockouts.forgive(rule, whom)
    return user


def change(user: User, current: str, password: str, confirmed: str, *, session_id: uuid.UUID | str | None) -> None:
    """The password is the new one. Other sessions are over; `session_id` goes on, its refresh tokens do not.

    Raises INVALID_PASSWORD, RATE_LIMIT_EXCEEDED, VALIDATION_ERROR.
    """
    mfa.check_password(user, current)
    if wrong := problems(password, confirmed, user, name="newPassword"):
        raise invalid(wrong)
    with transaction.atomic():
        _set(user, password)
        mailed_tokens.void(user, Purpose.RESET)
        sessions.end_all(user, Session.End.PASSWORD, but=session_id)
        mails.password_changed(user)


def prove_address(user: User) -> None:
    """Whoever holds the account reads its mailbox: an account that waited for that is active."""
    changed = ["updated_at"]
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        changed.append("email_verified_at")
    if user.status == User.Status.INACTIVE:
        user.status = User.Status.ACTIVE
        changed.append("status")
    mailed_tokens.void(user, Purpose.VERIFY)
    user.save(update_fields=changed)


def _set(user: User, password: str) -> None:
    user.set_password(password)
    user.password_changed_at = timezone.now()
    user.save(update_fields=["password", "password_changed_at", "updated_at"])
