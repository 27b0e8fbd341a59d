"""What the kept sums say of a span of days: in whole, by day, and by product, channel, supplier or region."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet, Sum, Value
from django.db.models.functions import Cast

from core import rates, regions
from core.money import Money
from fulfilment.models import DayFigures, DayTotals

COLUMNS = (*DayFigures.COUNTS, *DayFigures.AMOUNTS)
#: By what a page may break its figures down.
BREAKDOWNS = DayTotals.PARTS


@dataclass(frozen=True, slots=True)
class Question:
    """Of which days (both included; None: without bound), and of which region, product, channel and supplier."""

    first: date | None = None
    last: date | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    def before(self) -> Question:
        """The same weekdays a week, or as many whole weeks as the span takes, before."""
        if self.first is None or self.last is None:
            return self
        weeks = -(-((self.last - self.first).days + 1) // 7)
        back = timedelta(weeks=weeks)
        return Question(self.first - back, self.last - back, self.where)


@dataclass(slots=True)
class Figures:
    """Sums of one currency, in its minor units."""

    currency: str
    sums: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> int:
        if name in COLUMNS:
            return self.sums[name]
        raise AttributeError(name)

    @property
    def profit_minor(self) -> int:
        """What is left: goods and fees, less what they cost, what gateways kept and what was given away."""
        sums = self.sums
        earned = sums["sales_minor"] + sums["fees_minor"] - sums["promo_minor"]
        spent = sums["cost_minor"] + sums["exchange_minor"] + sums["charges_minor"]
        return earned - spent - sums["points_minor"] - sums["goodwill_minor"]

    @property
    def is_profit_whole(self) -> bool:
        """Whether everything the profit is made of is known."""
        return not (self.sums["cost_unknown"] or self.sums["charge_unknown"] or self.sums["points_unknown"])

    def money(self, name: str) -> Money:
        return Money(self.profit_minor if name == "profit_minor" else self.sums[name], self.currency)

    @property
    def success_percent(self) -> float | None:
        """How many of the orders that ended after payment got anything; None where none has."""
        ended = self.sums["delivered"] + self.sums["failed"]
        return round(100 * self.sums["delivered"] / ended, 1) if ended else None


class Times(Counter[str]):
    """From paid to delivered: how many orders took so many seconds."""

    def percentile(self, share: float) -> int | None:
        """By so many seconds that `share` of the delivered orders had arrived; None where none has."""
        count = self.total()
        seen = 0
        for seconds in sorted(self, key=int):
            seen += self[seconds]
            if seen >= share * count:
                return int(seconds)
        return None

    @property
    def median(self) -> int | None:
        return self.percentile(0.5)

    @property
    def p95(self) -> int | None:
        return self.percentile(0.95)


class Answer:
    """The sums by (what they are broken down by, day, currency)."""

    def __init__(self, question: Question, rows: Iterable[tuple[str, date, str, Mapping[str, int]]]) -> None:
        self.question = question
        self.rows = [(part, day, currency, Counter(sums)) for part, day, currency, sums in rows]
        self._by_part: dict[str, dict[str, Figures]] = {}
        self._rates: rates.Rates | None = None
        self._worth: dict[tuple[str, str, date], Decimal] = {}
        self.not_converted: set[str] = set()

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for _part, _day, currency, _sums in self.rows})

    def of(self, currency: str) -> Figures:
        """What stands in that currency, unconverted."""
        found = Figures(currency)
        for _part, _day, own, sums in self.rows:
            if own == currency:
                found.sums.update(sums)
        return found

    def total(self, currency: str) -> Figures:
        """All of it in `currency`: other currencies at the rate of the end of each day."""
        whole = Figures(currency)
        for part in self.by_part(currency).values():
            whole.sums.update(part.sums)
        return whole

    def by_part(self, currency: str) -> dict[str, Figures]:
        """The same by what the question was broken down by."""
        if currency not in self._by_part:
            self._by_part[currency] = {
                part: self._added(Figures(currency), rows) for part, rows in self._grouped(lambda row: row[0])
            }
        return self._by_part[currency]

    def by_day(self, currency: str) -> dict[date, Figures]:
        return {day: self._added(Figures(currency), rows) for day, rows in self._grouped(lambda row: row[1])}

    def _grouped(self, by: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
        groups: defaultdict[Any, list[Any]] = defaultdict(list)
        for row in self.rows:
            groups[by(row)].append(row)
        return sorted(groups.items(), key=lambda pair: pair[0])

    def _added(self, figures: Figures, rows: Iterable[Any]) -> Figures:
        for _part, day, own, sums in rows:
            for name, value in sums.items():
                figures.sums[name] += self._in(value, own, figures.currency, day) if name.endswith("_minor") else value
        return figures

    def _in(self, minor: int, own: str, currency: str, day: date) -> int:
        if own == currency:
            return minor
        if (own, currency, day) not in self._worth:
            self._worth[own, currency, day] = self._rate(own, currency, day)
        worth = rates.at_rate(Money(abs(minor), own), currency, self._worth[own, currency, day]).minor
        return worth if minor > 0 else -worth

    def _rate(self, own: str, currency: str, day: date) -> Decimal:
        """At the end of the day; 0 where nobody has entered one."""
        self._rates = self._rates or rates.Rates()
        try:
            return self._rates.rate(own, currency, _end_of(day))
        except rates.NoRate:
            self.not_converted.add(own)
            return Decimal(0)


def read(question: Question, by: str = "", columns: Sequence[str] = COLUMNS) -> Answer:
    """The sums of `columns`, by one of BREAKDOWNS or by nothing: one statement, whatever the number of orders."""
    rows, shown = _kept(question, by)
    sums = {f"sum_{name}": Cast(Sum(name), BigIntegerField()) for name in columns}
    found = rows.values("day", "currency", shown=shown).annotate(**sums).values_list("shown", "day", "currency", *sums)
    return Answer(
        question,
        (
            (part, day, currency, {name: value for name, value in zip(columns, values, strict=True) if value})
            for part, day, currency, *values in found
        ),
    )


def times(question: Question, by: str = "", parts: Iterable[str] | None = None) -> dict[str, Times]:
    """How long deliveries took, by one of BREAKDOWNS (of these `parts` alone, where given), or of all under ""."""
    rows, shown = _kept(question, by)
    found: dict[str, Times] = defaultdict(Times)
    if parts is not None:
        rows = rows.annotate(shown=shown).filter(shown__in=list(parts))
    for part, seconds in rows.values_list(shown, "seconds"):
        found[part].update(seconds)
    return found


def _kept(question: Question, by: str) -> tuple[QuerySet[Any], F | Value]:
    """The fewest rows that answer, and what they are broken down by."""
    where: dict[str, Any] = {name: value for name, value in question.where.items() if name in BREAKDOWNS and value}
    is_narrowed = bool(where.keys() - {"region"})
    if question.first:
        where["day__gte"] = question.first
    if question.last:
        where["day__lte"] = question.last
    if is_narrowed:
        return DayFigures.objects.filter(**where).order_by(), F(by) if by else Value("")
    return DayTotals.objects.filter(**where, by=by or "region").order_by(), F("part") if by else Value("")


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=regions.JAKARTA)
