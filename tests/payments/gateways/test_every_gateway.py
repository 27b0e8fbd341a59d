"""What the store promises whoever the gateway is: told, looked up, settled once; forged, kept and not believed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import Refused
from core.models import InboxMessage
from core.money import Money
from payments import checkout, looking, refunds, webhooks
from payments.models import Capture, Payment, Refund
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, nothing_moved, payment_of, placed, sound, token
from tests.payments.gateways.cast import CASTS, Cast, post
from tests.storefront import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("gateway", CASTS, ids=[cast.code for cast in CASTS]),
]


def test_F2_each_repeated_notification_pays_once(sandbox: Sandbox, gateway: Cast) -> None:
    order = placed(channel=gateway.channel())
    sandbox.pay(order.number)
    message = gateway.about(payment_of(order))
    for _ in range(4):
        assert post(gateway, message) == 200
        webhooks.work_inbox()
    assert fresh(order).status == "PAID"
    assert InboxMessage.objects.get().times == 4
    assert Capture.objects.count() == 1
    assert sound(order)


def test_F24_a_forged_webhook_moves_nothing_and_learns_nothing(sandbox: Sandbox, gateway: Cast) -> None:
    """Not even a look at the gateway, and the answer is a bare 401: no word of what the right signature were."""
    order = placed(channel=gateway.channel())
    forgeries = gateway.forged(payment_of(order))
    for message in forgeries:
        assert post(gateway, message) == 401
    assert webhooks.work_inbox() == 0
    assert {row.is_authentic for row in InboxMessage.objects.all()} == {False}
    assert fresh(order).status == "PENDING" and nothing_moved()
    # And none takes the place of the real one.
    sandbox.pay(order.number)
    assert post(gateway, gateway.about(payment_of(order))) == 200
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"


def test_a_webhook_that_never_came_is_made_up_for_by_the_poll(sandbox: Sandbox, gateway: Cast) -> None:
    order = placed(channel=gateway.channel())
    sandbox.faults(webhook={"drop": 1})
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert fresh(order).status == "PAID" and not InboxMessage.objects.exists()


def test_a_charge_whose_answer_was_lost_is_asked_after_before_another_is_made(sandbox: Sandbox, gateway: Cast) -> None:
    asked = token(channel=gateway.channel())
    sandbox.faults(gateway={"lose_reply": 1})
    with pytest.raises(Refused) as caught:
        checkout.place(asked, factories.client())
    assert caught.value.code == "PAYMENT_UNAVAILABLE"
    sandbox.faults(gateway={"error": 1})
    with pytest.raises(Refused):
        checkout.place(asked, factories.client())
    sandbox.faults()
    order = checkout.place(asked, factories.client())
    references = [row["reference"] for row in sandbox.gateway_payments()]
    assert references[0] == order.number and len(references) == 2
    assert references[-1].startswith(f"{order.number}-")
    # The lost one is paid all the same: by whom was never shown it, but money is money.
    sandbox.pay_exactly(order.number)
    message = gateway.about(_lost(order.number, sandbox))
    assert post(gateway, message) == 200
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"
    assert sound(order)


def _lost(number: str, sandbox: Sandbox) -> Payment:
    lost = Payment.objects.get(reference=number)
    lost.gateway_id = lost.gateway_id or next(
        row["id"] for row in sandbox.gateway_payments() if row["reference"] == number
    )
    return lost


def test_a_refund_whose_answer_was_lost_goes_back_once(sandbox: Sandbox, gateway: Cast) -> None:
    order = placed(channel=gateway.channel())
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    total = Money(order.total_minor, order.currency)
    refunds.owe(order, payment_of(order), total, Refund.Why.NOT_DELIVERED, "test")
    sandbox.faults(gateway={"lose_reply": 1}, refund={"finish_after_ms": 0})
    refunds.send_due()
    sandbox.faults(refund={"finish_after_ms": 0})
    for _ in range(3):
        Refund.objects.filter(not_before__lt=timezone.now() + timedelta(days=1)).update(
            not_before=timezone.now() - timedelta(seconds=1)
        )
        refunds.send_due()
    assert [Money.of(str(row["refunded"]), row["currency"]) for row in sandbox.gateway_payments()] == [total]


def test_messages_of_any_shape_are_kept_and_break_nothing(sandbox: Sandbox, gateway: Cast) -> None:
    order = placed(channel=gateway.channel())
    for message in gateway.forged(payment_of(order)):
        for body in (b"", b"\xff\xfe", b"[]", b'{"a": "\\u0000"}', json.dumps({"status": {}}).encode()):
            assert post(gateway, type(message)(body, message.headers, message.content_type)) in (200, 401)
    webhooks.work_inbox()
    assert fresh(order).status == "PENDING" and nothing_moved()
