"""Shutting a customer out and letting them in again: by staff, with a reason, undone by the opposite."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import Session, User
from core import audit
from core.errors import Refused

_Status = User.Status


@transaction.atomic
def suspend(user: User, by: User, why: str) -> bool:
    """Nobody signs in to the account any more, and whoever was is out; what was paid is still delivered. False if it
    was so before. Raises Refused for one's own account and for staff, whom owners see to."""
    if user.pk == by.pk:
        raise Refused("VALIDATION_ERROR", _("Nobody suspends themselves."))
    _ensure_customer(user)
    return _move(user, _Status.SUSPENDED, by, "suspended", why)


@transaction.atomic
def restore(user: User, by: User, why: str) -> bool:
    """A suspended customer may sign in again, or has to prove the address first, as before. False if nobody was
    suspended. Raises Refused for staff, whom owners see to, and for an account that was erased."""
    _ensure_customer(user)
    if user.email.endswith(ERASED_DOMAIN):
        raise Refused("VALIDATION_ERROR", _("This account was erased: there is nothing to restore."))
    to = _Status.ACTIVE if user.email_verified_at is not None else _Status.INACTIVE
    return _move(user, to, by, "restored", why)


#: Addresses of accounts whose owner asked to be forgotten; nobody can have one there.
ERASED_DOMAIN = "@erased.invalid"


def _ensure_customer(user: User) -> None:
    if user.is_staff or user.is_superuser:
        raise Refused("VALIDATION_ERROR", _("This is a colleague: an owner sees to staff on the page of users."))


def _move(user: User, to: str, by: User, action: str, why: str) -> bool:
    rows = User.objects.filter(pk=user.pk)
    waiting = rows.exclude(status=to) if to == _Status.SUSPENDED else rows.filter(status=_Status.SUSPENDED)
    before = rows.values_list("status", flat=True).get()
    if not waiting.update(status=to, updated_at=timezone.now()):
        return False
    if to == _Status.SUSPENDED:
        sessions.end_all(user, Session.End.STAFF)
    audit.record(by.get_username(), action, f"user:{user.public_id}", before=before, after=str(to), why=why)
    return True
