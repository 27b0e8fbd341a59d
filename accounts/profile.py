"""What a member may change of their own: names, phone, picture, the region they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import finding, pictures
from accounts.models import User
from accounts.registering import name_of, taken
from core import phones, regions
from core.errors import Refused, Text, invalid


@dataclass(frozen=True, slots=True)
class Change:
    """None leaves a value as it is; an empty phone removes it."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    picture: IO[bytes] | None = None
    picture_size: int = 0


def update(user: User, change: Change) -> User:
    """The member's row says what `change` says, wholly or not at all.

    Raises VALIDATION_ERROR naming all that is wrong; a phone that another account has is among it.
    """
    wrong: dict[str, Text] = {}
    columns = ["updated_at"]
    for column, name, typed, is_needed in (
        ("first_name", "firstName", change.first_name, True),
        ("last_name", "lastName", change.last_name, False),
    ):
        if typed is None:
            continue
        try:
            setattr(user, column, name_of(typed, field=name, is_needed=is_needed))
            columns.append(column)
        except Refused as problem:
            wrong |= problem.fields
    if change.phone is not None:
        try:
            region = user.current_region_id or regions.default().code
            user.phone = phones.e164(change.phone, region) if change.phone.strip() else None
            columns.append("phone")
            wrong |= taken(user)
        except Refused as problem:
            wrong |= problem.fields
    before = user.picture
    if change.picture is not None and not wrong:
        user.picture = pictures.store(change.picture, change.picture_size)
        columns.append("picture")
    if wrong:
        user.refresh_from_db()
        raise invalid(wrong)
    try:
        with transaction.atomic():
            user.save(update_fields=columns)
            finding.index(user)
            if user.picture != before:
                transaction.on_commit(lambda: pictures.remove(before), robust=True)
    except IntegrityError as problem:
        if user.picture != before:
            pictures.remove(user.picture)
        user.refresh_from_db()
        raise invalid({"phoneNumber": _("This phone number belongs to another account.")}) from problem
    return user


def remove_picture(user: User) -> None:
    """The member has no picture any more."""
    before, user.picture = user.picture, ""
    with transaction.atomic():
        user.save(update_fields=["picture", "updated_at"])
        transaction.on_commit(lambda: pictures.remove(before), robust=True)


def switch_region(user: User, region_code: str) -> None:
    """The member is in that region from now on; the primary one never changes. Raises INVALID_REGION."""
    region = regions.named(region_code)
    if user.current_region_id != region.code:
        user.current_region = region
        user.save(update_fields=["current_region", "updated_at"])


def picture_url(user: User) -> str | None:
    """Where the picture is fetched, whole address; None without one."""
    if not user.picture or user.picture.startswith("https://"):
        return user.picture or None
    return f"{settings.PUBLIC_BASE_URL}{settings.MEDIA_URL}{user.picture}"
