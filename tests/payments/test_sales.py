"""What an ended order leaves: sales, fees and what is owed, and nothing in customer funds (invariant 3)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments import ledger_check, sales
from payments.models import Account, Payment, Refund, Transfer
from payments.settling import settle
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.payments.cast import books, fresh, money, sound, standing, unplaced
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def ended(delivered: int, quantity: int = 1, **quote: object) -> Order:
    """A paid order of which that many units arrived, booked."""
    order, payment = unplaced(quantity=quantity, channel=factories.channel(is_refundable=True), **quote)
    settle(payment.pk, money(order.total_minor, ref=f"cptr-{order.pk}"))
    order = orders.lock(order.pk)
    orders.advance(order, Order.Status.PROCESSING, by="test")
    orders.count_unit(order, delivered=delivered, failed=quantity - delivered)
    orders.advance(order, Order.Status.SUCCESS if delivered else Order.Status.FAILED, by="test")
    sales.book(order)
    return order


def test_a_delivered_order_is_sales_and_fee() -> None:
    order = ended(1)
    assert books() == {"clearing:xendit:IDR": -49796, "sales:IDR": 49450, "fees:IDR": 346}
    assert not Refund.objects.exists()
    assert sound(order)


def test_an_order_of_which_nothing_arrived_is_owed_back_whole() -> None:
    order = ended(0)
    assert books() == {"clearing:xendit:IDR": -49796, "refunds:IDR": 49796}
    assert Refund.objects.get().why == "NOT_DELIVERED"
    assert sound(order)


def test_a_part_is_owed_by_units_half_up() -> None:
    """49450 × 3 + 1039 = 149389; one of three missing: 49796.33 → 49796."""
    order = ended(2, 3, fee_minor=1039)
    assert Refund.objects.get().amount_minor == 49796
    assert standing(Account.Kind.SALES) + standing(Account.Kind.FEES) == 149389 - 49796
    assert standing(Account.Kind.FEES) == 693
    assert sound(order)


def test_booking_twice_changes_nothing() -> None:
    order = ended(2, 3, fee_minor=1039)
    before = books()
    sales.book(order)
    assert books() == before
    assert Refund.objects.count() == 1


def test_the_refund_goes_to_the_payment_that_paid_and_not_to_another() -> None:
    order, failed = unplaced(Payment.State.FAILED, channel=factories.channel(is_refundable=True))
    paying = Payment.objects.create(
        order=order,
        attempt=2,
        reference=f"{order.number}-2",
        channel=order.channel,
        gateway="xendit",
        amount_minor=order.total_minor,
        currency="IDR",
        gateway_id="pr-2",
        expires_at=order.expires_at,
    )
    settle(paying.pk, money())
    settle(failed.pk, money(ref="cptr-late"))
    order = orders.lock(order.pk)
    orders.advance(order, Order.Status.PROCESSING, by="test")
    orders.count_unit(order, failed=1)
    orders.advance(order, Order.Status.FAILED, by="test")
    assert sales.book(order) is not None
    assert {refund.why: refund.payment_id for refund in order.refunds.all()} == {
        "NOT_DELIVERED": paying.pk,
        "DOUBLE": failed.pk,
    }
    assert books() == {"clearing:xendit:IDR": -2 * 49796, "refunds:IDR": 2 * 49796}
    assert sound(order)


def test_a_free_order_books_nothing() -> None:
    order = factories.order(discount_minor=49450, fee_minor=0)
    assert sales.book(order) is None
    assert not Transfer.objects.exists()


def test_the_check_sees_what_is_wrong() -> None:
    """The control: money left behind, a capture not booked, a count that is off."""
    order, payment = unplaced()
    settle(payment.pk, money())
    Order.objects.update(status="SUCCESS")
    assert "has ended" in ledger_check.problems_of(fresh(order))[0]
    Payment.objects.update(received_minor=1)
    Transfer.objects.all().delete()
    assert len(ledger_check.problems_of(fresh(order))) == 2
    assert len(ledger_check.differences({})) == 1


class Property(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_for_any_amounts_and_any_part_delivered_the_parts_are_the_whole(self, data: st.DataObject) -> None:
        quantity = data.draw(st.integers(1, 10))
        unit = data.draw(st.integers(1, 10**7))
        discount = data.draw(st.integers(0, unit * quantity - 1))
        order = ended(
            data.draw(st.integers(0, quantity)),
            quantity,
            unit_price_minor=unit,
            discount_minor=discount,
            fee_minor=data.draw(st.integers(0, 10**5)),
        )
        assert sound(order)
        parts = [standing(kind) for kind in (Account.Kind.SALES, Account.Kind.FEES, Account.Kind.REFUNDS)]
        assert min(parts) >= 0 and sum(parts) == order.total_minor
        assert ledger_check.funds_of(order) == {"IDR": 0}
