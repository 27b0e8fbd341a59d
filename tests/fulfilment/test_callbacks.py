"""A callback is a hint: kept as it came, answered at once, and followed by a look at the history; never believed."""

import json

import pytest

from core import inbox
from core.models import InboxMessage
from fulfilment import callbacks, history, sending
from fulfilment.models import Attempt, SupplierAccount, TopUp
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def accepted(supplier) -> Attempt:
    supplier.faults(order={"never": 1.0})
    desk.look()
    desk.buy(desk.paid())
    return Attempt.objects.get()


def _url(attempt: Attempt) -> str:
    return f"/hooks/gemgo/{attempt.callback_token}"


def test_a_callback_asks_for_a_look_and_moves_nothing(accepted, client):
    SupplierAccount.objects.update(poll_wanted_at=None)
    body = json.dumps({"transaction_id": accepted.transaction_id, "status": "failed"})
    assert client.post(_url(accepted), body, content_type="application/json").status_code == 200
    accepted.refresh_from_db()
    assert accepted.callback_seen_at is not None and accepted.state == "ACCEPTED"
    assert TopUp.objects.get().state == "ACCEPTED"
    assert desk.account().poll_wanted_at is not None
    message = InboxMessage.objects.get()
    assert (message.party, message.body, message.state) == ("gemgo", body, "DONE")
    assert message.about == accepted.topup.order.number


def test_a_forged_success_delivers_nothing(accepted, client):
    client.post(_url(accepted), {"status": "success"}, content_type="application/json")
    history.poll_wanted(sleep=lambda seconds: None)
    accepted.topup.order.refresh_from_db()
    assert accepted.topup.order.status == "PROCESSING" and TopUp.objects.get().state == "ACCEPTED"


def test_F22_a_callback_is_worked_off_again(accepted, client):
    client.post(_url(accepted), {"status": "success"}, content_type="application/json")
    SupplierAccount.objects.update(poll_wanted_at=None)
    message = InboxMessage.objects.get()
    assert accepted.callback_token in message.path and accepted.callback_token not in inbox.readable(message)[0]
    assert inbox.again(message, "ops", "the look was missed")
    assert not inbox.again(message, "ops", "twice")
    assert callbacks.work_inbox() == 1
    assert desk.account().poll_wanted_at is not None
    assert InboxMessage.objects.get().state == "DONE"


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_every_method_and_form_is_taken(accepted, client, method):
    answer = getattr(client, method)(_url(accepted) + "?status=success&id=1")
    assert answer.status_code == 200
    message = InboxMessage.objects.get()
    assert message.method == method.upper() and "status=success" in message.note


def test_a_form_and_bytes_that_are_no_text_are_taken(accepted, client):
    assert client.post(_url(accepted), {"status": "success"}).status_code == 200
    assert client.post(_url(accepted), b"\xff\x00\xfe", content_type="application/octet-stream").status_code == 200
    assert InboxMessage.objects.count() == 2


def test_the_same_callback_again_is_counted(accepted, client):
    for _ in range(3):
        client.post(_url(accepted), "{}", content_type="application/json")
    assert InboxMessage.objects.get().times == 3


def test_an_address_nobody_was_given_is_not_found(accepted, client):
    for token in ("x" * 43, "%00", "a%00b", "%F0%28"):
        assert client.post(f"/hooks/gemgo/{token}", "{}", content_type="application/json").status_code == 404
    assert not InboxMessage.objects.exists()


def test_a_callback_that_comes_before_the_answer_finishes_the_order(supplier, client, monkeypatch):
    """Early: the order ends, and is called back, while create_order has not been answered yet."""
    desk.look()
    order = desk.paid()
    call = sending._call

    def with_early_callback(attempt, topup):
        placed = call(attempt, topup)
        client.post(_url(attempt), "{}", content_type="application/json")
        history.poll_wanted(sleep=lambda seconds: None)
        assert Attempt.objects.get().state == "SENDING"
        return placed

    monkeypatch.setattr(sending, "_call", with_early_callback)
    desk.buy(order)
    order.refresh_from_db()
    assert order.status == "SUCCESS", "the answer finds what the look has already stored"
