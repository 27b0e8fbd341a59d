"""What only Midtrans does: money that is held, taken back, or announced under a signature that covers too little."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import StaffCase
from payments import expiry, looking, webhooks
from payments.models import Payment
from storefront.channels.models import Channel
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, nothing_moved, overdue, payment_of, placed
from tests.payments.gateways.cast import MIDTRANS, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def indomaret() -> Channel:
    return factories.channel("INDOMARET", kind="CODE", gateway="midtrans", gateway_channel="indomaret")


def card() -> Channel:
    return factories.channel("CARD", kind="CARD", gateway="midtrans", gateway_channel="credit_card")


def look(order: Order) -> Payment:
    due_now()
    looking.poll_due()
    return payment_of(order)


def shown(order: Order) -> str:
    return Client().get(f"/en-id/invoices/{order.number}").content.decode()


def test_money_that_the_bank_may_take_back_waits_and_the_page_says_so(sandbox: Sandbox, settings: Any) -> None:
    settings.MIDTRANS_REVERSAL_SECONDS = 360
    order = placed(channel=indomaret())
    sandbox.pay(order.number)
    payment = look(order)
    assert (payment.hold, payment.state, fresh(order).status) == ("REVERSIBLE", "OPEN", "PENDING")
    assert payment.held_until is not None and payment.not_before > payment.held_until, "looked at when the wait is over"
    assert nothing_moved()
    assert "the bank confirms it" in shown(order)
    settings.MIDTRANS_REVERSAL_SECONDS = 0
    assert (look(order).hold, fresh(order).status) == ("", "PAID")


def test_a_reversal_within_its_time_never_counted(sandbox: Sandbox, settings: Any) -> None:
    settings.MIDTRANS_REVERSAL_SECONDS = 360
    order = placed(channel=indomaret())
    sandbox.pay(order.number)
    look(order)
    sandbox.pay(order.number, "reversed")
    assert (look(order).state, payment_of(order).hold) == ("FAILED", "")
    assert nothing_moved() and not StaffCase.objects.exists()


def test_a_reversal_after_it_counted_is_a_case(sandbox: Sandbox, settings: Any) -> None:
    settings.MIDTRANS_REVERSAL_SECONDS = 0
    order = placed(channel=indomaret())
    sandbox.pay(order.number)
    look(order)
    sandbox.pay(order.number, "reversed")
    assert post(MIDTRANS, MIDTRANS.about(payment_of(order))) == 200
    webhooks.work_inbox()
    case = StaffCase.objects.get()
    assert (case.kind, case.about, case.evidence["standing"]) == ("payment-reversed", order.number, "FAILED")
    assert fresh(order).status == "PAID", "a person decides what becomes of it"


def test_a_held_order_does_not_expire_while_the_bank_decides(sandbox: Sandbox) -> None:
    order = placed(channel=card())
    sandbox.pay(order.number, "challenged")
    overdue(order)
    expiry.expire_due()
    assert (fresh(order).status, payment_of(order).hold) == ("PENDING", "CHALLENGE")
    case = StaffCase.objects.get()
    assert (case.kind, case.about) == ("payment-challenge", order.number)
    assert "being checked" in shown(order)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - expiry.HELD_FOR)
    Payment.objects.update(not_before=timezone.now())
    expiry.expire_due()
    assert fresh(order).status == "EXPIRED", "but not for ever"


def test_a_card_that_was_held_counts_once_it_is_accepted(sandbox: Sandbox) -> None:
    order = placed(channel=card())
    sandbox.pay(order.number, "challenged")
    look(order)
    sandbox.pay(order.number)
    assert (look(order).hold, fresh(order).status) == ("", "PAID")


def test_the_signature_does_not_cover_the_status_and_is_not_taken_for_it(sandbox: Sandbox) -> None:
    """A captured message, replayed with another status, passes the check: only the look-up speaks."""
    order = placed(channel=MIDTRANS.channel())
    told = {"order_id": order.number, "status_code": "201", "gross_amount": f"{order.total_minor}.00"}
    for status in ("settlement", "capture", "refund"):
        assert post(MIDTRANS, MIDTRANS.signed(told | {"transaction_status": status})) == 200
        webhooks.work_inbox()
    assert fresh(order).status == "PENDING" and nothing_moved()


def test_pending_after_settlement_undoes_nothing(sandbox: Sandbox) -> None:
    order = placed(channel=MIDTRANS.channel())
    sandbox.pay(order.number)
    told = {"order_id": order.number, "gross_amount": f"{order.total_minor}.00"}
    post(MIDTRANS, MIDTRANS.about(payment_of(order)))
    for status, code in (("pending", "201"), ("deny", "202"), ("expire", "407")):
        post(MIDTRANS, MIDTRANS.signed(told | {"transaction_status": status, "status_code": code}))
    webhooks.work_inbox()
    assert fresh(order).status == "PAID" and not StaffCase.objects.exists()


def test_a_refund_made_in_the_dashboard_is_shown_to_staff(sandbox: Sandbox) -> None:
    order = placed(channel=MIDTRANS.channel())
    sandbox.pay(order.number)
    look(order)
    told = {"order_id": order.number, "status_code": "200", "gross_amount": f"{order.total_minor}.00"}
    by_hand = {"transaction_status": "refund", "refunds": [{"refund_key": "by-hand", "refund_amount": "1.00"}]}
    post(MIDTRANS, MIDTRANS.signed(told | by_hand))
    webhooks.work_inbox()
    assert StaffCase.objects.get().kind == "refund-strange"
