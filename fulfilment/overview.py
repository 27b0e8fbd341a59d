"""How the whole store does just now: what the live page of the back office shows.

Nothing is measured here. Each part is asked from where it is known, by the functions that /metrics and the alerts ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from core import figures
from core.figures import Reading
from core.models import PoisonRow
from core.money import Money
from core.pulse import calls, clock, counting, queues
from core.pulse.calls import Window
from core.pulse.clock import Entry
from core.pulse.counting import Tally
from core.pulse.queues import Queue
from fulfilment import circuit, funds, lately
from fulfilment.circuit import Standing
from fulfilment.lately import Health
from fulfilment.models import SupplierAccount
from payments import gateway_stops
from payments.gateways import CODES

#: Of rows that fail so many are shown, the ones set aside first.
MOST_ROWS = 20
_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Machinery:
    """What Redis knows: queues, tasks of the last ten minutes, and the clock. `clock_s`: seconds since it last sent
    anything."""

    queues: list[Queue]
    under_way: int
    tasks: list[Tally]
    entries: list[Entry]
    clock_s: float

    @property
    def runs_per_minute(self) -> float:
        return round(sum(one.per_minute for one in self.tasks), 1)

    @property
    def failures(self) -> int:
        return sum(one.failures for one in self.tasks)


@dataclass(frozen=True, slots=True)
class SupplierSeen:
    """An account at a supplier: its last hour, circuit and balance. `hours_left` at the pace of the last six hours."""

    account: SupplierAccount
    standing: Standing
    seen: Health
    balance: Money | None
    burn: Money
    hours_left: float | None

    @property
    def is_shut(self) -> bool:
        return self.account.circuit_opened_at is not None


@dataclass(frozen=True, slots=True)
class GatewaySeen:
    """A gateway: the newest calls of the last hour, and since when staff have closed it (None: they have not)."""

    code: str
    seen: Window
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for something to happen: ages in seconds, callbacks by party."""

    unknown: int
    unknown_s: float
    queued: int
    untaken_s: float
    callbacks: Mapping[str, float]
    given_up: Mapping[str, float]
    failing: list[PoisonRow]


def machinery() -> Machinery:
    """Raises redis.RedisError where Redis is away."""
    return Machinery(
        queues.standing(), queues.under_way(), counting.tallies(_MINUTES), clock.schedule(), clock.silence_s()
    )


def suppliers() -> list[SupplierSeen]:
    """Every account in use but our own stock. Two statements each, of bounded rows."""
    now = timezone.now()
    found = []
    for one in SupplierAccount.objects.filter(is_active=True).order_by("name"):
        if one.is_stock:
            continue
        balance = None if one.balance_minor is None else Money(one.balance_minor, one.currency)
        burn = Money(funds.burn_per_hour(one, now), one.currency)
        found.append(
            SupplierSeen(
                one, circuit.standing(one, now), lately.of(one, now), balance, burn, funds.hours_left(one, now)
            )
        )
    return found


def gateways() -> list[GatewaySeen]:
    """Raises redis.RedisError where Redis is away."""
    closed = gateway_stops.closed_since()
    return [GatewaySeen(code, calls.window(code), closed.get(code)) for code in CODES]


def waiting() -> Waiting:
    """What of the orders waits, and the rows whose work fails."""
    topups = _by_kind("gerbang_topups")
    failing = PoisonRow.objects.filter(failures__gt=0).order_by("-again_at", "-last_at")  # no moment: set aside, first
    return Waiting(
        unknown=round(topups["unknown"]),
        unknown_s=_number("gerbang_unknown_age_seconds"),
        queued=round(topups["queued"]),
        untaken_s=_number("gerbang_paid_not_taken_age_seconds"),
        callbacks=_by_kind("gerbang_inbox_age_seconds"),
        given_up=_by_kind("gerbang_given_up"),
        failing=list(failing[:MOST_ROWS]),
    )


def _number(name: str) -> float:
    reading: Reading = figures.read(name)
    return reading if isinstance(reading, int | float) else 0.0


def _by_kind(name: str) -> Mapping[str, float]:
    reading: Reading = figures.read(name)
    return reading if isinstance(reading, Mapping) else {}
