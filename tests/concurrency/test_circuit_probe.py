"""Twenty senders find the circuit half open at the same moment: one tries."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.utils import timezone

from fulfilment import circuit, recording, routing, sending, taking
from fulfilment.models import Attempt, SupplierAccount
from tests.conftest import Sandbox
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS = 20


@pytest.fixture
def half_open(sandbox: Sandbox, transactional_db, settings) -> Sandbox:
    settings.GEMGO_TIMEOUT_SECONDS = 10
    # The try takes so long that all twenty have come and gone before it is answered.
    sandbox.faults(callback={"early": 1.0}, create_order={"delay_ms": 1_500})
    desk.shop()
    desk.look()
    now = timezone.now()
    SupplierAccount.objects.update(circuit_opened_at=now, circuit_until=now)
    return sandbox


def send_all_at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many purchases were on the wire while the first of them was not answered yet."""
    for _ in range(SENDERS):
        desk.paid()
    units = [topup_id for group in taking.take(limit=SENDERS) for topup_id in group]
    gate = threading.Barrier(SENDERS)
    choose, seen = routing.choose, threading.local()

    def all_have_seen_it_half_open(*args):
        choice = choose(*args)
        if not getattr(seen, "once", False):
            seen.once = True
            gate.wait(30)
        return choice

    monkeypatch.setattr(routing, "choose", all_have_seen_it_half_open)
    probes: list[int] = []
    record = recording.record

    def counted(attempt, placed):
        probes.append(Attempt.objects.count())
        record(attempt, placed)

    monkeypatch.setattr(recording, "record", counted)

    def run(topup_id: int) -> None:
        try:
            sending.send(topup_id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(topup_id,)) for topup_id in units]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return probes


def test_one_of_twenty_tries(half_open, monkeypatch):
    on_the_wire = send_all_at_once(monkeypatch)
    assert on_the_wire[0] == 1 and Attempt.objects.filter(is_probe=True).count() == 1
    assert desk.account().circuit_opened_at is None, "it went through"


def test_without_the_conditional_claim_all_twenty_try(half_open, monkeypatch):
    """The control: where everybody believes to have the probe, everybody sends."""
    monkeypatch.setattr(circuit, "take_probe", lambda account, now: True)
    send_all_at_once(monkeypatch)
    assert Attempt.objects.filter(is_probe=True).count() == SENDERS
