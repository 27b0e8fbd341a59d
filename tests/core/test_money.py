"""The table of facts/money.md, and the rules of arithmetic in docs/architecture.md."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import DECIMALS, MixedCurrencies, Money, NotAnAmount, discount_percent

IDR = lambda minor: Money(minor, "IDR")  # noqa: E731


@pytest.mark.parametrize(
    ("amount", "rate", "fee"),
    [
        (49450, "0.7", 346),  # 346.15: a ceiling would say 347
        (100000, "0.7", 700),
        (100000, "1.5", 1500),
        (49450, "10", 4945),
        (1500, "0.7", 11),  # 10.5: half to even would say 10
        (3500, "0.7", 25),  # 24.5: half to even would say 24
    ],
)
def test_shares_are_rounded_half_up_once(amount: int, rate: str, fee: int) -> None:
    assert IDR(amount).percent(Decimal(rate)) == IDR(fee)


def test_the_order_of_the_api_document() -> None:
    subtotal = IDR(49450)
    total = subtotal - subtotal.percent(Decimal(10)) + subtotal.percent(Decimal("0.7"))
    assert total == IDR(44851)
    assert IDR(200000) - total == IDR(155149)


@pytest.mark.parametrize(
    ("price", "original", "percent"),
    [
        (24750, 25000, 1.0),
        (49450, 50000, 1.1),
        (400000, 425000, 5.88),
        (25000, 25000, 0.0),
        (26000, 25000, 0.0),
        (1, 0, 0.0),
    ],
)
def test_discounts_are_computed_never_typed(price: int, original: int, percent: float) -> None:
    assert discount_percent(price, original) == percent


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (150000, "IDR", "Rp150.000"),
        (50000, "MYR", "RM500.00"),
        (10000, "SGD", "S$100.00"),
        (10000, "PHP", "₱100.00"),
        (123450, "THB", "฿1,234.50"),
        (0, "IDR", "Rp0"),
        (1, "MYR", "RM0.01"),
        (-500, "IDR", "-Rp500"),
        (-1, "SGD", "-S$0.01"),
        (999, "IDR", "Rp999"),
        (1000, "IDR", "Rp1.000"),
        (123456750, "THB", "฿1,234,567.50"),
    ],
)
def test_written_by_currency_whatever_the_reader_s_language(minor: int, currency: str, written: str) -> None:
    assert str(Money(minor, currency)) == written


@pytest.mark.parametrize("value", [19.99, 1.0, True, "abc", "NaN", "Infinity", Decimal("0.001"), None])
def test_what_is_no_amount_of_ringgit(value: object) -> None:
    with pytest.raises(NotAnAmount):
        Money.of(value, "MYR")


def test_rupiah_have_no_cents_and_units_are_whole() -> None:
    with pytest.raises(NotAnAmount):
        Money.of(Decimal("0.5"), "IDR")
    with pytest.raises(NotAnAmount):
        Money(1.0, "IDR")
    with pytest.raises(NotAnAmount):
        Money(1, "XXX")
    with pytest.raises(NotAnAmount):
        IDR(1) * 1.5
    assert Money.of("19.99", "MYR").minor == 1999
    assert Money.of(Decimal("1.10"), "MYR").number == 1.1


def test_currencies_never_meet() -> None:
    for meeting in (
        lambda: IDR(1) + Money(1, "MYR"),
        lambda: IDR(1) - Money(1, "MYR"),
        lambda: IDR(1) < Money(1, "MYR"),
        lambda: IDR(1) <= Money(1, "MYR"),
    ):
        with pytest.raises(MixedCurrencies):
            meeting()
    assert IDR(1) != Money(1, "PTS")


@given(minor=st.integers(-(10**13), 10**13), currency=st.sampled_from(sorted(DECIMALS)))
def test_there_and_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.major, currency) == money
    assert Money.of(Decimal(repr(money.number)), currency) == money


@given(total=st.integers(0, 10**9), parts=st.integers(1, 10), data=st.data())
def test_parts_never_exceed_the_whole(total: int, parts: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, parts))
    assert IDR(0) <= IDR(total).part(count, parts) <= IDR(total)
    assert IDR(total).part(parts, parts) == IDR(total)


@given(price=st.integers(1, 10**7), rate=st.decimals(0, 100, places=3))
def test_a_share_is_within_half_a_unit_of_the_exact_one(price: int, rate: Decimal) -> None:
    fee = IDR(price).percent(rate)
    assert abs(Decimal(fee.minor) - Decimal(price) * rate / 100) <= Decimal("0.5")
