"""What the kept sums say of a span of days: in whole, by day, and by product, channel, supplier or region."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from core import rates, regions
from core.money import Money
from fulfilment.models import DayFigures

COLUMNS = (*DayFigures.COUNTS, *DayFigures.AMOUNTS)
#: By what a page may break its figures down.
BREAKDOWNS = ("product", "channel", "supplier", "region")


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
    seconds: Counter[int] = field(default_factory=Counter)

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

    def percentile(self, share: float) -> int | None:
        """By so many seconds that `share` of the delivered orders had arrived; None where none has."""
        count = sum(self.seconds.values())
        seen = 0
        for seconds in sorted(self.seconds):
            seen += self.seconds[seconds]
            if seen >= share * count:
                return seconds
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
        self.seconds: dict[str, Counter[int]] = defaultdict(Counter)
        self._rates: rates.Rates | None = None
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
        return self._added(Figures(currency), self.rows, self._all_seconds())

    def by_part(self, currency: str) -> dict[str, Figures]:
        """The same by what the question was broken down by."""
        return {
            part: self._added(Figures(currency), rows, self.seconds.get(part, Counter()))
            for part, rows in self._grouped(lambda row: row[0])
        }

    def by_day(self, currency: str) -> dict[date, Figures]:
        return {day: self._added(Figures(currency), rows, Counter()) for day, rows in self._grouped(lambda row: row[1])}

    def _grouped(self, by: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
        groups: defaultdict[Any, list[Any]] = defaultdict(list)
        for row in self.rows:
            groups[by(row)].append(row)
        return sorted(groups.items(), key=lambda pair: pair[0])

    def _all_seconds(self) -> Counter[int]:
        whole: Counter[int] = Counter()
        for seconds in self.seconds.values():
            whole.update(seconds)
        return whole

    def _added(self, figures: Figures, rows: Iterable[Any], seconds: Counter[int]) -> Figures:
        figures.seconds = seconds
        for _part, day, own, sums in rows:
            for name, value in sums.items():
                figures.sums[name] += self._in(value, own, figures.currency, day) if name.endswith("_minor") else value
        return figures

    def _in(self, minor: int, own: str, currency: str, day: date) -> int:
        if own == currency or not minor:
            return minor
        self._rates = self._rates or rates.Rates()
        try:
            worth = self._rates.convert(Money(abs(minor), own), currency, _end_of(day)).minor
        except rates.NoRate:
            self.not_converted.add(own)
            return 0
        return worth if minor > 0 else -worth


def read(question: Question, by: str = "") -> Answer:
    """The answer, in two statements whatever the number of orders; `by`: one of BREAKDOWNS, or nothing."""
    rows = DayFigures.objects.filter(**_conditions(question)).order_by()
    sums = {f"sum_{name}": Sum(name) for name in COLUMNS}
    parts = [by] if by else []
    found = rows.values(*parts, "day", "currency").annotate(**sums)
    answer = Answer(
        question,
        (
            (str(row[by]) if by else "", row["day"], row["currency"], {n: int(row[f"sum_{n}"] or 0) for n in COLUMNS})
            for row in found
        ),
    )
    for part, seconds, count in _seconds(rows, by):
        answer.seconds[part][seconds] += count
    return answer


def _conditions(question: Question) -> dict[str, Any]:
    conditions: dict[str, Any] = {name: value for name, value in question.where.items() if name in BREAKDOWNS and value}
    if question.first:
        conditions["day__gte"] = question.first
    if question.last:
        conditions["day__lte"] = question.last
    return conditions


def _seconds(rows: Any, by: str) -> list[tuple[str, int, int]]:
    """How many orders took how long, added up by the database."""
    column = {"": "''", "region": "region_id"}.get(by, by)
    inner, given = rows.values("product", "channel", "supplier", "region_id", "seconds").query.sql_with_params()
    statement = (
        f"SELECT {column}, told.key::int, SUM(told.value::int) FROM ({inner}) figures,"  # noqa: S608
        " jsonb_each_text(figures.seconds) told GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [(part, seconds, int(count)) for part, seconds, count in cursor.fetchall()]


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=regions.JAKARTA)
