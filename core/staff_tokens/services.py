"""Making, showing and revoking staff tokens, and what a token may do."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Text, invalid
from core.staff_tokens.models import StaffToken
from core.web.client import digest
from core.web.envelope import unauthorized

PREFIX = "gst_"
LONGEST_LIFE = timedelta(days=366)
ACTOR = "token:"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# "last used" is for people: one write a minute is enough.
_SEEN_EVERY = timedelta(minutes=1)


def make(by: Any, name: str, scopes: Collection[str], expires_at: datetime) -> tuple[StaffToken, str]:
    """A new token of `by` (an accounts.User) and its secret, which nobody can read again.

    Raises VALIDATION_ERROR naming `name`, `scopes`, `expires_at`: a name that was used before, a scope that its maker
    does not have, an end that is past or more than a year away.
    """
    now = timezone.now()
    wrong: dict[str, Text] = {}
    if not _NAME.fullmatch(name):
        wrong["name"] = _("Small letters, digits and hyphens, at most 40.")
    elif StaffToken.objects.filter(name=name).exists():
        wrong["name"] = _("There is, or was, a token of that name.")
    if not scopes or not by.has_perms(scopes):
        wrong["scopes"] = _("Choose at least one, and none that you may not do yourself.")
    if not now < expires_at <= now + LONGEST_LIFE:
        wrong["expires_at"] = _("Between now and a year from now.")
    if wrong:
        raise invalid(wrong)
    secret = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = StaffToken.objects.create(
                name=name,
                digest=_digest(secret),
                hint=secret[: len(PREFIX) + 4],
                scopes=sorted(set(scopes)),
                made_by=by,
                expires_at=expires_at,
            )
            after = {"scopes": token.scopes, "expires_at": expires_at.isoformat()}
            audit.record(by.get_username(), "token made", token.actor, after=after)
    except IntegrityError as problem:
        raise invalid({"name": _("There is, or was, a token of that name.")}) from problem
    return token, secret


@transaction.atomic
def revoke(token_id: int, by: str, why: str) -> bool:
    """Nobody is let in by the token any more; False if it was revoked before."""
    mine = StaffToken.objects.filter(pk=token_id, revoked_at=None)
    if not mine.update(revoked_at=timezone.now(), revoked_by=by):
        return False
    name = StaffToken.objects.values_list("name", flat=True).get(pk=token_id)
    audit.record(by, "token revoked", f"{ACTOR}{name}", why=why)
    return True


def authenticate(secret: str, address: str) -> StaffToken:
    """The token whose secret that is, its maker at hand; that it was used is kept, to the minute.

    Raises UNAUTHORIZED, without saying which, for one that does not exist, expired or was revoked, and for one whose
    maker works here no more.
    """
    token = StaffToken.objects.select_related("made_by").filter(digest=_digest(secret)).first()
    if token is None or not token.is_live or not token.made_by.is_active or not token.made_by.is_staff:
        raise unauthorized()
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - _SEEN_EVERY)
    StaffToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now, last_address=address)
    return token


def person_behind(actor: str) -> str:
    """The login of who answers for what `actor` of the audit trail does: a token's maker, else whoever it names."""
    if not actor.startswith(ACTOR):
        return actor
    token = StaffToken.objects.select_related("made_by").filter(name=actor.removeprefix(ACTOR)).first()
    return token.made_by.get_username() if token else actor


def is_same_person(one: str, other: str) -> bool:
    """Whether one person stands behind both actors, by hand or by a token: then the two are not two persons."""
    return person_behind(one) == person_behind(other)


def _digest(secret: str) -> str:
    return digest("staff token", secret)
