"""Digiflazz's webhooks: kept first, believed only when signed, acted upon forwards only, whenever they come."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from core.models import InboxMessage
from fulfilment import checking, sending, webhooks
from fulfilment.models import Attempt, Code, Route, TopUp
from fulfilment.suppliers.base import Outcome, Placed
from payments.models import Refund
from tests.conftest import Sandbox
from tests.fulfilment import by_reference as desk
from tests.fulfilment import vouchers
from tests.fulfilment.desk import cases, funds, paid
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier(sandbox: Sandbox, db: None, settings) -> Sandbox:
    settings.DIGIFLAZZ_TIMEOUT_SECONDS = 1
    sandbox.faults(**desk.PENDING)
    desk.shop()
    return sandbox


@pytest.fixture
def open_attempt(supplier: Sandbox) -> Attempt:
    attempt = desk.buy(paid())
    assert attempt.state == "ACCEPTED" and attempt.ended_at is None
    return attempt


def test_a_webhook_over_the_wire_ends_the_order(sandbox, live_server, settings):
    """The sandbox signs and sends it as the supplier does; nobody has to wait for the next look."""
    sandbox.faults()
    desk.shop()
    order = paid()
    desk.buy(order)
    message = wait_until(lambda: InboxMessage.objects.filter(party="digiflazz").first(), 10)
    assert message.is_authentic and message.headers["X-Hub-Signature"].startswith("***")
    assert webhooks.work_inbox() == 1
    order.refresh_from_db()
    message.refresh_from_db()
    assert (order.status, message.state, message.about) == ("SUCCESS", "DONE", order.number)
    assert Attempt.objects.get().serial and len(sandbox.supplier_orders()) == 1


def test_a_signed_success_delivers(open_attempt, client):
    assert desk.post(client, desk.told(open_attempt)) == 200
    open_attempt.refresh_from_db()
    order = open_attempt.topup.order
    order.refresh_from_db()
    assert (order.status, open_attempt.serial, open_attempt.next_look_at) == ("SUCCESS", "SN-1", None)
    assert InboxMessage.objects.get().about == order.number and funds(order).minor == 0


def test_F02_a_forged_one_is_kept_and_moves_nothing(open_attempt, client):
    for forged in (desk.told(open_attempt), desk.told(open_attempt, "02")):
        assert desk.post(client, forged, secret="guessed") == 401
    body = json.dumps({"data": desk.told(open_attempt)})
    assert client.post("/hooks/digiflazz", body, content_type="application/json").status_code == 401
    assert client.get("/hooks/digiflazz").status_code == 405
    open_attempt.refresh_from_db()
    assert open_attempt.ended_at is None and TopUp.objects.get().state == "ACCEPTED"
    assert {message.state for message in InboxMessage.objects.all()} == {"IGNORED"}
    # A forgery that came first does not take the place of the real one.
    assert desk.post(client, desk.told(open_attempt)) == 200
    assert TopUp.objects.get().state == "DELIVERED"


def test_one_that_comes_twice_is_one(open_attempt, client):
    for _ in range(3):
        assert desk.post(client, desk.told(open_attempt)) == 200
    assert InboxMessage.objects.get().times == 3
    assert open_attempt.topup.order.transfers.filter(reason="cost of goods").count() == 1


def test_one_that_comes_before_the_answer_is_believed_and_the_answer_changes_nothing(supplier, client, monkeypatch):
    order = paid()
    call = sending._call

    def with_early_webhook(attempt, topup):
        placed = call(attempt, topup)
        assert desk.post(client, desk.told(attempt)) == 200
        return placed

    monkeypatch.setattr(sending, "_call", with_early_webhook)
    attempt = desk.buy(order)
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert order.status == "SUCCESS" and attempt.state == "ACCEPTED" and attempt.next_look_at is None
    assert not cases("flip") and not cases("late_answer")


def test_one_that_finds_the_outcome_unknown_settles_it(supplier, client):
    supplier.faults(create_order={"lose_reply": 1.0}, **desk.PENDING)
    attempt = desk.buy(paid())
    assert attempt.state == "UNKNOWN"
    desk.post(client, desk.told(attempt, "03"))
    attempt.refresh_from_db()
    assert attempt.state == "ACCEPTED"
    desk.post(client, desk.told(attempt))
    desk.post(client, desk.told(attempt, "99"))
    assert TopUp.objects.get().state == "DELIVERED", "and nothing leads back to pending"


def test_a_signed_failure_goes_on_by_the_next_route(open_attempt, supplier, client):
    desk.shop("ml172", "ml86")
    assert desk.post(client, desk.told(open_attempt, "55")) == 200
    open_attempt.refresh_from_db()
    assert (open_attempt.state, open_attempt.verdict) == ("FAILED", "REFUSED")
    desk.send_due()
    second = desk.newest(open_attempt.topup.order)
    assert (second.product.code, second.reference[-1]) == ("ml86", "2")
    desk.post(client, desk.told(open_attempt, "55"))
    assert Attempt.objects.count() == 2 and not cases("flip")


def test_a_time_out_they_tell_of_is_not_yet_a_failure(open_attempt, client):
    desk.post(client, desk.told(open_attempt, "01"))
    open_attempt.refresh_from_db()
    assert open_attempt.ended_at is None and TopUp.objects.get().state == "ACCEPTED"


def test_a_success_that_is_taken_back_is_a_case_and_moves_nothing(open_attempt, client):
    """rc 74: the deposit is credited, the goods may be gone again; DELIVERED never moves."""
    desk.post(client, desk.told(open_attempt))
    desk.post(client, desk.told(open_attempt, "74"))
    [case] = cases("flip")
    order = open_attempt.topup.order
    order.refresh_from_db()
    assert order.status == "SUCCESS" and case.about == order.number
    assert TopUp.objects.get().state == "DELIVERED" and not Refund.objects.exists()


def test_a_refund_before_any_success_is_a_failure(open_attempt, client):
    desk.post(client, desk.told(open_attempt, "74"))
    desk.send_due()
    order = open_attempt.topup.order
    order.refresh_from_db()
    assert order.status == "FAILED" and Refund.objects.count() == 1 and funds(order).minor == 0


def test_a_success_of_what_was_counted_as_failed_is_a_case(open_attempt, client):
    desk.post(client, desk.told(open_attempt, "02"))
    desk.send_due()
    desk.post(client, desk.told(open_attempt))
    assert len(cases("late_answer")) == 1 and TopUp.objects.get().state == "FAILED"


def test_one_about_nobodys_purchase_is_a_case(open_attempt, client):
    assert desk.post(client, desk.told(open_attempt, ref_id="HAND-MADE-1")) == 200
    assert len(cases("foreign_row")) == 1 and InboxMessage.objects.get().state == "IGNORED"


def test_the_test_call_is_answered_and_its_secret_not_kept(supplier, client):
    ping = {"sed": "x", "hook_id": "1", "hook": {"url": "u", "secret": "s3cret", "type": "1", "status": "1"}}
    assert client.post("/hooks/digiflazz", json.dumps(ping), content_type="application/json").status_code == 200
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize("data", [[], {"rc": "00"}, "x", None])
def test_what_speaks_of_no_purchase_is_ignored(supplier, client, data):
    assert desk.post(client, data) == 200
    assert InboxMessage.objects.get().state == "IGNORED"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"[" * 20_000,
        b'{"data":' * 5_000,
        b"9" * 5_000,
        b'{"data": {"ref_id": "\\ud800", "rc": "00"}}',
    ],
)
def test_anybodys_junk_is_turned_away_and_breaks_nothing(supplier, client, body):
    assert client.post("/hooks/digiflazz", body, content_type="application/json").status_code == 401
    assert InboxMessage.objects.get().state == "IGNORED"


def test_a_look_and_a_webhook_at_the_same_moment_deliver_once(open_attempt, client, monkeypatch):
    def told_meanwhile(self, ask):
        desk.post(client, desk.told(open_attempt))
        return Placed(Outcome.ACCEPTED, ask.reference, is_delivered=True, serial="SN-1")

    monkeypatch.setattr("fulfilment.suppliers.digiflazz.Digiflazz.check", told_meanwhile)
    desk.pass_time(91)
    assert checking.look_due() == 1
    order = open_attempt.topup.order
    assert order.transfers.filter(reason="cost of goods").count() == 1
    order.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 1)


def test_a_code_that_comes_by_webhook_is_sealed_and_stands_nowhere_else(supplier, client):
    """Voucher goods: `sn` is what is sold. Also the inbox keeps it no longer than it takes to seal it."""
    secret_text = "VCR-9876-5432-KODE"
    sku = vouchers.voucher(gives_code=True)
    product = desk.product("ml86", customer_format="081200000000")
    Route.objects.create(sku=sku, product=product)
    order = paid(sku=sku, fields=[])
    attempt = desk.buy(order)
    assert attempt.customer_no == "081200000000"
    assert desk.post(client, desk.told(attempt, sn=secret_text, message=f"SN {secret_text}")) == 200
    order.refresh_from_db()
    attempt.refresh_from_db()
    [message] = InboxMessage.objects.all()
    assert order.status == "SUCCESS" and Code.objects.get().topup_id == attempt.topup_id
    assert secret_text not in message.body + attempt.serial + attempt.answer
    InboxMessage.objects.update(state="NEW", not_before=timezone.now())
    assert webhooks.work_inbox() == 1
    assert Code.objects.count() == 1 and not cases("code-second"), "worked off again it brings no other code"
