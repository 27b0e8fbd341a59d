import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from core import inbox
from core.models import AuditEntry, InboxMessage, StaffCase

rf = RequestFactory()


def request(body: object = None, **headers: str):
    raw = json.dumps(body or {"id": "pay-1"})
    return rf.post("/hooks/xendit", raw, content_type="application/json", headers=headers)


def store(*key: str, authentic: bool = True, body: object = None) -> InboxMessage:
    return inbox.store("xendit", request(body), key_parts=key or ("pay-1",), authentic=authentic)


@pytest.mark.django_db
def test_secrets_are_masked_and_the_body_is_kept_as_it_came() -> None:
    headers = {"X-Callback-Token": "very-secret", "Authorization": "Basic abc", "Cookie": "s=1", "X-Event": "payment"}
    sent = request({"id": "pay-1", "name": "り"}, **headers)
    row = InboxMessage.objects.get(pk=inbox.store("xendit", sent, key_parts=["pay-1"], authentic=True).pk)
    assert json.loads(row.body) == {"id": "pay-1", "name": "り"}
    assert "very-secret" not in json.dumps(row.headers)
    assert row.headers["X-Callback-Token"] == "*** (11)"
    assert row.headers["Authorization"] == "*** (9)"
    assert row.headers["X-Event"] == "payment"
    assert (row.state, row.times, row.address) == ("NEW", 1, "127.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_twenty_equal_messages_at_once_are_one_row() -> None:
    def post(_: int) -> None:
        try:
            store()
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(post, range(20)))
    row = InboxMessage.objects.get()
    assert row.times == 20


@pytest.mark.django_db
def test_a_forgery_does_not_take_the_place_of_the_real_message() -> None:
    forged = store(authentic=False)
    assert (forged.state, forged.is_authentic) == ("IGNORED", False)
    real = store()
    assert real.pk != forged.pk
    assert [message.pk for message in inbox.claim("xendit")] == [real.pk]


@pytest.mark.django_db
def test_a_stranger_cannot_fill_the_table() -> None:
    long = {"id": "x" * 200_000}
    assert len(store(authentic=False, body=long).body) == inbox.MAX_FORGED_BYTES
    assert len(store(body=long).body) > 200_000


@pytest.mark.django_db
def test_a_repetition_of_what_is_done_is_not_done_again() -> None:
    inbox.done(store(), "settled", about="GATE1")
    again = store()
    assert (again.state, again.times, again.about) == ("DONE", 2, "GATE1")
    assert inbox.claim("xendit") == []


@pytest.mark.django_db
def test_a_body_with_bytes_no_column_can_hold() -> None:
    sent = rf.post("/hooks/xendit", b"\xff\x00{", content_type="application/json")
    assert inbox.store("xendit", sent, key_parts=["x"], authentic=True).body == "��{"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_message() -> None:
    for number in range(40):
        store(str(number))

    def claim(_: int) -> list[int]:
        try:
            return [message.pk for message in inbox.claim("xendit", limit=5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        claimed = [pk for pks in pool.map(claim, range(16)) for pk in pks]
    assert len(claimed) == len(set(claimed)) == 40


@pytest.mark.django_db
def test_the_message_of_a_dead_worker_comes_back() -> None:
    store()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert len(inbox.claim("xendit")) == 1
        clock.shift(59)
        assert inbox.claim("xendit") == []
        clock.shift(2)
        assert inbox.claim("xendit")[0].attempts == 2


@pytest.mark.django_db
def test_what_keeps_failing_waits_longer_and_becomes_a_case() -> None:
    store()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for attempt in range(1, inbox.MAX_ATTEMPTS + 1):
            claimed = inbox.claim("xendit")
            assert len(claimed) == 1, attempt
            inbox.failed(claimed[0], "unreadable")
            if attempt < inbox.MAX_ATTEMPTS:
                clock.shift(1)
                assert inbox.claim("xendit") == [] or attempt == 0
                clock.shift(3600)
    row = InboxMessage.objects.get()
    assert (row.state, row.attempts, row.note) == ("FAILED", inbox.MAX_ATTEMPTS, "unreadable")
    assert StaffCase.objects.get().evidence["message"] == row.pk


@pytest.mark.django_db
def test_secrets_in_body_and_address_are_masked_for_people_and_kept_for_proof() -> None:
    sent = rf.post(
        "/hooks/gemgo/k3yThatNobodyCouldEverGuess_0",
        json.dumps({"order_id": "GATE1", "signature_key": "abc123", "data": {"token_id": "t-1", "amount": 5}}),
        content_type="application/json",
    )
    row = inbox.store("midtrans", sent, key_parts=["x"], authentic=True)
    path, body = inbox.readable(row)
    assert path == "/hooks/gemgo/***"
    shown = json.loads(body)
    assert shown == {"order_id": "GATE1", "signature_key": "***", "data": {"token_id": "***", "amount": 5}}
    assert json.loads(row.body)["signature_key"] == "abc123"
    row.body = "payment_id=1&hmac=deadbeef&amount=10.00"
    assert inbox.readable(row)[1] == "payment_id=1&hmac=***&amount=10.00"


@pytest.mark.django_db
def test_a_forgery_is_never_worked_off_and_a_waiting_message_only_once() -> None:
    assert not inbox.again(store(authentic=False), "ops", "why")
    waiting = store()
    assert not inbox.again(waiting, "ops", "why")
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_messages_are_kept_for_more_than_a_year_and_open_ones_for_ever() -> None:
    now = timezone.now()
    ages = {"young": 366, "old": 401, "waiting": 900, "failed": 900}
    for key, days in ages.items():
        row = store(key)
        state = {"waiting": "NEW", "failed": "FAILED"}.get(key, "DONE")
        InboxMessage.objects.filter(pk=row.pk).update(received_at=now - timedelta(days=days), state=state, note=key)
    assert inbox.forget_old() == 1
    assert set(InboxMessage.objects.values_list("note", flat=True)) == {"young", "waiting", "failed"}
