"""The circuit of a supplier account: it opens after failures that speak of the supplier, lets one purchase at a time
try whether it works again, and closes when that does.

What speaks of the supplier: no connection, no answer, 5xx, 429, 401/403. A refused player or product, an empty balance
of ours, a worker of ours that died: none of these. Every step is a conditional update of the account's row, so that of
any number of senders one opens it, and one at a time tries. Why so: docs/decisions/0017-routes-circuits-pieces.md
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import audit, cases
from core.wake import wake
from fulfilment import clocks
from fulfilment.models import Attempt, SupplierAccount, TopUp
from fulfilment.suppliers.base import Outcome, Placed

logger = logging.getLogger(__name__)
CIRCUIT = "circuit"  # what a unit waits for that finds it open
_BREAKER = "circuit breaker"  # who did it, by the audit trail, where nobody did
_LONGEST_PAUSE = timedelta(minutes=2)
_COUNTED_FOR = timedelta(hours=1)
_REST = timedelta(seconds=60)  # after a 429 that does not say for how long
_LONGEST_REST = timedelta(minutes=5)
_RESTS_FOR_A_CASE, _RESTS_WITHIN = 3, timedelta(minutes=10)


class Standing(StrEnum):
    CLOSED = "CLOSED"  # purchases go out
    OPEN = "OPEN"  # none does
    HALF_OPEN = "HALF_OPEN"  # one may try


def standing(account: SupplierAccount, now: datetime) -> Standing:
    """How the circuit stands by the account's row as it was read."""
    if account.circuit_opened_at is None:
        return Standing.CLOSED
    if account.circuit_until is None or account.circuit_until > now:
        return Standing.OPEN
    if account.circuit_probe_at is not None and account.circuit_probe_at > now - _probe_lasts(account):
        return Standing.OPEN
    return Standing.HALF_OPEN


def is_fault(placed: Placed) -> bool | None:
    """Whether the outcome speaks against the supplier; None where it says nothing of it."""
    if placed.is_ours:
        return None
    return placed.outcome in (Outcome.NOT_SENT, Outcome.UNKNOWN, Outcome.DENIED)


def take_probe(account: SupplierAccount, now: datetime) -> bool:
    """True for the one who may try. Committed at once; it goes back by `heard` or `give_back`, or is over when whoever
    has it must be dead."""
    free = Q(circuit_probe_at=None) | Q(circuit_probe_at__lte=now - _probe_lasts(account))
    mine = SupplierAccount.objects.filter(free, pk=account.pk, circuit_until__lte=now, circuit_opened_at__isnull=False)
    return bool(mine.update(circuit_probe_at=now))


def give_back(account: SupplierAccount) -> None:
    """The one who might have tried did not: the next one may."""
    SupplierAccount.objects.filter(pk=account.pk).update(circuit_probe_at=None)


def failed_probe(account: SupplierAccount, why: str) -> None:
    """It does not work yet: open again, for twice as long as before."""
    now = timezone.now()
    tries = SupplierAccount.objects.filter(pk=account.pk).values_list("circuit_probes", flat=True).get() + 1
    SupplierAccount.objects.filter(pk=account.pk, circuit_opened_at__isnull=False, circuit_until__isnull=False).update(
        circuit_probe_at=None, circuit_probes=F("circuit_probes") + 1, circuit_until=now + _pause(tries)
    )
    logger.warning("circuit of %s stays open: %s", account.code, why)


def heard(attempt: Attempt, placed: Placed) -> None:
    """What the attempt's outcome says of its supplier has been counted: the circuit opened, stayed or closed."""
    if placed.http_status == 429:
        _rest(attempt.account, placed)
    fault = is_fault(placed)
    if attempt.is_probe:
        if fault is None:
            give_back(attempt.account)
        elif fault:
            failed_probe(attempt.account, placed.message or f"HTTP {placed.http_status}")
        else:
            close(attempt.account, "the purchase that was tried went through")
    elif fault:
        _count(attempt.account)


@transaction.atomic
def open_by_hand(account: SupplierAccount, by: str, why: str) -> bool:
    """Nothing is bought there until staff close it; False if staff had opened it before. One that opened by itself is
    from now on staff's. Purchases under way are not touched."""
    theirs = Q(circuit_opened_at__isnull=False, circuit_until=None)
    moved = SupplierAccount.objects.filter(~theirs, pk=account.pk).update(
        circuit_opened_at=Coalesce("circuit_opened_at", timezone.now()),
        circuit_until=None,
        circuit_probe_at=None,
        circuit_why=f"by hand: {why}"[:200],
    )
    if moved:
        audit.record(by, "circuit opened", _subject(account), before=account.circuit_why, why=why)
    return bool(moved)


def close(account: SupplierAccount, why: str, *, by: str = "") -> bool:
    """Buying goes on: what failed before no longer counts, and whoever waited is due now. False if it was closed.

    `by`: the login of who closes it; nobody's where a purchase that was tried went through.
    """
    now = timezone.now()
    with transaction.atomic():
        moved = SupplierAccount.objects.filter(pk=account.pk, circuit_opened_at__isnull=False).update(
            circuit_opened_at=None,
            circuit_until=None,
            circuit_why="",
            circuit_probes=0,
            circuit_probe_at=None,
            circuit_closed_at=now,
        )
        if not moved:
            return False
        did = "circuit closed" if by else "circuit closed by itself"
        audit.record(by or _BREAKER, did, _subject(account), before=account.circuit_why, why=why)
        cases.close("supplier", f"{account.code}:{CIRCUIT}", f"closed: by {by}: {why}" if by else f"closed: {why}")
    TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for=CIRCUIT).update(not_before=now)
    wake("fulfilment.sweep", "topups")
    return True


def _count(account: SupplierAccount) -> None:
    now = timezone.now()
    fresh = SupplierAccount.objects.filter(pk=account.pk).values("circuit_opened_at", "circuit_closed_at").get()
    if fresh["circuit_opened_at"] is not None:
        return
    since = now - _COUNTED_FOR
    counted = Attempt.objects.filter(account=account, is_supplier_fault__isnull=False, answered_at__gt=since)
    if fresh["circuit_closed_at"] is not None:
        counted = counted.filter(sent_at__gte=fresh["circuit_closed_at"])
    newest = list(counted.order_by("-answered_at").values_list("is_supplier_fault", "pk")[: settings.CIRCUIT_OF])
    failed = [pk for is_fault_, pk in newest if is_fault_]
    if len(failed) >= settings.CIRCUIT_FAILURES:
        _open(account, f"{len(failed)} of the last {len(newest)} purchases failed", failed, now)


@transaction.atomic
def _open(account: SupplierAccount, why: str, failed: list[int], now: datetime) -> None:
    moved = SupplierAccount.objects.filter(pk=account.pk, circuit_opened_at=None).update(
        circuit_opened_at=now, circuit_until=now + _pause(0), circuit_why=why, circuit_probes=0, circuit_probe_at=None
    )
    if not moved:
        return
    logger.warning("circuit of %s opens: %s", account.code, why)
    audit.record(_BREAKER, "circuit opened by itself", _subject(account), why=why)
    outcomes = Attempt.objects.filter(pk__in=failed).order_by("-pk").values_list("pk", "state", "http_status", "answer")
    cases.open_case(
        "supplier_circuit",
        f"supplier:{account.code}:{CIRCUIT}:{now:%Y%m%d%H%M%S%f}",
        f"{account.name} fails: buying there has stopped",
        evidence={
            "why": why,
            "failed": [
                {"attempt": pk, "state": state, "http_status": status or "", "answer": answer[:200]}
                for pk, state, status, answer in outcomes
            ],
        },
        actions=(
            "Nothing, if another route takes over or the supplier comes back: one purchase at a time tries, and this"
            " case closes by itself. Else look at the supplier's status, or close the circuit in the admin."
        ),
    )


def _subject(account: SupplierAccount) -> str:
    return f"supplier:{account.code}"


def _pause(tries: int) -> timedelta:
    seconds: float = settings.CIRCUIT_PAUSE_SECONDS * 2 ** min(tries, 10)
    return min(timedelta(seconds=seconds), max(_LONGEST_PAUSE, timedelta(seconds=settings.CIRCUIT_PAUSE_SECONDS)))


def _probe_lasts(account: SupplierAccount) -> timedelta:
    return clocks.call_length(account.code) + clocks.WIRE_MARGIN


def _rest(account: SupplierAccount, placed: Placed) -> None:
    """We call too often: nothing more until the supplier's word, and staff know if it happens again and again."""
    now = timezone.now()
    asked = _REST if placed.retry_after is None else timedelta(seconds=max(placed.retry_after, 1))
    until = now + min(asked, _LONGEST_REST)
    longer = Q(rests_until=None) | Q(rests_until__lt=until)
    SupplierAccount.objects.filter(longer, pk=account.pk).update(rests_until=until)
    times = Attempt.objects.filter(account=account, http_status=429, answered_at__gt=now - _RESTS_WITHIN).count()
    if times >= _RESTS_FOR_A_CASE:
        cases.open_case(
            "supplier_rate_limited",
            f"supplier:{account.code}:rate:{now:%Y%m%d}",
            f"{account.name} says that we call too often",
            evidence={"times_in_ten_minutes": times, "rests_until": until.isoformat()},
            actions="Lower the calls per second of the account in the admin; units go on by themselves meanwhile.",
        )
