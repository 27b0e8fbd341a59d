"""Margin, ending and the least price, over plain numbers: tables of examples, and what must hold for all of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.pricing.arithmetic import Ending, least_price, moves, with_margin

ENDINGS = [Ending(), Ending(100, 50), Ending(100, 0), Ending(50, 0), Ending(100, 90), Ending(1000, 900)]


@pytest.mark.parametrize(
    ("ending", "minor", "price"),
    [
        (Ending(), 43_297, 43_297),
        (Ending(100, 50), 43_297, 43_350),  # …50
        (Ending(100, 50), 43_350, 43_350),
        (Ending(100, 50), 43_351, 43_450),
        (Ending(100, 0), 43_201, 43_300),  # …00
        (Ending(50, 0), 43_251, 43_300),
        (Ending(100, 90), 1_191, 1_290),  # RM11.91 → RM12.90
        (Ending(100, 90), 1, 90),
        (Ending(100, 0), 0, 100),  # nothing is given away
    ],
)
def test_prices_end_as_the_currency_s_prices_end(ending: Ending, minor: int, price: int) -> None:
    assert ending.up(minor) == price


@pytest.mark.parametrize(
    ("cost", "percent", "flat", "price"),
    [
        (43_296, "0", 0, 43_296),
        (43_296, "12", 0, 48_492),  # 48,491.52: never rounded in favour of the customer
        (43_296, "12", 1_000, 49_492),
        (1, "0.01", 0, 2),
    ],
)
def test_margin_is_a_share_of_the_cost_and_a_flat_amount(cost: int, percent: str, flat: int, price: int) -> None:
    assert with_margin(cost, Decimal(percent), flat) == price


@pytest.mark.parametrize(
    ("old", "new", "percent"), [(100, 110, "10.00"), (100, 90, "10.00"), (3, 4, "33.34"), (771, 4_092, "430.74")]
)
def test_how_far_a_price_moves(old: int, new: int, percent: str) -> None:
    assert moves(old, new) == Decimal(percent)


def test_a_price_that_can_bear_nothing_is_none() -> None:
    assert least_price(1_000, lambda price: 1_000, Ending()) is None
    assert least_price(1_000, lambda price: 1, Ending()) is None


costs = st.integers(1, 50_000_000)
percents = st.decimals(0, 60, places=2)
endings = st.sampled_from(ENDINGS)


def short_of(cost: int, percent: Decimal, flat: int):
    """What a fee of `percent` and `flat` leaves is held against the cost."""
    return lambda price: cost + flat + int(Decimal(price) * percent / 100) - price


@given(costs, costs, percents, st.integers(0, 10_000), percents, endings)
def test_never_below_the_floor_monotone_in_cost_and_the_least_there_is(cost, other, fee, flat, margin, ending) -> None:
    short, dearer = short_of(cost, fee, flat), short_of(max(cost, other), fee, flat)
    price = least_price(with_margin(cost, margin, 0), short, ending)
    assert price is not None and price >= with_margin(cost, margin, 0)
    assert short(price) <= 0, "never below cost and fees"
    assert ending.up(price) == price, "rounded once is rounded"
    below = price - ending.step
    assert below < with_margin(cost, margin, 0) or short(below) > 0, "no lower price would do"
    assert least_price(with_margin(max(cost, other), margin, 0), dearer, ending) >= price
