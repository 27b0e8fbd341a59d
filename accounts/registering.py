"""How somebody becomes a member: the form, the link in the mail, and asking for another link."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import lockouts, mailed_tokens, mails, passwords
from accounts.models import MailedToken, User
from accounts.tokens import suspended
from core import phones
from core.errors import Refused, Text, invalid
from core.models import Region

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody who registers has typed; last name and phone may be left out."""

    first_name: str
    email: str
    password: str
    confirmed: str
    last_name: str = ""
    phone: str = ""


def register(asked: Application, region: Region, language: str) -> User:
    """An INACTIVE member of that region, and a mail on its way that proves the address.

    Raises VALIDATION_ERROR naming all that is wrong at once; an address or phone that has an account is among it.
    """
    wrong: dict[str, Text] = {}
    user = User(
        email=asked.email.strip().lower(),
        status=User.Status.INACTIVE,
        language=language,
        primary_region=region,
        current_region=region,
    )
    for column, name, typed, is_needed in (
        ("first_name", "firstName", asked.first_name, True),
        ("last_name", "lastName", asked.last_name, False),
    ):
        try:
            setattr(user, column, name_of(typed, field=name, is_needed=is_needed))
        except Refused as problem:
            wrong |= problem.fields
    if not is_email(user.email):
        wrong["email"] = _("This is not an e-mail address.") if user.email else _("Please fill this in.")
    try:
        user.phone = phones.e164(asked.phone, region.code) if asked.phone.strip() else None
    except Refused as problem:
        wrong |= problem.fields
    wrong |= passwords.problems(asked.password, asked.confirmed, user, name="password")
    wrong |= {name: text for name, text in taken(user).items() if name not in wrong}
    if wrong:
        raise invalid(wrong)
    user.set_password(asked.password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            mails.verify_address(user)
    except IntegrityError as problem:
        # Somebody registered the same address or phone at this moment.
        raise invalid(taken(user) or {"email": _email_taken()}) from problem
    return user


def verify(email: str, token: str) -> User:
    """The address is proved and the account ACTIVE. Raises INVALID_TOKEN, TOKEN_EXPIRED, ACCOUNT_SUSPENDED."""
    row = mailed_tokens.find(token, MailedToken.Purpose.VERIFY)
    user = row.user
    if user.email != email.strip().lower():
        raise Refused("INVALID_TOKEN", _("This link belongs to another address."))
    if user.status == User.Status.SUSPENDED:
        raise suspended()
    with transaction.atomic():
        mailed_tokens.use(row)
        passwords.prove_address(user)
    return user


def resend(email: str) -> None:
    """If an account waits for its address to be proved, another link is on its way there."""
    email = email.strip().lower()
    if not lockouts.take(lockouts.MAILS, f"verify:{email}"):
        return
    with transaction.atomic():
        user = User.objects.filter(email=email, status=User.Status.INACTIVE, email_verified_at=None).first()
        if user is not None:
            mails.verify_address(user)


def taken(user: User) -> dict[str, Text]:
    """What of the user another account has already: email, phoneNumber."""
    others = User.objects.exclude(pk=user.pk)
    wrong: dict[str, Text] = {}
    if user.email and others.filter(email=user.email).exists():
        wrong["email"] = _email_taken()
    if user.phone and others.filter(phone=user.phone).exists():
        wrong["phoneNumber"] = _("This phone number belongs to another account.")
    return wrong


def _email_taken() -> str:
    return _("There is an account with this address. Sign in, or choose a new password.")


def name_of(typed: str, *, field: str, is_needed: bool = True) -> str:
    """A name as it will be shown: single blanks, nothing unprintable. Raises VALIDATION_ERROR on `field`."""
    name = " ".join(typed.split())
    if not name and is_needed:
        raise invalid({field: _("Please fill this in.")})
    if len(name) > LONGEST_NAME:
        raise invalid({field: _("At most %(most)d characters.") % {"most": LONGEST_NAME}})
    # Names stand in mails: nobody writes an advertisement into one.
    if not name.isprintable() or any(mark in name for mark in "<>{}[]@/\\") or "www." in name.lower():
        raise invalid({field: _("Please write a name.")})
    return name


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254
