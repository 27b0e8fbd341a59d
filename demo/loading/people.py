"""Demo logins, each with its role, the staff with their second factor."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import roles
from accounts.models import Authenticator, User
from core import sealing
from core.models import Region
from demo.catalogue.people import PASSWORD, PEOPLE, TOTP_SECRET
from demo.catalogue.regions import DEFAULT_REGION


def load_people(regions: Mapping[str, Region]) -> None:
    """The logins stand. Whoever exists already keeps password, status and rights; staff without a second factor have
    the demo's."""
    roles.sync()
    _add(regions[DEFAULT_REGION], {group.name: group for group in Group.objects.all()})
    staff = [email for email, _first, _last, role, _is_superuser in PEOPLE if role]
    for user in User.objects.filter(email__in=staff, authenticator=None):
        key = sealing.seal(base64.b32decode(TOTP_SECRET).hex())
        Authenticator.objects.create(user=user, name="authenticator", confirmed=True, sealed_key=key)


def _add(home: Region, groups: Mapping[str, Group]) -> None:
    known = set(User.objects.filter(email__in=[email for email, *_ in PEOPLE]).values_list("email", flat=True))
    fresh = [person for person in PEOPLE if person[0] not in known]
    if not fresh:
        return
    # Hashed once for all of them: hashing is slow on purpose, and the demo's password is no secret.
    password = make_password(PASSWORD)
    for email, first, last, role, is_superuser in fresh:
        user = User.objects.create(
            email=email,
            first_name=first,
            last_name=last,
            password=password,
            is_staff=bool(role),
            is_superuser=is_superuser,
            primary_region=home,
            current_region=home,
            language=home.language,
            email_verified_at=timezone.now(),
        )
        if role:
            user.groups.set([groups[role]])
