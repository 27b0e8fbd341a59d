"""Points: earned on success, taken back but never below zero, turned into balance once per form."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Level, User
from core.errors import Refused
from core.models import ExchangeRate, StaffCase
from core.money import Money
from payments import refunds
from payments.models import Account, Payment, PointValue, Redemption, Refund, Transfer
from payments.points import services as points
from payments.wallet import services as ledger
from storefront.orders.models import Order
from tests.payments.members import books_hold, funded, holds, member
from tests.payments.past import order_of
from tests.payments.test_balance import bought, ended

pytestmark = pytest.mark.django_db
PRICE = 49450
NOW = timezone.now


def given(user: User, count: int) -> None:
    issued = ledger.house(Account.Kind.ISSUED, "PTS")
    ledger.transfer(f"given:{user.pk}", issued, ledger.points(user), Money(count, "PTS"), "points earned")


def succeeded(user: User, quantity: int = 1, delivered: int | None = None, **quote: Any) -> Order:
    """An order by balance that has ended, with its points."""
    funded(user, quantity * PRICE)
    order = ended(bought(user, quantity=quantity, **quote), quantity if delivered is None else delivered)
    points.earn(order)
    return order


@pytest.mark.parametrize(("level", "count"), [("CLASSIC", 494), ("PRESTIGE", 1483), ("ROYAL", 2472)])
def test_a_level_earns_the_floor_of_its_percent(level: str, count: int) -> None:
    user = member(level=level)
    succeeded(user)
    assert points.balance(user) == count
    assert books_hold()


def test_discount_and_fee_earn_nothing() -> None:
    user = member()
    order = order_of(user, unit_price_minor=10_000, list_price_minor=10_000, discount_minor=1_001, fee_minor=5_000)
    assert points.earn(order) == 89
    assert points.earn(order) == 89 and points.balance(user) == 89


def test_only_what_arrived_earns() -> None:
    user = member()
    succeeded(user, quantity=3, delivered=1)
    assert points.balance(user) == 494
    nothing = member("b")
    succeeded(nothing, quantity=2, delivered=0)
    assert points.balance(nothing) == 0


def test_another_currency_earns_at_the_dated_rate() -> None:
    user = member()
    order = order_of(user, currency="MYR", unit_price_minor=1_055, list_price_minor=1_055, fee_minor=0)
    ExchangeRate.objects.create(base="MYR", quote="IDR", rate=Decimal(3500), valid_from=NOW() - timedelta(days=1))
    ExchangeRate.objects.create(base="MYR", quote="IDR", rate=Decimal(9999), valid_from=NOW() + timedelta(days=1))
    assert points.earn(order) == 369  # 10.55 × 3500 × 1 %


def test_without_a_rate_nothing_is_earned_and_staff_know() -> None:
    order = order_of(member(), currency="MYR", unit_price_minor=1_055, list_price_minor=1_055, fee_minor=0)
    assert points.earn(order) == 0
    assert StaffCase.objects.get().kind == "rate-missing"


def test_a_refund_takes_them_back_in_proportion_and_once() -> None:
    user = member()
    order = succeeded(user, quantity=2)
    payment = Payment.objects.get()
    assert points.balance(user) == 989
    for _ in range(2):
        assert points.take_back(order, Money(PRICE, "IDR"), "half") in (495, 0)
    assert points.balance(user) == 494
    points.take_back(order, Money(PRICE, "IDR"), "rest")
    assert points.balance(user) == 0
    assert points.take_back(order, Money(PRICE, "IDR"), "more") == 0
    assert payment.state == "SETTLED" and books_hold()


def test_what_is_spent_is_written_off_and_never_below_zero() -> None:
    user = member()
    order = succeeded(user)
    points.redeem(user, 400, "IDR", "form")
    assert points.take_back(order, order.total, "all") == 94
    assert points.balance(user) == 0
    short = Transfer.objects.get(key="points-short:all")
    assert (short.source.kind, short.target.kind, short.amount_minor) == ("WRITEOFF", "ISSUED", 400)
    assert ledger.balance(ledger.house(Account.Kind.ISSUED, "PTS")) == Money(400, "PTS")
    assert books_hold()


def test_a_refund_of_a_delivered_order_comes_with_its_points() -> None:
    user = member()
    order = succeeded(user)
    refunds.owe(order, Payment.objects.get(), Money(PRICE, "IDR"), Refund.Why.NOT_DELIVERED, "staff")
    assert points.balance(user) == 0


def test_points_become_balance_at_the_rate_staff_set() -> None:
    user = member()
    given(user, 1_000)
    PointValue.objects.create(value=Decimal("2.5"), valid_from=NOW() - timedelta(days=1))
    PointValue.objects.create(value=Decimal(9), valid_from=NOW() + timedelta(days=1))
    redemption = points.redeem(user, 101, "IDR", "form")
    assert (redemption.amount_minor, holds(user), points.balance(user)) == (252, 252, 899)
    credit = Transfer.objects.get(key=f"points-money:{redemption.number}")
    assert (credit.target_before_minor, credit.target_after_minor) == (0, 252)
    assert books_hold()


def test_points_are_worth_one_rupiah_until_staff_say_otherwise() -> None:
    user = member()
    given(user, 10)
    assert points.redeem(user, 10, "IDR", "form").amount_minor == 10


def test_points_into_another_currency_round_down() -> None:
    user = member()
    given(user, 5_000)
    ExchangeRate.objects.create(base="MYR", quote="IDR", rate=Decimal(3500), valid_from=NOW() - timedelta(days=1))
    assert points.redeem(user, 4_999, "MYR", "form").amount_minor == 142
    assert holds(user, "MYR") == 142


def test_a_form_sent_twice_redeems_once() -> None:
    user = member()
    given(user, 1_000)
    first, second = points.redeem(user, 400, "IDR", "form"), points.redeem(user, 400, "IDR", "form")
    assert first.number == second.number and holds(user) == 400
    points.redeem(user, 400, "IDR", "another form")
    assert holds(user) == 800 and Redemption.objects.count() == 2


@pytest.mark.parametrize("count", [0, -1, 1_001, 10**18])
def test_points_that_are_not_there(count: int) -> None:
    user = member()
    given(user, 1_000)
    with pytest.raises(Refused) as caught:
        points.redeem(user, count, "IDR", "form")
    assert list(caught.value.fields) == ["points"]
    assert (points.balance(user), holds(user), Redemption.objects.count()) == (1_000, 0, 0)


def test_guests_have_no_points() -> None:
    order = order_of(None)
    assert points.earn(order) == points.take_back(order, order.total, "x") == 0
    assert not Transfer.objects.exists()


def test_what_a_member_reads_of_their_points() -> None:
    user = member(level=Level.PRESTIGE)
    order = succeeded(user)
    redemption = points.redeem(user, 1_000, "IDR", "form")
    told = [(entry.number, entry.points, entry.after) for entry in points.entries(user, slice(0, 10))]
    assert told == [(redemption.number, -1_000, 483), (order.number, 1_483, 1_483)]
    assert points.entries(member("other"), slice(0, 10)) == []
