"""How units reach their senders, and what one sending asks the database."""

from __future__ import annotations

from typing import Any

import pytest

from fulfilment import pace, sending, taking, tasks
from fulfilment.models import Route, SupplierAccount, SupplierProduct, TopUp
from tests.conftest import Sandbox
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "wake", lambda *call: calls.append(call))
    monkeypatch.setattr(pace, "_seconds", 1.0)
    return calls


def test_units_share_a_message_where_suppliers_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_seconds", 1.0)
    assert pace.units() == pace.FEWEST
    for _ in range(60):
        pace.note(0.01)
    assert pace.units() == pace.MOST
    for _ in range(10):
        pace.note(30.0)
    assert pace.units() == pace.FEWEST


def test_a_slow_supplier_does_not_hold_up_the_rest_of_a_message(
    woken: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks, "_send", sent.append)
    tasks.send(1, 2, 3)
    assert sent == [1, 2, 3] and not woken
    monkeypatch.setattr(pace, "LONGEST_S", -1.0)
    tasks.send(4, 5, 6)
    assert sent[3:] == [4] and woken == [("fulfilment.send", "topups", 5, 6)]


def test_what_staff_switch_off_is_off_for_the_next_unit(supplier: Sandbox, django_assert_max_num_queries: Any) -> None:
    """Nothing that decides about a purchase is kept from one to the next: each asks the tables, in few statements."""
    desk.rate()
    desk.shop("mlbb_id_172_diamonds", "mlbb_id_86_diamonds")
    desk.look()
    for _ in range(6):
        desk.paid()
    units = iter([unit for (unit,) in taking.take()])
    sending.send(next(units))
    with django_assert_max_num_queries(9 + 4):  # four for the two transactions
        sending.send(next(units))
    Route.objects.filter(priority=0).update(is_active=False)
    sending.send(next(units))
    first, second, third = (product for _, product in desk.bought(supplier))
    assert (first, second, third) == ("mlbb_id_172_diamonds", "mlbb_id_172_diamonds", "mlbb_id_86_diamonds")
    for model, switch in ((SupplierProduct, {"is_active": False}), (SupplierAccount, {"is_active": False})):
        model.objects.update(**switch)
        unit = next(units)
        sending.send(unit)
        assert TopUp.objects.get(pk=unit).waits_for == "route"
        model.objects.update(is_active=True)
    SupplierAccount.objects.update(circuit_opened_at="2026-01-01T00:00:00Z")
    unit = next(units)
    sending.send(unit)
    assert TopUp.objects.get(pk=unit).waits_for == "circuit" and len(desk.bought(supplier)) == 3
