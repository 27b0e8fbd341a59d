"""Which member a person from Google is: linked before, known by the verified address, or new."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import finding, passwords, sessions, signing_in
from accounts.google import Person
from accounts.models import Session, User
from core.errors import Refused
from core.models import Region


def member(person: Person) -> User:
    """The ACTIVE member that `person` is, linked from now on. Raises INVALID_CREDENTIALS for somebody unknown,
    ACCOUNT_SUSPENDED."""
    user = _known(person)
    if user is None:
        raise _unknown()
    return user


def member_or_new(person: Person, region: Region, language: str) -> User:
    """As `member`; somebody unknown becomes a member of that region without a password."""
    known = _known(person)
    if known is not None:
        return known
    now = timezone.now()
    user = User(
        email=person.email,
        google_id=person.subject,
        first_name=person.first_name,
        last_name=person.last_name,
        picture=person.picture,
        status=User.Status.ACTIVE,
        email_verified_at=now,
        language=language,
        primary_region=region,
        current_region=region,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        # The same person, twice at once.
        return member(person)
    return user


def _known(person: Person) -> User | None:
    """The member, linked; locked while what a stranger may have typed is thrown away."""
    with transaction.atomic():
        rows = User.objects.select_for_update(of=("self",), no_key=True).select_related("primary_region")
        user = rows.filter(google_id=person.subject).first() or rows.filter(email=person.email).first()
        if user is None:
            return None
        if user.is_staff:
            # The back office's sign-in is not Google's to give.
            raise _unknown()
        if user.status == User.Status.SUSPENDED:
            signing_in.ensure_admissible(user)
        if user.google_id not in (None, person.subject):
            # The address has passed to another person at Google.
            raise _unknown()
        if user.google_id is None:
            _link(user, person)
        return user


def _link(user: User, person: Person) -> None:
    changed = ["google_id", "updated_at"]
    user.google_id = person.subject
    if user.email_verified_at is None:
        # Whoever registered this address never showed that it is theirs; nothing they typed stays (decisions).
        user.password = make_password(None)
        user.first_name, user.last_name, user.phone = person.first_name, person.last_name, None
        changed += ["password", "first_name", "last_name", "phone"]
        sessions.end_all(user, Session.End.PASSWORD)
        passwords.prove_address(user)
    user.save(update_fields=changed)
    finding.index(user)


def _unknown() -> Refused:
    return Refused(
        "INVALID_CREDENTIALS",
        _("No account belongs to this Google account. Please register first."),
        details=_("Nobody has an account with this Google identity."),
    )
