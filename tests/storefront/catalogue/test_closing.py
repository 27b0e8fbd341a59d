"""Maintenance windows and cut-offs: closed when, until when, and when that changes. Times as Jakarta's clocks say."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.models import Region
from storefront.catalogue.closing import edges, standing
from storefront.catalogue.models import ProductClosure

JAKARTA = ZoneInfo("Asia/Jakarta")
ID = Region(code="ID", time_zone="Asia/Jakarta")
SG = Region(code="SG", time_zone="Asia/Singapore")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=JAKARTA)


def closure(reason: str = "why", **when: Any) -> ProductClosure:
    return ProductClosure(reason={"en": reason}, **when)


NIGHT = closure(closed_from=time(23, 30), closed_until=time(0, 30))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("03-05 23:29", None),
        ("03-05 23:30", "03-06 00:30"),
        ("03-05 23:59", "03-06 00:30"),
        ("03-06 00:00", "03-06 00:30"),
        ("03-06 00:29", "03-06 00:30"),
        ("03-06 00:30", None),
        ("03-06 12:00", None),
    ],
)
def test_a_cut_off_passes_midnight(now: str, until: str | None) -> None:
    shut = standing([NIGHT], ID, at(now))
    assert (shut and shut.until) == (until and at(until))


def test_a_cut_off_runs_in_the_regions_zone() -> None:
    # 22:45 in Jakarta is 23:45 in Singapore (F25).
    assert standing([NIGHT], ID, at("03-05 22:45")) is None
    assert standing([NIGHT], SG, at("03-05 22:45")) is not None


def test_a_window_is_closed_from_its_first_to_its_last_moment() -> None:
    window = closure(starts_at=at("03-05 10:00"), ends_at=at("03-05 12:00"))
    assert standing([window], ID, at("03-05 09:59")) is None
    assert standing([window], ID, at("03-05 10:00")) is not None
    assert standing([window], ID, at("03-05 12:00")) is None


def test_without_an_end_it_is_closed_until_further_notice() -> None:
    shut = standing([closure(starts_at=at("03-05 10:00"))], ID, at("04-01 00:00"))
    assert shut is not None
    assert shut.until is None


def test_it_opens_when_nothing_holds_any_more_and_says_the_reason_that_holds_longest() -> None:
    window = closure("upgrade", starts_at=at("03-05 22:00"), ends_at=at("03-06 00:10"))
    short = closure("short", starts_at=at("03-05 21:00"), ends_at=at("03-05 23:00"))
    shut = standing([short, window, NIGHT], ID, at("03-05 22:30"))
    assert shut is not None
    assert shut.until == at("03-06 00:30")
    assert shut.reason == {"en": "upgrade"}


def test_cut_offs_that_cover_the_day_never_open() -> None:
    rows = [closure(closed_from=time(0), closed_until=time(12)), closure(closed_from=time(12), closed_until=time(0))]
    shut = standing(rows, ID, at("03-05 07:00"))
    assert shut is not None
    assert shut.until is None


def test_a_cut_off_may_hold_between_two_moments_only() -> None:
    season = closure(closed_from=time(1), closed_until=time(2), starts_at=at("03-01 00:00"), ends_at=at("03-10 01:30"))
    assert standing([season], ID, at("02-20 01:30")) is None
    assert standing([season], ID, at("03-05 03:00")) is None
    last = standing([season], ID, at("03-10 01:00"))
    assert last is not None
    assert last.until == at("03-10 01:30")


def test_another_regions_closing_is_nothing_here() -> None:
    row = closure(starts_at=at("03-01 00:00"), region=SG)
    assert standing([row], ID, at("03-05 00:00")) is None
    assert standing([row], SG, at("03-05 00:00")) is not None


def test_a_row_that_names_no_time_closes_nothing() -> None:
    assert standing([closure()], ID, at("03-05 00:00")) is None
    assert edges([closure()], ID, at("03-05 00:00")) == []


def test_edges_are_the_next_openings_and_closings() -> None:
    window = closure(starts_at=at("03-07 10:00"), ends_at=at("03-07 12:00"))
    over = closure(starts_at=at("03-01 10:00"), ends_at=at("03-01 12:00"))
    assert sorted(edges([NIGHT, window, over], ID, at("03-05 23:45"))) == [
        at("03-06 00:30"),
        at("03-06 23:30"),
        at("03-07 10:00"),
        at("03-07 12:00"),
    ]


@pytest.mark.parametrize("hour", range(24))
def test_between_two_edges_nothing_changes(hour: int) -> None:
    """What prebuilt pages rely on: until the next edge the answer is the same."""
    window = closure(starts_at=at("03-06 03:00"), ends_at=at("03-06 07:00"))
    rows = [NIGHT, closure(closed_from=time(6), closed_until=time(9)), window]
    now = at(f"03-05 {hour:02d}:10")
    until = min(edges(rows, ID, now))
    before = standing(rows, ID, now)
    last = standing(rows, ID, until - timedelta(microseconds=1))
    assert until > now
    middle = standing(rows, ID, now + (until - now) / 2)
    assert (before is None) == (middle is None) == (last is None)
