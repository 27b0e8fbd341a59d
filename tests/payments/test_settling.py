"""Money arrives: once, by whoever sees it first, and whatever it is for (F5, F7, F9, F10, F11; invariants 2, 3, 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import MailMessage, StaffCase
from payments import expiry, looking
from payments.gateways.base import Looked, Standing
from payments.models import Account, Capture, Payment, Refund, Transfer
from payments.settling import settle
from storefront.catalogue.models import SkuPrice
from storefront.orders.models import Order
from storefront.promos import services as promos
from storefront.promos.models import Promo
from tests.payments.cast import TOTAL, books, fresh, money, second_attempt, sound, standing, unplaced
from tests.storefront import factories

pytestmark = pytest.mark.django_db
State = Payment.State


def expired(order: Order) -> None:
    """The order ran out unpaid a minute ago."""
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert expiry.expire(order.pk, timezone.now())


def test_exact_money_pays_the_order() -> None:
    order, payment = unplaced()
    assert settle(payment.pk, money()) is True
    order, payment = fresh(order), Payment.objects.get(pk=payment.pk)
    assert (order.status, payment.state, payment.received_minor) == ("PAID", State.SETTLED, TOTAL)
    assert order.paid_at is not None and payment.settled_at is not None
    assert books() == {"clearing:xendit:IDR": -TOTAL, "funds:IDR": TOTAL}
    assert Transfer.objects.get().order_id == order.pk
    assert [mail.template for mail in MailMessage.objects.all()] == ["order_paid"]
    assert sound(order)


def test_the_same_capture_counts_once() -> None:
    order, payment = unplaced()
    assert [settle(payment.pk, money()) for _ in range(3)] == [True, False, False]
    assert Capture.objects.count() == Transfer.objects.count() == MailMessage.objects.count() == 1
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID"]


def test_f9_paid_and_what_follows_stand_in_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between 'paid' and the rest leaves nothing: the next look settles it whole."""
    order, payment = unplaced()
    with monkeypatch.context() as patched:
        patched.setattr("payments.mails.order_paid", lambda order: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle(payment.pk, money())
    assert fresh(order).status == "PENDING"
    assert not Capture.objects.exists() and not Transfer.objects.exists()
    assert settle(payment.pk, money()) is True
    assert fresh(order).status == "PAID"


def test_f7_money_on_a_payment_marked_failed_pays_the_order_once() -> None:
    order, payment = unplaced(State.FAILED)
    assert settle(payment.pk, money()) is True
    assert settle(payment.pk, money()) is False
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID"]


def test_f10_a_late_failed_cannot_undo_paid() -> None:
    order, payment = unplaced()
    settle(payment.pk, money())
    for standing_then in (Standing.FAILED, Standing.EXPIRED, Standing.CANCELLED):
        looking.accept(payment, Looked(standing_then))
    assert fresh(order).status == "PAID"
    assert Payment.objects.get(pk=payment.pk).state == State.SETTLED


def test_f11_the_failure_of_the_first_attempt_leaves_the_second_alone() -> None:
    order, first = unplaced(State.FAILED)
    second = second_attempt(order)
    settle(second.pk, money())
    looking.accept(first, Looked(Standing.FAILED))
    assert fresh(order).status == "PAID"
    assert Payment.objects.get(pk=second.pk).state == State.SETTLED


def test_money_on_a_superseded_attempt_pays_and_the_open_one_is_looked_at_at_once() -> None:
    order, first = unplaced(State.FAILED)
    second = second_attempt(order)
    Payment.objects.filter(pk=second.pk).update(not_before=timezone.now() + timedelta(hours=1))
    settle(first.pk, money())
    assert fresh(order).status == "PAID"
    assert Payment.objects.get(pk=second.pk).not_before <= timezone.now()


def test_f5_late_money_pays_while_everything_still_holds() -> None:
    promo = factories.promo(max_usage=1)
    order, payment = unplaced(promo=promo, discount_minor=4945)
    promos.take(promo.pk, order.number, "target", "", "", timezone.now())
    expired(order)
    assert Promo.objects.get(pk=promo.pk).used == 0
    settle(payment.pk, money(TOTAL - 4945))
    assert fresh(order).status == "PAID"
    assert Promo.objects.get(pk=promo.pk).used == 1
    assert Capture.objects.get().effect == Capture.Effect.LATE_PAID
    assert [event.reason for event in order.events.all()][-1] == "paid_late"
    assert sound(order)


@pytest.mark.parametrize("change", [{"price_minor": 49451, "original_minor": 50000}, {"is_available": False}])
def test_f5_late_money_goes_back_when_the_offer_is_gone(change: dict) -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    expired(order)
    SkuPrice.objects.update(**change)
    settle(payment.pk, money())
    order = fresh(order)
    assert (order.status, order.paid_at) == ("EXPIRED", None)
    refund = Refund.objects.get()
    assert (refund.why, refund.state, refund.amount_minor) == ("LATE", "DUE", TOTAL)
    assert standing(Account.Kind.FUNDS) == 0 and standing(Account.Kind.REFUNDS) == TOTAL
    assert sound(order)


def test_f5_late_money_may_pay_a_lower_price_than_was_quoted() -> None:
    order, payment = unplaced()
    expired(order)
    SkuPrice.objects.update(price_minor=40000)
    settle(payment.pk, money())
    assert fresh(order).status == "PAID"


def test_f5_late_money_goes_back_when_the_promo_slot_is_taken() -> None:
    promo = factories.promo(max_usage=1)
    order, payment = unplaced(promo=promo, discount_minor=4945, channel=factories.channel(is_refundable=True))
    promos.take(promo.pk, order.number, "target", "", "", timezone.now())
    expired(order)
    promos.take(promo.pk, "SOMEBODY ELSE", "other", "", "", timezone.now())
    settle(payment.pk, money(TOTAL - 4945))
    assert fresh(order).status == "EXPIRED"
    assert Refund.objects.get().why == "LATE"
    assert Promo.objects.get(pk=promo.pk).used == 1


def test_f5_late_money_that_no_channel_takes_back_the_guest_claims() -> None:
    order, payment = unplaced(channel=factories.channel("BCA_VA", kind="VA"))
    expired(order)
    SkuPrice.objects.update(is_available=False)
    settle(payment.pk, money())
    assert Refund.objects.get().state == "CLAIMABLE"
    mail = MailMessage.objects.get(template="refund")
    assert "/refunds/" in mail.context["invoice"]["refund"]["claim_url"]


def test_f12_a_second_payment_goes_back_by_itself_and_the_order_stays() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money())
    assert settle(payment.pk, money(ref="cptr-2")) is True
    refund = Refund.objects.get()
    assert (refund.why, refund.state, refund.amount_minor) == ("DOUBLE", "DUE", TOTAL)
    assert books() == {"clearing:xendit:IDR": -2 * TOTAL, "funds:IDR": TOTAL, "refunds:IDR": TOTAL}
    assert (fresh(order).status, StaffCase.objects.exists()) == ("PAID", False)
    assert Payment.objects.get(pk=payment.pk).received_minor == 2 * TOTAL
    assert sound(order)


def test_f12_the_refund_of_one_payment_leaves_the_order_alone() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money())
    settle(payment.pk, money(ref="cptr-2"))
    assert fresh(order).status == "PAID"
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID"]
    assert sorted(mail.template for mail in MailMessage.objects.all()) == ["order_paid", "refund"]


@pytest.mark.parametrize("minor", [1, TOTAL - 1, TOTAL + 1, 10 * TOTAL])
def test_another_amount_never_delivers_and_is_a_case(minor: int) -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money(minor))
    assert fresh(order).status == "PENDING"
    assert Payment.objects.get(pk=payment.pk).state == State.FAILED
    refund = Refund.objects.get()
    assert (refund.why, refund.state, refund.amount_minor) == ("AMOUNT", "REVIEW", minor)
    assert standing(Account.Kind.FUNDS) == 0 and standing(Account.Kind.REFUNDS) == minor
    assert StaffCase.objects.get().kind == "refund-review"
    assert [mail.template for mail in MailMessage.objects.all()] == ["refund"]
    assert sound(order)


def test_after_a_wrong_amount_the_right_one_still_pays() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money(1))
    settle(payment.pk, money(ref="cptr-2"))
    assert fresh(order).status == "PAID"
    assert books() == {"clearing:xendit:IDR": -TOTAL - 1, "funds:IDR": TOTAL, "refunds:IDR": 1}
    assert sound(order)


def test_another_currency_is_never_taken_for_ours() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money(currency="SGD"))
    assert fresh(order).status == "PENDING"
    assert Payment.objects.get(pk=payment.pk).received_minor == 0
    assert books() == {"clearing:xendit:SGD": -TOTAL, "refunds:SGD": TOTAL}


def test_an_order_without_an_address_gets_no_mail() -> None:
    _, payment = unplaced(email="")
    settle(payment.pk, money())
    assert not MailMessage.objects.exists()
