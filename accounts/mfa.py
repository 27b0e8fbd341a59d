"""The second factor: an authenticator app's codes (TOTP) and back-up codes, kept by django-otp for all doors.

A code counts once: its device's row is locked while it is compared, and remembers the last step that was accepted.
The app's secret is kept sealed; back-up codes are kept as keyed hashes and deleted by whoever uses them first.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.util import random_hex

from accounts import lockouts
from accounts.models import Authenticator, User
from core import sealing
from core.errors import Refused, invalid
from core.web.client import digest

BACKUP_CODES = 5
_CODE_LENGTH = 8
# Without letters and digits that are taken for one another.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_NAME = "authenticator"
REFERENCE_SECONDS = 600
_reference = signing.TimestampSigner(salt="accounts.mfa.setup", sep=".")
REFERENCE_PREFIX = "setup."


@dataclass(frozen=True, slots=True)
class Setup:
    """A second factor that is being set up. `uri` and `secret` are shown to its owner once; `reference` stands for the
    picture of `uri` and may stand in an address."""

    secret: str
    uri: str
    reference: str
    backup_codes: list[str]


def is_active(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, confirmed=True).exists())


def backup_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user, device__confirmed=True).count())


def enable(user: User) -> Setup:
    """A set-up waits to be confirmed by its first code; an earlier one that was not confirmed is gone.

    Raises VALIDATION_ERROR where a second factor is on already.
    """
    codes = _fresh_codes()
    with transaction.atomic():
        # Two set-ups at once would leave two secrets, one of which nobody has.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if is_active(user):
            raise invalid({"mfaStatus": _("Two-factor sign-in is on already. Turn it off first.")})
        Authenticator.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        device = Authenticator.objects.create(
            user=user, name=_NAME, confirmed=False, sealed_key=sealing.seal(random_hex(20))
        )
        backup = StaticDevice.objects.create(user=user, name=_NAME, confirmed=False)
        _keep(user, backup, codes)
    return Setup(_secret(device), _uri(user, device), REFERENCE_PREFIX + _reference.sign(str(device.pk)), codes)


def setup_uri(reference: str) -> str:
    """The otpauth address that `reference` stands for, as long as the set-up waits. Raises INVALID_TOKEN (400)."""
    try:
        pk = _reference.unsign(reference.removeprefix(REFERENCE_PREFIX), max_age=REFERENCE_SECONDS)
        device = Authenticator.objects.select_related("user").get(pk=pk, confirmed=False)
    except (signing.BadSignature, Authenticator.DoesNotExist) as problem:
        raise Refused("INVALID_TOKEN", _("This set-up is over. Please begin again.")) from problem
    return _uri(device.user, device)


def confirm_setup(user: User, code: str) -> None:
    """The second factor is on.

    Raises VALIDATION_ERROR where none waits, INVALID_MFA_CODE (400), RATE_LIMIT_EXCEEDED.
    """
    if not Authenticator.objects.filter(user=user, confirmed=False).exists():
        raise invalid({"code": _("There is no two-factor set-up to confirm. Please begin one.")})
    lockouts.attempt(lockouts.CODE, user.public_id)
    with transaction.atomic():
        device = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
        is_right = device is not None and _is_totp(code) and device.verify_token(code)
        if is_right and device is not None:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            StaticDevice.objects.filter(user=user).update(confirmed=True)
    if not is_right:
        raise wrong_code()
    lockouts.forgive(lockouts.CODE, user.public_id)


def renew_backup_codes(user: User, password: str, code: str) -> list[str]:
    """Fresh back-up codes, to be shown once; the old ones are worth nothing. The app stays as it is.

    Raises as `disable`.
    """
    _ensure_is_their_own(user, password, code)
    codes = _fresh_codes()
    with transaction.atomic():
        # Behind the same lock as a set-up: two renewals at once leave the codes of one.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not is_active(user):
            raise invalid({"mfaStatus": _("Two-factor sign-in is off already.")})
        StaticDevice.objects.filter(user=user).delete()
        _keep(user, StaticDevice.objects.create(user=user, name=_NAME, confirmed=True), codes)
    return codes


def disable(user: User, password: str, code: str) -> None:
    """The second factor and its back-up codes are gone.

    Raises VALIDATION_ERROR where it is off already, INVALID_PASSWORD, INVALID_MFA_CODE (400), RATE_LIMIT_EXCEEDED.
    """
    _ensure_is_their_own(user, password, code)
    remove(user)


def _ensure_is_their_own(user: User, password: str, code: str) -> None:
    if not is_active(user):
        raise invalid({"mfaStatus": _("Two-factor sign-in is off already.")})
    check_password(user, password)
    verify(user, code)


def remove(user: User) -> None:
    """There is no second factor any more; also by staff, for somebody who lost phone and codes and showed who they
    are."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()


def verify(user: User, code: str, *, status: int | None = None) -> None:
    """The code is right, and used up: an app's code or a back-up code.

    Raises INVALID_MFA_CODE (400, or `status`) and RATE_LIMIT_EXCEEDED.
    """
    lockouts.attempt(lockouts.CODE, user.public_id)
    typed = "".join(code.split()).replace("-", "").upper()
    if not (_is_right_totp(user, typed) if _is_totp(typed) else _is_right_backup(user, typed)):
        raise wrong_code(status)
    lockouts.forgive(lockouts.CODE, user.public_id)


def check_password(user: User, password: str) -> None:
    """The password is the user's own. Raises INVALID_PASSWORD (400), RATE_LIMIT_EXCEEDED."""
    lockouts.attempt(lockouts.PASSWORD, user.public_id)
    if not user.check_password(password):
        raise Refused(
            "INVALID_PASSWORD",
            _("This is not your current password."),
            details=_("Please enter your correct current password."),
        )
    lockouts.forgive(lockouts.PASSWORD, user.public_id)


def wrong_code(status: int | None = None) -> Refused:
    return Refused(
        "INVALID_MFA_CODE", _("This code is not right, or was used before. Wait for the next one."), status=status
    )


def _is_totp(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()


def _is_right_totp(user: User, code: str) -> bool:
    with transaction.atomic():
        # Locked, so that the same code sent twice at once meets its own trace.
        device = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
        return device is not None and bool(device.verify_token(code))


def _is_right_backup(user: User, code: str) -> bool:
    rows = StaticToken.objects.filter(device__user=user, device__confirmed=True, token=_backup_hash(user, code))
    # By primary key: deleting is what counts, and it happens to a row once.
    return any(StaticToken.objects.filter(pk=pk).delete()[0] for pk in rows.values_list("pk", flat=True))


def _fresh_codes() -> list[str]:
    return ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH)) for _ in range(BACKUP_CODES)]


def _keep(user: User, device: StaticDevice, codes: list[str]) -> None:
    StaticToken.objects.bulk_create([StaticToken(device=device, token=_backup_hash(user, code)) for code in codes])


def _backup_hash(user: User, code: str) -> str:
    return digest("backup", user.public_id, code)[:16]


def _secret(device: Authenticator) -> str:
    return b32encode(device.bin_key).decode()


def _uri(user: User, device: Authenticator) -> str:
    issuer = quote(settings.SHOP_NAME, safe="")
    return f"otpauth://totp/{issuer}:{quote(user.email, safe='@')}?secret={_secret(device)}&issuer={issuer}"
