"""Which way a unit goes, as a question about plain rows: properties that hold for any routes, and the hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfilment import routing
from fulfilment.routing import Past, Wait, Way, pick

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOME = st.integers(1, 4)
LATER_ON = st.none() | st.integers(1, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))


@st.composite
def several_ways(draw: st.DrawFn) -> list[Way]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        shut = draw(st.sampled_from(["", "", "circuit", "balance", "hours", "rate"]))
        made.append(
            Way(
                route=number,
                product=draw(SOME),
                account=draw(SOME),
                priority=draw(st.integers(0, 2)),
                cost=draw(st.none() | st.integers(0, 50)),
                shut=shut,
                opens_at=draw(LATER_ON) if shut else None,
            )
        )
    return made


pasts = st.builds(
    Past,
    spent=st.frozensets(SOME, max_size=2),
    unreached=st.lists(SOME, max_size=3).map(tuple),
    calls_again_at=LATER_ON,
)
bounds = st.none() | st.integers(0, 50)


def fits(way: Way, past: Past, most: int | None) -> bool:
    return way.product not in past.spent and (most is None or way.cost is None or way.cost <= most)


@given(several_ways(), pasts, bounds)
def test_what_is_picked_is_open_bearable_and_not_spent(ways: list[Way], past: Past, most: int | None) -> None:
    picked = pick(ways, past, most, NOW)
    if isinstance(picked, Way):
        assert picked in ways and not picked.shut and fits(picked, past, most)


@given(several_ways(), pasts, bounds)
def test_nothing_better_is_left_lying(ways: list[Way], past: Past, most: int | None) -> None:
    picked = pick(ways, past, most, NOW)
    usable = [way for way in ways if not way.shut and fits(way, past, most)]
    reached = [way for way in usable if way.account not in past.unreached]
    if reached:
        assert isinstance(picked, Way) and picked in reached
        for other in reached:
            assert picked.priority <= other.priority
            if other.priority == picked.priority and other.cost is not None:
                assert picked.cost is not None and picked.cost <= other.cost


@given(several_ways(), pasts, bounds)
def test_it_ends_only_where_no_way_is_left_at_all(ways: list[Way], past: Past, most: int | None) -> None:
    picked = pick(ways, past, most, NOW)
    assert (picked is None) == all(way.product in past.spent for way in ways)


@given(several_ways(), pasts, bounds)
def test_a_wait_is_never_for_nothing_and_never_for_ever(ways: list[Way], past: Past, most: int | None) -> None:
    picked = pick(ways, past, most, NOW)
    if isinstance(picked, Wait):
        assert picked.why and picked.pause > timedelta()
        if picked.why == routing.CONNECTION:
            assert past.calls_again_at is not None and picked.pause == past.calls_again_at - NOW
        else:
            assert picked.pause <= routing.LONGEST_PAUSE
            assert not any(not way.shut and fits(way, past, most) and way.account not in past.unreached for way in ways)


@given(several_ways(), pasts, bounds, st.randoms())
def test_the_order_of_the_rows_does_not_matter(ways: list[Way], past: Past, most: int | None, random) -> None:
    shuffled = random.sample(ways, len(ways))
    assert pick(ways, past, most, NOW) == pick(shuffled, past, most, NOW)


@given(several_ways(), bounds)
def test_a_shut_way_opens_at_once_when_the_reason_is_gone(ways: list[Way], most: int | None) -> None:
    """Nothing of a reason to wait is remembered: the same rows without it are picked from."""
    opened = [Way(way.route, way.product, way.account, way.priority, way.cost) for way in ways]
    picked = pick(opened, Past(), most, NOW)
    assert isinstance(picked, Way) == any(fits(way, Past(), most) for way in opened)


def test_a_supplier_that_was_not_reached_stands_back_but_is_not_given_up() -> None:
    first, second = Way(1, 1, 1, cost=10), Way(2, 2, 2, cost=20)
    soon = NOW + timedelta(seconds=4)
    assert pick([first, second], Past(unreached=(1,), calls_again_at=soon), None, NOW) is second
    assert pick([first, second], Past(unreached=(1, 2), calls_again_at=soon), None, NOW) == Wait(
        routing.CONNECTION, timedelta(seconds=4)
    )
    assert pick([first, second], Past(unreached=(1, 2, 1), calls_again_at=NOW), None, NOW) is second


def test_what_somebody_will_mend_is_the_reason_that_is_told() -> None:
    closed = Way(1, 1, 1, shut=routing.HOURS, opens_at=NOW + timedelta(seconds=90))
    dry = Way(2, 2, 2, shut="balance")
    assert pick([closed, dry], Past(), None, NOW) == Wait("balance", timedelta(seconds=90))
