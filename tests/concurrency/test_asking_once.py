"""Many workers at once over purchases that go by reference: one send, one look, one delivery, whoever comes."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment import checking, sending, taking
from fulfilment.models import Attempt
from fulfilment.suppliers.digiflazz import Digiflazz
from tests.concurrency.at_once import at_once
from tests.fulfilment import by_reference, desk

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


@pytest.fixture
def supplier(sandbox, transactional_db, settings):
    settings.DIGIFLAZZ_TIMEOUT_SECONDS = 10
    by_reference.shop()
    return sandbox


def _counted(monkeypatch, method: str) -> list[str]:
    calls: list[str] = []
    inner = getattr(Digiflazz, method)

    def counting(self, ask):
        calls.append(ask.reference)
        time.sleep(0.05)  # a call takes its time, so that the others come while it is out; too short fails nothing
        return inner(self, ask)

    monkeypatch.setattr(Digiflazz, method, counting)
    return calls


def test_F01_one_unit_sent_by_many_is_one_reference(supplier, monkeypatch):
    supplier.faults(**by_reference.PENDING)
    calls = _counted(monkeypatch, "place")
    order = desk.paid()
    [[topup_id]] = taking.take()
    assert not at_once(*[lambda: sending.send(topup_id)] * WORKERS)
    assert calls == [f"{order.number}-1-1"] and len(supplier.supplier_orders()) == 1


def test_one_purchase_is_asked_for_by_one_worker(supplier, monkeypatch):
    supplier.faults(**by_reference.PENDING)
    attempt = by_reference.buy(desk.paid())
    by_reference.pass_time(91)
    calls = _counted(monkeypatch, "check")
    assert not at_once(*[lambda: checking.look(attempt.pk), checking.look_due] * (WORKERS // 2))
    assert len(calls) == 1


def test_without_the_claim_it_is_asked_for_many_times(supplier, monkeypatch):
    """The control: with the claim made a plain read, the sandbox's documented race counts more than one order."""
    supplier.faults(digiflazz={"race_ms": 60_000}, **by_reference.PENDING)
    attempt = by_reference.buy(desk.paid())
    by_reference.pass_time(91)
    rows = Attempt.objects.select_related("topup__order", "account", "product")
    monkeypatch.setattr(checking, "_claimed", lambda attempt_id, moment: rows.get(pk=attempt_id))
    assert not at_once(*[lambda: checking.look(attempt.pk)] * WORKERS)
    assert len(supplier.supplier_orders()) > 1


def test_a_webhook_many_times_while_it_is_asked_for_delivers_once(supplier):
    supplier.faults(**by_reference.QUIET)
    order = desk.paid()
    attempt = by_reference.buy(order)
    by_reference.ended(supplier)
    by_reference.pass_time(91)
    told = by_reference.told(attempt)

    def hook() -> None:
        assert by_reference.post(Client(), told) == 200

    assert not at_once(*[hook] * (WORKERS - 2), checking.look_due, lambda: sending.send(attempt.topup_id))
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 1) and attempt.ended_at < timezone.now()
    assert order.transfers.filter(reason="cost of goods").count() == 1 and desk.funds(order).minor == 0
