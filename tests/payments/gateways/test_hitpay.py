"""What only HitPay does: two forms of webhook with two salts, codes nobody withdraws, one refund per payment."""

from __future__ import annotations

import pytest

from core.models import StaffCase
from core.money import Money
from payments import changing, expiry, looking, refunds, webhooks
from payments.models import Capture, Payment, Refund
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, overdue, payment_of, placed, sound
from tests.payments.gateways.cast import HITPAY, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def singaporean() -> Order:
    """An order over S$3.53 by PayNow."""
    channel = factories.channel(
        "PAYNOW", where="SG", gateway="hitpay", gateway_channel="paynow_online", is_refundable=True,
        fee_percent="0.9", min_minor=50, max_minor=2_000_000,
    )  # fmt: skip
    product = factories.product("SGGAME", regions="SG")
    sku = factories.sku("SG_86", of=product, prices={"SG": (350, 350)})
    return placed(
        channel=channel, sku=sku, region=factories.region("SG"), currency="SGD",
        unit_price_minor=350, list_price_minor=350, fee_minor=3,
    )  # fmt: skip


def test_both_forms_and_both_events_of_one_payment_count_once(sandbox: Sandbox) -> None:
    order = singaporean()
    sandbox.pay(order.number)
    payment = payment_of(order)
    about = HITPAY.about(payment)
    for message in (HITPAY.form(payment, "completed", "p-1"), about, HITPAY.form(payment, "completed", "p-1"), about):
        assert post(HITPAY, message) == 200
    webhooks.work_inbox()
    assert fresh(order).status == "PAID" and Capture.objects.count() == 1
    assert Capture.objects.get().amount_minor == order.total_minor == 353
    assert sound(order)


def test_a_failure_told_after_the_success_undoes_nothing(sandbox: Sandbox) -> None:
    order = singaporean()
    sandbox.pay(order.number)
    payment = payment_of(order)
    post(HITPAY, HITPAY.about(payment))
    post(HITPAY, HITPAY.form(payment, "failed", ""))
    webhooks.work_inbox()
    assert fresh(order).status == "PAID" and not StaffCase.objects.exists()


def test_an_order_changes_its_channel_although_the_old_code_stays_payable(sandbox: Sandbox) -> None:
    """And if the old code is paid all the same, after the new one: the money is found and goes back."""
    order = singaporean()
    other = factories.channel(
        "CARD_SG", where="SG", kind="CARD", gateway_channel="CARDS", fee_percent="0.9", min_minor=50,
        max_minor=2_000_000,
    )  # fmt: skip
    shown = changing.requote(order, other.code).total
    changing.change_channel(order, other.code, shown)
    assert [row["gateway"] for row in sandbox.gateway_payments()] == ["hitpay", "xendit"]
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert (fresh(order).status, payment_of(order).gateway) == ("PAID", "xendit")
    sandbox.pay_exactly(order.number)
    due_now()
    looking.poll_due()
    owed = Refund.objects.get()
    assert (owed.why, owed.payment.gateway) == ("DOUBLE", "hitpay")
    assert sound(order)


def test_an_unpaid_order_ends_in_time_and_late_money_is_found(sandbox: Sandbox) -> None:
    order = singaporean()
    overdue(order)
    assert expiry.expire_due() == 1
    assert fresh(order).status == "EXPIRED"
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert Payment.objects.get().received_minor == order.total_minor
    assert fresh(order).status == "PAID", "the item is still sold at the quoted price"


def test_a_second_refund_of_one_payment_does_not_go_by_the_gateway(sandbox: Sandbox) -> None:
    order = singaporean()
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    for number in (1, 2):
        refunds.owe(fresh(order), payment_of(order), Money(100, "SGD"), Refund.Why.NOT_DELIVERED, f"k{number}")
        refunds.send_due()
    first, second = Refund.objects.order_by("pk")
    assert first.gateway_id and not second.gateway_id
    assert second.state not in (Refund.State.SENDING, Refund.State.SENT, Refund.State.DONE)
