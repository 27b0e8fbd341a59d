"""Keeping discrepancies: found, seen again, gone, explained. Who compares what: payments.reconciling for gateways,
fulfilment.reconciling for suppliers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core import audit
from core.cases import close, open_case
from core.money import Money
from core.reconciliation.models import Discrepancy

Subject, Kind, State = Discrepancy.Subject, Discrepancy.Kind, Discrepancy.State
#: What was compared: a subject and its reference.
Thing = tuple[str, str]
CASE = "discrepancy"
_SOONEST, _LATEST = timedelta(minutes=2), timedelta(hours=6)
# What a person has explained is looked at again all the same: other amounts open it anew.
_EXPLAINED_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between our books and theirs. `target` is the number of our row; None as an amount: that side has
    nothing there."""

    subject: Discrepancy.Subject
    kind: Discrepancy.Kind
    reference: str
    ours: Money | None = None
    theirs: Money | None = None
    target: int | None = None
    about: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def compared(party: str, things: Iterable[Thing], findings: Sequence[Finding], now: datetime | None = None) -> None:
    """All of `things` were compared and differ as `findings` say, in nothing else: each has its row, and rows of things
    that differ no more have resolved themselves."""
    moment = now or timezone.now()
    for finding in findings:
        _keep(party, finding, moment)
    found = {(one.subject.value, one.reference[:120], one.kind.value) for one in findings}
    for subject, reference in set(things):
        for row in _unresolved(party).filter(subject=subject, reference=reference[:120]):
            if (row.subject, row.reference, row.kind) not in found:
                vanished(row, moment)


def vanished(row: Discrepancy, now: datetime | None = None) -> bool:
    """The row is resolved because a look found both sides agreed; False if it was resolved before."""
    moment = now or timezone.now()
    note = f"{row.note}\n" if row.note else ""
    note += f"Both sides agree since the look of {moment:%Y-%m-%d %H:%M:%S} UTC."
    mine = _unresolved(row.party).filter(pk=row.pk)
    if not mine.update(state=State.RESOLVED, decided_at=moment, decided_by="", note=note):
        return False
    close(CASE, row.pk, note)
    return True


def claim_due(party: str, limit: int, now: datetime | None = None) -> list[Discrepancy]:
    """Up to `limit` unresolved rows of the party that are due for another look, each this caller's alone: its next look
    was pushed forward before this one begins."""
    moment = now or timezone.now()
    claimed = []
    for row in _unresolved(party).filter(next_look_at__lte=moment).order_by("next_look_at")[:limit]:
        mine = _unresolved(party).filter(pk=row.pk, next_look_at=row.next_look_at)
        if mine.update(next_look_at=moment + _pause(row, moment)):
            claimed.append(row)
    return claimed


def explain(row: Discrepancy, by: str, why: str) -> bool:
    """A person has said why the two sides differ; other amounts open it again. False if it was not open."""
    with transaction.atomic():
        moved = Discrepancy.objects.filter(pk=row.pk, state=State.OPEN).update(
            state=State.EXPLAINED, decided_at=timezone.now(), decided_by=by, note=why
        )
        if moved:
            audit.record(by, "discrepancy explained", f"discrepancy:{row.pk}", after=str(row), why=why)
            close(CASE, row.pk, f"{by}: {why}")
    return bool(moved)


def ask(row: Discrepancy, by: str, why: str) -> bool:
    """The row has a case of its own, with its evidence, for whoever has to find out; False if it had one before."""
    with transaction.atomic():
        is_new = open_case(
            CASE,
            f"{CASE}:{row.pk}",
            str(row),
            about=row.about,
            evidence=shown(row) | {"asked_by": by, "why": why},
            actions="Find out with the other side which of the two is right, then act on the discrepancy's page.",
        )
        if is_new:
            audit.record(by, "discrepancy asked about", f"discrepancy:{row.pk}", after=str(row), why=why)
    return is_new


def shown(row: Discrepancy) -> dict[str, Any]:
    """The row as evidence."""
    amounts = {"ours": row.ours_minor, "theirs": row.theirs_minor}
    told = {
        side: str(Money(minor, row.currency)) if minor is not None and row.currency else minor
        for side, minor in amounts.items()
    }
    seen = {"first_seen_at": row.first_seen_at.isoformat(), "looks": row.looks}
    return {"party": row.party, "reference": row.reference, "kind": row.kind, **told, **seen, **row.evidence}


def _unresolved(party: str) -> QuerySet[Discrepancy]:
    return Discrepancy.objects.filter(party=party).exclude(state=State.RESOLVED)


def _keep(party: str, finding: Finding, now: datetime) -> None:
    key = {"subject": finding.subject, "reference": finding.reference[:120], "kind": finding.kind}
    amount = finding.ours or finding.theirs
    amounts = {
        "ours_minor": None if finding.ours is None else finding.ours.minor,
        "theirs_minor": None if finding.theirs is None else finding.theirs.minor,
    }
    values = amounts | {
        "currency": amount.currency if amount else "",
        "target": finding.target,
        "about": finding.about,
        "evidence": finding.evidence,
        "last_seen_at": now,
    }
    current = _unresolved(party).filter(**key)
    # What was said of these amounts says nothing of others.
    explained = current.filter(state=State.EXPLAINED).exclude(**amounts)
    explained.update(state=State.OPEN, decided_at=None, decided_by="", next_look_at=now + _SOONEST)
    if current.update(**values, looks=F("looks") + 1):
        return
    try:
        with transaction.atomic():
            Discrepancy.objects.create(party=party, **key, **values, first_seen_at=now, next_look_at=now + _SOONEST)
    except IntegrityError:
        current.update(**values, looks=F("looks") + 1)  # somebody else found it at the same moment


def _pause(row: Discrepancy, now: datetime) -> timedelta:
    if row.state == State.EXPLAINED:
        return _EXPLAINED_PAUSE
    return min(max((now - row.first_seen_at) / 4, _SOONEST), _LATEST)
