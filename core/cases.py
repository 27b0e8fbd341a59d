"""Staff cases: opened once per key, with evidence and the actions open to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from core.audit import record
from core.errors import Refused, Text
from core.models import StaffCase

_undecided: dict[str, Callable[[StaffCase], Text]] = {}


def open_case(
    kind: str, key: str, title: str, *, about: str = "", evidence: dict[str, Any] | None = None, actions: str = ""
) -> bool:
    """A case stands under `key`; True if it was opened just now. Safe to call again and at once from two places."""
    given = {"kind": kind, "title": title[:200], "about": about, "evidence": evidence or {}, "actions": actions}
    _, is_new = StaffCase.objects.get_or_create(key=key, defaults=given)
    return is_new


def stays_open(kind: str, undecided: Callable[[StaffCase], Text]) -> None:
    """From now on nobody resolves a case of that kind while `undecided` says of it what is to be decided first. For
    what nobody else would come back to once its case is closed."""
    _undecided[kind] = undecided


def stands_under(*parts: str | OuterRef) -> Exists:
    """The condition that a case, open or resolved, stands under the key that `parts` make of a row: by it a bounded
    sweep leaves out what staff were told of."""
    pieces = [Value(part) if isinstance(part, str) else Cast(part, CharField()) for part in parts]
    return Exists(StaffCase.objects.filter(key=Concat(*pieces, output_field=CharField())))


def close(kind: str, about: int | str, resolution: str) -> int:
    """Open cases under `kind:about`, and under what may follow it, are resolved by what happened; how many."""
    key = f"{kind}:{about}"
    mine = StaffCase.objects.filter(Q(key=key) | Q(key__startswith=f"{key}:"), state=StaffCase.State.OPEN)
    return mine.update(state=StaffCase.State.RESOLVED, resolved_at=timezone.now(), resolution=resolution[:2000])


def assign(case: StaffCase, to: AbstractBaseUser | None, by: AbstractBaseUser, why: str = "") -> bool:
    """The open case is that person's (None: anybody's) from now on; False if it was, or is closed."""
    with transaction.atomic():
        row = (
            StaffCase.objects.select_for_update(no_key=True, of=("self",)).select_related("assigned_to").get(pk=case.pk)
        )
        before = row.assigned_to
        if row.state != StaffCase.State.OPEN or row.assigned_to_id == (to.pk if to else None):
            return False
        StaffCase.objects.filter(pk=case.pk).update(assigned_to=to)
        names = [one.get_username() if one else "" for one in (before, to)]
        record(by.get_username(), "case assigned", f"case:{case.key}", before=names[0], after=names[1], why=why)
    return True


def resolve(case: StaffCase, by: AbstractBaseUser, resolution: str, *, actor: str = "") -> bool:
    """The case is closed with what was decided and why, once; False if somebody had closed it before. `actor`: what
    the audit trail names instead of `by`, who answers for it (a token). Raises Refused where what it is about has yet
    to be decided itself, and closes it then."""
    undecided = _undecided.get(case.kind)
    if undecided is not None and case.state == StaffCase.State.OPEN and (first := undecided(case)):
        raise Refused("VALIDATION_ERROR", first)
    waiting = StaffCase.objects.filter(pk=case.pk, state=StaffCase.State.OPEN)
    with transaction.atomic():
        is_mine = bool(
            waiting.update(
                state=StaffCase.State.RESOLVED, resolved_at=timezone.now(), resolved_by=by, resolution=resolution
            )
        )
        if is_mine:
            record(actor or by.get_username(), "case resolved", f"case:{case.key}", why=resolution)
    return is_mine
