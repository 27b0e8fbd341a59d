"""What the gateway tells us: kept, answered, looked up; never believed (F2, F22; invariant 9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from core.errors import Refused
from core.models import AuditEntry, InboxMessage, StaffCase
from core.money import Money
from payments import checkout, ledger_check, looking, webhooks
from payments.models import Capture, Payment, Refund
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, due_now, fresh, nothing_moved, payment_of, placed, sound, token
from tests.storefront import factories

pytestmark = pytest.mark.django_db
DOOR = "/hooks/xendit"


def post(body: Any, token: str | None = None) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"x-callback-token": settings.XENDIT_CALLBACK_TOKEN if token is None else token}
    return Client().post(DOOR, raw, content_type="application/json", headers=headers).status_code


def gateway_says(payment: Payment) -> dict[str, Any]:
    """The payment as the gateway shows it now."""
    asked = {"auth": (settings.XENDIT_SECRET_KEY, ""), "headers": {"api-version": "2024-11-11"}, "timeout": 5}
    base = f"{settings.XENDIT_BASE_URL}/v3"
    request = requests.get(f"{base}/payment_requests/{payment.gateway_id}", **asked).json()
    return requests.get(f"{base}/payments/{request['latest_payment_id']}", **asked).json()


def captured(payment: Payment) -> dict[str, Any]:
    return {"event": "payment.capture", "data": gateway_says(payment)}


def test_a_webhook_settles_after_a_look_at_the_gateway(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    assert post(captured(payment_of(order))) == 200
    assert fresh(order).status == "PENDING", "the door only stores"
    assert webhooks.work_inbox() == 1
    assert fresh(order).status == "PAID"
    message = InboxMessage.objects.get()
    assert (message.state, message.about) == ("DONE", order.number)
    assert sound(order)


def test_f2_the_same_event_over_and_over_pays_once(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    body = captured(payment_of(order))
    for _ in range(4):
        assert post(body) == 200
        webhooks.work_inbox()
    assert InboxMessage.objects.get().times == 4
    assert Capture.objects.count() == 1
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID"]


def test_a_forged_webhook_is_kept_and_never_acted_on(sandbox: Sandbox) -> None:
    order = placed()
    body = {
        "event": "payment.capture",
        "data": {"payment_id": "py-forged", "reference_id": order.number, "status": "SUCCEEDED"},
    }
    for wrong in ("", "wrong"):
        assert post(body, wrong) == 401
    assert webhooks.work_inbox() == 0
    message = InboxMessage.objects.get()
    assert (message.is_authentic, message.state, message.times) == (False, "IGNORED", 2)
    assert fresh(order).status == "PENDING" and nothing_moved()
    assert settings.XENDIT_CALLBACK_TOKEN not in json.dumps(message.headers)


def test_a_forgery_does_not_take_the_place_of_the_real_one(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    body = captured(payment_of(order))
    post(body, "wrong")
    post(body)
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"


def test_even_an_authentic_body_is_not_believed(sandbox: Sandbox) -> None:
    """Whoever learnt the token can post anything: without money at the gateway nothing moves."""
    order = placed()
    payment = payment_of(order)
    body = {
        "event": "payment.capture",
        "data": {
            "payment_id": "py-invented",
            "payment_request_id": payment.gateway_id,
            "reference_id": order.number,
            "status": "SUCCEEDED",
            "captures": [{"capture_id": "cptr-x", "capture_amount": TOTAL}],
        },
    }
    assert post(body) == 200
    webhooks.work_inbox()
    assert fresh(order).status == "PENDING" and nothing_moved()
    message = InboxMessage.objects.get()
    assert (message.state, message.attempts) == ("NEW", 1), "it is tried again: the gateway may be slow to show money"


def test_the_amount_in_the_body_is_not_believed(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number, amount=1)
    body = captured(payment_of(order))
    body["data"]["captures"][0]["capture_amount"] = TOTAL
    post(body)
    webhooks.work_inbox()
    assert fresh(order).status == "PENDING"
    assert Refund.objects.get().amount_minor == 1


def test_somebody_elses_payment_does_not_pay_mine(sandbox: Sandbox) -> None:
    mine, theirs = placed(), placed()
    sandbox.pay(theirs.number)
    body = captured(payment_of(theirs))
    body["data"] |= {"reference_id": mine.number, "payment_request_id": payment_of(mine).gateway_id}
    post(body)
    webhooks.work_inbox()
    assert fresh(mine).status == "PENDING" and nothing_moved()


def test_a_webhook_that_never_came_is_made_up_for_by_the_poll(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.faults(webhook={"drop": 1})
    sandbox.pay(order.number)
    due_now()
    assert looking.poll_due() == 1
    assert fresh(order).status == "PAID"
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize("fault", ["omit_captures", "out_of_order"])
def test_strange_webhooks_lead_to_the_same_end(sandbox: Sandbox, fault: str) -> None:
    order = placed()
    payment = payment_of(order)
    sandbox.faults(webhook={fault: 1})
    sandbox.pay(order.number)
    body = captured(payment)
    if fault == "omit_captures":
        del body["data"]["captures"]
    else:
        failed = {"event": "payment.failure", "data": body["data"] | {"status": "FAILED", "payment_id": "py-earlier"}}
        post(body)
        body = failed
    post(body)
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"
    assert Capture.objects.count() == 1


def test_money_on_an_attempt_whose_opening_was_never_answered_counts(sandbox: Sandbox) -> None:
    order = placed()
    payment = payment_of(order)
    sandbox.pay(order.number)
    body = captured(payment)
    Payment.objects.filter(pk=payment.pk).update(gateway_id="", state=Payment.State.FAILED, error="no answer")
    post(body)
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"
    assert Payment.objects.get(pk=payment.pk).gateway_id == payment.gateway_id


def test_a_hint_that_lies_about_the_reference_is_ignored(sandbox: Sandbox) -> None:
    mine, theirs = placed(), placed()
    sandbox.pay(theirs.number)
    body = captured(payment_of(theirs))
    Payment.objects.filter(order=mine).update(gateway_id="", state=Payment.State.FAILED)
    Payment.objects.filter(order=theirs).update(gateway_id="elsewhere")
    body["data"]["reference_id"] = mine.number
    post(body)
    webhooks.work_inbox()
    assert fresh(mine).status == "PENDING" and nothing_moved()
    assert InboxMessage.objects.get().state == "IGNORED"


def test_f22_money_for_nothing_of_ours_is_kept_and_shown_to_staff(sandbox: Sandbox) -> None:
    body = {"event": "payment.capture", "data": {"payment_id": "py-9", "reference_id": "SOMEBODY-ELSE-1"}}
    assert post(body) == 200
    webhooks.work_inbox()
    message = InboxMessage.objects.get()
    assert (message.state, json.loads(message.body)) == ("IGNORED", body)
    assert StaffCase.objects.get().kind == "strange-money"


def test_f22_a_dismissed_webhook_leaves_its_evidence(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number, "failed")
    body = {"event": "payment.failure", "data": gateway_says(payment_of(order))}
    post(body)
    webhooks.work_inbox()
    message = InboxMessage.objects.get()
    assert (message.state, message.about, json.loads(message.body)) == ("DONE", order.number, body)
    assert fresh(order).status == "PENDING"
    assert payment_of(order).state == Payment.State.FAILED


def test_F22_a_webhook_that_was_dismissed_is_found_and_worked_off_again(sandbox: Sandbox, admin_client: Client) -> None:
    """Months later the row is there, found by its text, and one button makes up for what was missed; twice does not
    pay twice."""
    order = placed()
    sandbox.pay(order.number)
    payment = payment_of(order)
    post(captured(payment))
    Payment.objects.filter(pk=payment.pk).update(gateway_id="lost", reference="lost")  # as if it were not ours
    webhooks.work_inbox()
    Payment.objects.filter(pk=payment.pk).update(gateway_id=payment.gateway_id, reference=payment.reference)
    message = InboxMessage.objects.get()
    assert (message.state, fresh(order).status) == ("IGNORED", "PENDING")
    found = admin_client.get("/admin/core/inboxmessage/", {"q": payment.gateway_id}).content.decode()
    assert f"/admin/core/inboxmessage/{message.pk}/change/" in found
    button, reason = f"/admin/core/inboxmessage/{message.pk}/work_again/", "the shop had been restored from a backup"
    admin_client.get(button)
    assert webhooks.work_inbox() == 0, "looking at the dialog does nothing"
    for _ in range(2):
        admin_client.post(button, {"_form_submitted": "True", "reason": reason})
    assert webhooks.work_inbox() == 1
    admin_client.post(button, {"_form_submitted": "True", "reason": reason})
    assert webhooks.work_inbox() == 1
    assert (fresh(order).status, Capture.objects.count(), sound(order)) == ("PAID", 1, True)
    assert [entry.why for entry in AuditEntry.objects.filter(subject=f"inbox:{message.pk}")] == [reason, reason]


def test_a_gateway_that_is_away_is_asked_again_later(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    body = captured(payment_of(order))
    sandbox.faults(gateway={"error": 1})
    post(body)
    webhooks.work_inbox()
    assert InboxMessage.objects.get().state == "NEW"
    sandbox.faults()
    InboxMessage.objects.update(not_before=InboxMessage.objects.get().received_at)
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"


def test_F16_what_could_not_be_stored_is_not_answered_as_if_it_were(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hears 200 never tells it again."""

    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("no space left on device")

    monkeypatch.setattr("core.inbox.store", full)
    door = Client(raise_request_exception=False)
    headers = {"x-callback-token": settings.XENDIT_CALLBACK_TOKEN}
    answer = door.post("/hooks/xendit", b"{}", content_type="application/json", headers=headers)
    assert answer.status_code >= 500 and not InboxMessage.objects.exists()


# JSON can spell what no column holds.
LONE = b'{"event": "payment.failure", "data": {"payment_id": "\\ud800", "reference_id": "\\udfff"}}'


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[1, 2]", b'"text"', b"{}", b'{"event": {}}', b"\xff\xfe\x00", LONE]
)
def test_any_body_is_kept_and_breaks_nothing(body: bytes) -> None:
    assert post(body) == 200
    webhooks.work_inbox()
    assert InboxMessage.objects.get().state == "IGNORED"


def test_only_post_is_answered() -> None:
    assert Client().get(DOOR).status_code == 405


def test_card_pages_settle_by_either_event(sandbox: Sandbox) -> None:
    order = placed(channel=factories.channel("CARDS", kind="CARD"))
    sandbox.pay(order.number)
    session_id = payment_of(order).gateway_id
    assert session_id.startswith("ps-")
    post(
        {
            "event": "payment_session.completed",
            "data": {"payment_session_id": session_id, "reference_id": order.number, "status": "COMPLETED"},
        }
    )
    webhooks.work_inbox()
    assert fresh(order).status == "PAID"
    assert Capture.objects.count() == 1


def test_a_declined_card_does_not_end_the_payment(sandbox: Sandbox) -> None:
    order = placed(channel=factories.channel("CARDS", kind="CARD"))
    sandbox.pay(order.number, "failed")
    post({"event": "payment.failure", "data": {"payment_request_id": "pr-x", "reference_id": order.number}})
    webhooks.work_inbox()
    assert payment_of(order).state == Payment.State.OPEN


def test_both_attempts_paid_deliver_once_and_owe_the_other_back(sandbox: Sandbox) -> None:
    """The first create was never answered, the second was paid, and then somebody paid the first all the same."""
    asked = token()
    sandbox.faults(gateway={"lose_reply": 1})
    with pytest.raises(Refused):
        checkout.place(asked, factories.client())
    sandbox.faults()
    order = checkout.place(asked, factories.client())
    for _ in range(2):
        sandbox.pay(order.number)
    for number, told in enumerate(sandbox.gateway_payments(), 1):
        payment = order.payments.get(attempt=number)
        payment.gateway_id = told["id"]
        assert post(captured(payment)) == 200
    webhooks.work_inbox()
    order = fresh(order)
    assert order.status == "PAID"
    assert [(refund.why, refund.amount_minor) for refund in order.refunds.all()] == [("DOUBLE", TOTAL)]
    received = {p["reference"]: Money.of(p["amount"], "IDR") for p in sandbox.gateway_payments()}
    assert ledger_check.differences(received) == []
    assert sound(order)
