"""Paying from the wallet: settled at once or not at all; what is not delivered is in the wallet again at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from core.models import MailMessage, StaffCase
from core.money import Money
from payments import checkout, refunds, sales
from payments.models import Capture, Payment, Refund, Transfer
from payments.settling import settle
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos.models import Promo, PromoSlot
from tests.payments.cast import fresh, money, nothing_moved, second_attempt, sound, token, unplaced
from tests.payments.members import books_hold, by_balance, funded, holds, member
from tests.storefront import factories

pytestmark = pytest.mark.django_db
PRICE = 49450
ME = factories.client()


def ended(order: Order, delivered: int) -> Order:
    """The order's way to its end, with `delivered` units of it."""
    orders.advance(order, "PROCESSING", by="test")
    orders.count_unit(order, delivered=delivered, failed=order.quantity - delivered)
    orders.advance(order, "SUCCESS" if delivered else "FAILED", by="test")
    sales.book(order)
    return fresh(order)


def bought(user: User, **quote: Any) -> Order:
    quote = {"channel": by_balance(), "fee_minor": 0, "user": user} | quote
    return checkout.place(token(**quote), ME, user)


def test_an_order_by_balance_is_paid_at_once() -> None:
    user = member()
    funded(user, 100_000)
    order = bought(user)
    assert (order.status, order.user_id) == ("PAID", user.pk)
    assert holds(user) == 100_000 - PRICE
    payment = Payment.objects.get()
    assert (payment.state, payment.gateway, payment.received_minor) == ("SETTLED", "balance", PRICE)
    row = Transfer.objects.get(key=f"capture:balance:{order.number}")
    assert (row.source_before_minor, row.source_after_minor) == (100_000, 100_000 - PRICE)
    assert MailMessage.objects.filter(template="order_paid").count() == 1
    assert sound(order) and books_hold()


def test_too_little_moves_nothing_and_the_token_stays_good() -> None:
    user = member()
    funded(user, PRICE - 4946)
    promo = factories.promo(max_usage=1)
    mine = token(channel=by_balance(), fee_minor=0, user=user, promo=promo, discount_minor=4945)
    with pytest.raises(Refused) as caught:
        checkout.place(mine, ME, user)
    assert (caught.value.code, caught.value.status) == ("INSUFFICIENT_BALANCE", 400)
    assert not Order.objects.exists() and not Payment.objects.exists() and not PromoSlot.objects.exists()
    assert Promo.objects.get().used == 0 and holds(user) == PRICE - 4946
    funded(user, 1)
    assert checkout.place(mine, ME, user).status == "PAID"
    assert holds(user) == 0 and books_hold()


def test_the_same_token_again_takes_the_money_once() -> None:
    user = member()
    funded(user, 100_000)
    mine = token(channel=by_balance(), fee_minor=0, user=user)
    first, second = (checkout.place(mine, ME, user) for _ in range(2))
    assert first.number == second.number
    assert holds(user) == 100_000 - PRICE and Capture.objects.count() == 1


def test_a_members_quote_is_nobody_elses() -> None:
    user, other = member("a"), member("b")
    funded(other, 100_000)
    for somebody in (other, None):
        with pytest.raises(Refused) as caught:
            checkout.place(token(channel=by_balance(), fee_minor=0, user=user), ME, somebody)
        assert caught.value.code == "INVALID_TOKEN"
    assert holds(other) == 100_000


def test_what_costs_nothing_takes_nothing() -> None:
    user = member()
    order = bought(user, discount_minor=PRICE, promo=factories.promo())
    assert order.status == "PAID" and nothing_moved()


@pytest.mark.parametrize(("delivered", "back"), [(0, 3 * PRICE), (1, 2 * PRICE), (2, PRICE), (3, 0)])
def test_what_is_not_delivered_is_in_the_wallet_at_once(delivered: int, back: int) -> None:
    user = member()
    funded(user, 3 * PRICE)
    order = ended(bought(user, quantity=3), delivered)
    assert holds(user) == back
    if back:
        refund = Refund.objects.get()
        assert (refund.state, refund.amount_minor, refund.why) == ("DONE", back, "NOT_DELIVERED")
        row = Transfer.objects.get(key=f"refund:{refund.key}")
        assert (row.target_before_minor, row.target_after_minor) == (0, back)
    assert sound(order) and books_hold()


def test_a_members_order_by_gateway_is_refunded_to_the_wallet_too() -> None:
    user = member()
    order, payment = unplaced(channel=factories.channel(is_refundable=True), user=user)
    settle(payment.pk, money())
    order = ended(fresh(order), 0)
    assert holds(user) == order.total_minor
    assert Refund.objects.get().state == "DONE" and not StaffCase.objects.exists()
    assert refunds.send_due() == 0
    assert sound(order) and books_hold()


def test_f12_money_that_came_twice_is_in_the_wallet_and_the_order_stays() -> None:
    user = member()
    order, payment = unplaced(user=user)
    settle(payment.pk, money())
    settle(second_attempt(order, "FAILED").pk, money(ref="cptr-2"))
    refund = Refund.objects.get()
    assert (refund.state, refund.why, holds(user)) == ("DONE", "DOUBLE", order.total_minor)
    with pytest.raises(Refused):
        refunds.approve(refund.pk, "staff", "again")
    assert (fresh(order).status, holds(user)) == ("PAID", order.total_minor)
    assert sound(order) and books_hold()


def test_owing_the_same_twice_pays_once() -> None:
    user = member()
    funded(user, PRICE)
    order = bought(user)
    orders.advance(order, "PROCESSING", by="test")
    payment = Payment.objects.get()
    for _ in range(2):
        refunds.owe(order, payment, Money(PRICE, "IDR"), Refund.Why.NOT_DELIVERED, f"undelivered:{order.number}")
    assert holds(user) == PRICE and Refund.objects.count() == 1


def test_a_guests_refund_still_goes_back_the_way_it_came() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money())
    ended(fresh(order), 0)
    assert Refund.objects.get().state == "DUE"


def test_late_money_of_a_member_for_what_is_gone_is_in_the_wallet() -> None:
    user = member()
    order, payment = unplaced(user=user)
    orders.expire(order, by="test", now=timezone.now())
    order.sku.prices.update(is_available=False)
    settle(payment.pk, money())
    assert holds(user) == order.total_minor and fresh(order).status == "EXPIRED" and sound(order)
