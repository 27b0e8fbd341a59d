"""Days as bars beside those of a week before, in the units of an SVG view box: the page only writes the numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import formats

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 4, 24, 26
_LABELS = 7
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day; `before` is the height of its mark for the day a week earlier, from the same floor."""

    x: str
    y: str
    width: str
    height: str
    mark_y: str
    title: str
    label: str
    middle: str


@dataclass(frozen=True, slots=True)
class Line:
    y: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    width: int
    height: int
    floor: int
    bars: list[Bar]
    lines: list[Line]


def drawn(days: Sequence[tuple[date, int, int]], told: Callable[[int], str]) -> Plot | None:
    """Bars for `days` (day, value, value a week before), oldest first; None where there is nothing above zero. `told`
    writes a value."""
    highest = max((max(now, before) for _day, now, before in days), default=0)
    if highest <= 0:
        return None
    top = _round_up(highest)
    floor = HEIGHT - _BOTTOM
    room = (WIDTH - _LEFT - _RIGHT) / len(days)
    gap = min(room * 0.3, 10)
    every = max(1, -(-len(days) // _LABELS))
    bars = []
    for place, (day, now, before) in enumerate(days):
        tall, mark = ((floor - _TOP) * max(0, value) / top for value in (now, before))
        x = _LEFT + place * room + gap / 2
        label = formats.date_format(day, "j M")
        bars.append(
            Bar(
                x=_number(x),
                y=_number(floor - tall),
                width=_number(room - gap),
                height=_number(tall),
                mark_y=_number(floor - mark) if before > 0 else "",
                title=f"{label}: {told(now)} ({told(before)})",
                label=label if place % every == 0 else "",
                middle=_number(x + (room - gap) / 2),
            )
        )
    lines = [Line(_number(floor - (floor - _TOP) * share), told(round(top * share))) for share in (0.5, 1)]
    return Plot(WIDTH, HEIGHT, floor, bars, lines)


def _round_up(value: int) -> int:
    power = int("1" + "0" * (len(str(value)) - 1))
    return next(step * power for step in _STEPS if step * power >= value)


def _number(value: float) -> str:
    """Written with a point whatever the language of the page."""
    return f"{value:.1f}"
