"""What staff do stands with its entry in the audit trail, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core import audit
from core.models import AuditEntry
from core.sheets import importing
from core.sheets.models import SheetImport
from fulfilment import circuit, profiles
from fulfilment.models import SupplierAccount
from storefront.orders import claiming
from storefront.orders.models import Order
from tests.accounts.cast import member
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db
OPS, SARI, WHY = "ops@example.com", "sari@example.com", "their status page says so"


def stop() -> bool:
    return circuit.open_by_hand(desk.account(), OPS, WHY)


def go_on() -> bool:
    return circuit.close(desk.account(), WHY, by=OPS)


def resume() -> bool:
    return profiles.resume(desk.account(), by=OPS, why=WHY)


def take_over() -> int:
    return claiming.give(User.objects.get(email=SARI), OPS, WHY)


def discard() -> None:
    importing.discard(SheetImport.objects.get(), by=OPS)


def _before(act: Callable[[], Any]) -> None:
    now = timezone.now()
    SupplierAccount.objects.filter(pk=desk.account().pk).update(
        circuit_opened_at=None if act is stop else now, paused_at=now if act is resume else None
    )
    User.objects.filter(email=SARI).exists() or member(SARI)
    factories.order(email=SARI)
    SheetImport.objects.create(sheet="skus", file_name="skus.csv", heads=[], digest="", added_by=OPS)


def _state() -> list[Any]:
    accounts = SupplierAccount.objects.values_list("circuit_opened_at", "circuit_why", "paused_at")
    return [*accounts, *Order.objects.values_list("user", flat=True), *SheetImport.objects.values_list("state")]


@pytest.mark.parametrize("act", [stop, go_on, resume, take_over, discard])
def test_nothing_moves_without_its_entry(act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _before(act)
    before = _state()

    def lost(*args: Any, **named: Any) -> None:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(audit, "record_all", lost)
        with pytest.raises(ConnectionError):
            act()
    assert _state() == before
    act()
    assert _state() != before and AuditEntry.objects.get().actor == OPS


def test_what_nobody_did_says_so() -> None:
    _before(go_on)
    assert circuit.close(desk.account(), "the purchase that was tried went through")
    _before(resume)
    assert profiles.resume(desk.account(), why="its balance is 12.00")
    assert list(AuditEntry.objects.order_by("id").values_list("actor", "action")) == [
        ("circuit breaker", "circuit closed by itself"),
        ("supplier profile", "supplier goes on by itself"),
    ]
