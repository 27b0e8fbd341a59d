"""Staff give money back: never more than is left, once per click, one of two persons (F12, F17, F18); and what they may
do with a wrong amount."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEntry, MailMessage, StaffCase
from core.money import Money
from payments import expiry, refunds, sales
from payments.models import Account, Capture, Payment, Refund
from payments.money_back import accepting, giving_back, payouts
from payments.settling import settle
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.payments.back import sold, staff
from tests.payments.cast import TOTAL, books, fresh, money, overdue, second_attempt, sound, standing, unplaced
from tests.payments.members import books_hold, holds, member
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def give(order: Order, minor: int, *, seen: int = 0, by: str = "ani@shop.example") -> tuple[Refund, bool]:
    return giving_back.give_back(order.pk, Money(minor, "IDR"), seen=seen, by=by, why="a gift of goodwill")


def refundable() -> Order:
    return sold(channel=factories.channel(is_refundable=True))


def test_a_part_goes_back_the_way_it_came_out_of_goodwill() -> None:
    order = refundable()
    refund, is_new = give(order, 10_000)
    assert (is_new, refund.state, refund.why, refund.asked_by) == (True, "DUE", "GOODWILL", "ani@shop.example")
    assert giving_back.remaining(order).minor == TOTAL - 10_000
    assert (standing(Account.Kind.GOODWILL), standing(Account.Kind.REFUNDS)) == (-10_000, 10_000)
    assert AuditEntry.objects.get(action="refund.give_back").why == "a gift of goodwill"
    assert fresh(order).status == "SUCCESS" and sound(order) and books_hold()


def test_f17_the_same_click_gives_once() -> None:
    order = refundable()
    first, second = give(order, 10_000), give(order, 10_000)
    assert (first[0].pk, second) == (second[0].pk, (first[0], False))
    assert standing(Account.Kind.REFUNDS) == 10_000


def test_f18_who_has_not_seen_the_last_refund_gives_nothing() -> None:
    order = refundable()
    give(order, 10_000)
    with pytest.raises(Refused):
        give(order, 5_000, seen=0, by="budi@shop.example")
    assert give(order, 10_000, seen=1)[1] is True
    assert standing(Account.Kind.REFUNDS) == 20_000


@pytest.mark.parametrize("delivered", [1, 2])
def test_never_more_than_is_left(delivered: int) -> None:
    order = sold(delivered=delivered, quantity=2, channel=factories.channel(is_refundable=True))
    left = order.total_minor * delivered // 2
    seen = giving_back.seen(order)
    for minor in (left + 1, 0, -1):
        with pytest.raises(Refused):
            give(order, minor, seen=seen)
    give(order, left, seen=seen)
    with pytest.raises(Refused):
        give(order, 1, seen=seen + 1)
    assert sound(order) and books_hold()


def test_an_order_under_way_is_not_refunded_beside_its_delivery() -> None:
    order, payment = unplaced()
    settle(payment.pk, money())
    with pytest.raises(Refused):
        give(order, 1)


def test_a_member_has_it_in_the_wallet() -> None:
    user = member()
    order = sold(user=user)
    give(order, 10_000)
    assert holds(user) == 10_000 and books_hold()


def test_above_the_limit_another_person_approves_or_nothing_is_owed(settings: Any) -> None:
    settings.STAFF_REFUND_LIMITS = {"IDR": Money(9_999, "IDR")}
    order = refundable()
    mails = MailMessage.objects.count()
    first, _new = give(order, 10_000)
    assert (first.state, MailMessage.objects.count()) == ("REVIEW", mails), "nothing is promised before"
    page = Client().get(f"/en-id/invoices/{order.number}").content.decode()
    assert first.reference not in page
    with pytest.raises(Refused):
        refunds.approve(first.pk, "ani@shop.example", "I again")
    refunds.approve(first.pk, "budi@shop.example", "agreed")
    second, _new = give(order, 10_001, seen=1)
    refunds.decline(second.pk, "budi@shop.example", "once is enough")
    assert [one.state for one in Refund.objects.order_by("id")] == ["DUE", "WITHDRAWN"]
    assert (standing(Account.Kind.GOODWILL), standing(Account.Kind.REFUNDS)) == (-10_000, 10_000)
    assert giving_back.remaining(order).minor == TOTAL - 10_000
    assert not StaffCase.objects.filter(state="OPEN").exists() and sound(order) and books_hold()


def test_the_orders_page_shows_what_is_left_and_gives_once() -> None:
    order = refundable()
    office = Client()
    enter(office, staff("ani"))
    assert "Rp49.796" in office.get(reverse("admin:storefront_order_change", args=[order.pk])).content.decode()
    verb = reverse("admin:storefront_order_give_back", args=[order.pk])
    form = office.get(verb).content.decode()
    assert 'name="seen" value="0"' in form and "Rp49.796" in form
    body = {"amount": "10000", "seen": "0", "reason": "a gift of goodwill", "_form_submitted": "True"}
    for _click in range(2):
        office.post(verb, body)
    assert Refund.objects.get().amount_minor == 10_000
    office.post(verb, body | {"amount": "0.5", "seen": "1"})
    office.post(verb, body | {"amount": "49796", "seen": "1"})
    assert Refund.objects.count() == 1


# --- A wrong amount ---


def review(minor: int, **quote: Any) -> tuple[Order, Payment, Refund]:
    order, payment = unplaced(channel=factories.channel(is_refundable=True), **quote)
    settle(payment.pk, money(minor))
    return order, payment, Refund.objects.get(order=order)


@pytest.mark.parametrize("minor", [TOTAL - 1_000, TOTAL + 1_000])
def test_staff_may_let_another_amount_pay_the_order(minor: int) -> None:
    order, payment, refund = review(minor)
    with pytest.raises(Refused, match="FORBIDDEN"):
        accepting.accept(refund.pk, order.email, "my own")
    accepting.accept(refund.pk, "ani@shop.example", "a rounding of the bank")
    order = fresh(order)
    assert (order.status, Refund.objects.get(pk=refund.pk).state) == ("PAID", "WITHDRAWN")
    assert Capture.objects.get().effect == Capture.Effect.ACCEPTED
    assert Payment.objects.get(pk=payment.pk).state == Payment.State.SETTLED
    assert standing(Account.Kind.FUNDS) == TOTAL
    assert standing(Account.Kind.GOODWILL) == min(0, minor - TOTAL)
    assert standing(Account.Kind.REFUNDS) == max(0, minor - TOTAL)
    assert not StaffCase.objects.filter(state="OPEN").exists() and sound(order) and books_hold()
    for decide in (accepting.accept, refunds.approve):
        with pytest.raises(Refused):
            decide(refund.pk, "ani@shop.example", "again")


def test_of_a_short_amount_no_more_goes_back_than_came() -> None:
    order, _payment, refund = review(2 * TOTAL - 1_000, quantity=2)
    assert order.total_minor > 2 * TOTAL - 1_000
    accepting.accept(refund.pk, "ani@shop.example", "a rounding of the bank")
    order = fresh(order)
    orders.advance(order, "PROCESSING", by="test")
    orders.count_unit(order, failed=2)
    orders.advance(order, "FAILED", by="test")
    sales.book(order)
    assert standing(Account.Kind.REFUNDS) == 2 * TOTAL - 1_000 and standing(Account.Kind.GOODWILL) == 0
    assert sound(order) and books_hold()


def test_too_much_missing_or_another_payment_meanwhile_is_refused(settings: Any) -> None:
    order, _payment, refund = review(TOTAL - 1_000)
    settings.STAFF_REFUND_LIMITS = {"IDR": Money(999, "IDR")}
    with pytest.raises(Refused):
        accepting.accept(refund.pk, "ani@shop.example", "a rounding of the bank")
    settings.STAFF_REFUND_LIMITS = {"IDR": Money(1_000, "IDR")}
    settle(second_attempt(order).pk, money(ref="cptr-2"))
    with pytest.raises(Refused):
        accepting.accept(refund.pk, "ani@shop.example", "a rounding of the bank")
    refunds.approve(refund.pk, "ani@shop.example", "all of it back")
    assert fresh(order).status == "PAID" and sound(order) and books_hold()


def test_an_expired_order_is_delivered_too_if_staff_say_so() -> None:
    order, _payment, refund = review(TOTAL + 1)
    overdue(order)
    assert expiry.expire(order.pk, timezone.now())
    accepting.accept(refund.pk, "ani@shop.example", "a rounding of the bank")
    assert fresh(order).status == "PAID" and sound(order) and books_hold()


def test_a_wrong_amount_of_a_guest_is_paid_by_hand_by_two() -> None:
    _order, _payment, refund = review(TOTAL - 1_000)
    ani, budi = staff("ani"), staff("budi")
    payout = payouts.prepare_by_hand(refund.pk, ani, "cash at the counter")
    payouts.approve(payout.pk, budi, "receipt seen")
    payouts.mark_paid(payout.pk, budi, "receipt 18")
    assert books() == {"clearing:xendit:IDR": 1_000 - TOTAL, "external:IDR": TOTAL - 1_000}
