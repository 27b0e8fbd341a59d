import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from core import inbox
from core.models import InboxMessage, StaffCase

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
