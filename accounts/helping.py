"""What staff do to somebody's account at that person's wish, each time with what was checked first."""

from __future__ import annotations

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import mails, mfa, sessions
from accounts.models import Session, User
from core import audit
from core.errors import Refused


class Check(models.TextChoices):
    """How somebody showed who they are; kept with the help that was given."""

    IN_PERSON = "IN_PERSON", _("met in person, with an identity card")
    VIDEO = "VIDEO", _("seen on a video call, with an identity card")
    CALLED_BACK = "CALLED_BACK", _("called back on the number we had before")
    PURCHASES = "PURCHASES", _("named purchases that only they can know (customers only)")


#: What is good enough for a colleague, whose account opens the back office.
FOR_STAFF = (Check.IN_PERSON, Check.VIDEO)


@transaction.atomic
def reset_second_factor(user: User, by: User, check: Check, note: str) -> None:
    """App and back-up codes count for nothing, and nobody is signed in with them any more; the password stays. The
    owner hears of it by mail, and so does whoever was impersonated.

    Staff are led to set up a new app at their next sign-in. Raises Refused for one's own account, for staff without the
    permission to manage staff, for a check that is too weak, and where there is no second factor.
    """
    if user.pk == by.pk:
        raise Refused("VALIDATION_ERROR", _("Your own second factor another person has to reset."))
    if user.is_staff and not by.has_perm("accounts.manage_staff"):
        raise Refused("FORBIDDEN", _("A colleague's second factor is reset by an owner."))
    if user.is_staff and check not in FOR_STAFF:
        raise Refused("VALIDATION_ERROR", _("For a colleague see the person and an identity card first."))
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)  # of two who help, one does
    if not mfa.is_active(user):
        raise Refused("VALIDATION_ERROR", _("This account has no second factor."))
    mfa.remove(user)
    sessions.end_all(user, Session.End.STAFF)
    audit.record(
        by.get_username(),
        "second factor reset",
        f"user:{user.public_id}",
        after={"check": check.value},
        why=note,
    )
    mails.second_factor_reset(user)


@transaction.atomic
def end_sessions(user: User, by: User, why: str) -> int:
    """The person is signed out on every device and hears of it by mail; how many there were. Raises Refused for staff
    without the permission to manage staff."""
    if user.pk != by.pk and user.is_staff and not by.has_perm("accounts.manage_staff"):
        raise Refused("FORBIDDEN", _("A colleague is signed out by an owner."))
    ended = sessions.end_all(user, Session.End.STAFF)
    audit.record(by.get_username(), "signed out everywhere", f"user:{user.public_id}", after={"ended": ended}, why=why)
    if ended:
        mails.signed_out(user)
    return ended
