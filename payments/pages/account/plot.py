"""A report's days as bars, in the units of an SVG's view box: every number of the drawing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats

from core.money import Money
from core.periods import Period
from storefront.orders.history import Day

WIDTH, HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 26, 30
#: Beyond that many days a bar stands for more than one of them.
_MOST_BARS = 92
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)
_LABELS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    title: str
    is_highest: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across at `at` with its amount, or a day below it."""

    at: str
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Plot:
    width: int
    height: int
    floor: int
    bars: list[Bar]
    lines: list[Mark]
    days: list[Mark]


def drawn(days: Sequence[Day], period: Period, currency: str) -> Plot | None:
    """Bars for every day of the period, also the empty ones; None without any day to show."""
    if not days:
        return None
    first, last = period.first or days[-1].date, period.last or days[0].date
    spans = list(_spans(first, last))
    sums = _sums(days, spans)
    top = _round_up(max(sums))
    floor = HEIGHT - _BOTTOM
    room = (WIDTH - _LEFT - _RIGHT) / len(spans)
    gap = min(room * 0.25, 6)
    bars = []
    for place, (span, minor) in enumerate(zip(spans, sums, strict=True)):
        if not minor:
            continue
        tall = max(2.0, (floor - _TOP) * minor / top)
        bars.append(
            Bar(
                x=_number(_LEFT + place * room + gap / 2),
                y=_number(floor - tall),
                width=_number(min(room - gap, 48)),
                height=_number(tall),
                title=f"{_told(span)}: {Money(minor, currency)}",
                is_highest=minor == max(sums),
            )
        )
    lines = [
        Mark(_number(floor - (floor - _TOP) * share), str(Money(round(top * share), currency))) for share in (0.5, 1)
    ]
    return Plot(WIDTH, HEIGHT, floor, bars, lines, _marks(spans, room))


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    count = (last - first).days + 1
    size = -(-count // _MOST_BARS)
    for begin in range(0, count, size):
        yield first + timedelta(days=begin), first + timedelta(days=min(begin + size, count) - 1)


def _sums(days: Sequence[Day], spans: Sequence[tuple[date, date]]) -> list[int]:
    size = (spans[0][1] - spans[0][0]).days + 1
    sums = [0] * len(spans)
    for day in days:
        sums[(day.date - spans[0][0]).days // size] += day.amount.minor
    return sums


def _round_up(minor: int) -> int:
    """The next amount that reads well on an axis."""
    power = int("1" + "0" * (len(str(minor)) - 1))
    return next(step * power for step in _STEPS if step * power >= minor)


def _marks(spans: Sequence[tuple[date, date]], room: float) -> list[Mark]:
    every = max(1, -(-len(spans) // _LABELS))
    marks = []
    for place in range(0, len(spans), every):
        middle = _LEFT + place * room + room / 2
        anchor = "start" if place == 0 else "middle"
        at = middle if place else float(_LEFT)
        if at < WIDTH - 40:
            marks.append(Mark(_number(at), formats.date_format(spans[place][0], "j M"), anchor))
    return marks


def _told(span: tuple[date, date]) -> str:
    first, last = (formats.date_format(day, "j M Y") for day in span)
    return first if first == last else f"{first} – {last}"


def _number(value: float) -> str:
    """Written with a point whatever the language of the page."""
    return f"{value:.1f}"
