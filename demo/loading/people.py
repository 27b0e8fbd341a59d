"""Demo logins and the groups of the staff."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.models import Region
from demo.catalogue.people import GROUPS, PASSWORD, PEOPLE
from demo.catalogue.regions import DEFAULT_REGION


def _permissions(rules: tuple[tuple[str, str], ...]) -> list[Permission]:
    wanted = Q()
    for action, where in rules:
        app, _, model = where.partition(".")
        if model:
            wanted |= Q(content_type__app_label=app, codename=f"{action}_{model}")
        else:
            wanted |= Q(content_type__app_label=app, codename__startswith=f"{action}_")
    return list(Permission.objects.filter(wanted))


def load_people(regions: Mapping[str, Region]) -> None:
    """The logins stand. Whoever exists already keeps password and status."""
    groups = {}
    for name, rules in GROUPS.items():
        groups[name], _ = Group.objects.get_or_create(name=name)
        groups[name].permissions.set(_permissions(rules))
    known = set(User.objects.filter(email__in=[email for email, *_ in PEOPLE]).values_list("email", flat=True))
    fresh = [person for person in PEOPLE if person[0] not in known]
    if not fresh:
        return
    home = regions[DEFAULT_REGION]
    # Hashed once for all of them: hashing is slow on purpose, and the demo's password is no secret.
    password = make_password(PASSWORD)
    for email, first, last, member_of, is_superuser in fresh:
        user = User.objects.create(
            email=email,
            first_name=first,
            last_name=last,
            password=password,
            is_staff=bool(member_of) or is_superuser,
            is_superuser=is_superuser,
            primary_region=home,
            current_region=home,
            language=home.language,
            email_verified_at=timezone.now(),
        )
        user.groups.set([groups[name] for name in member_of])
