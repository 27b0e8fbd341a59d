"""Two of staff, and a worker, at the same order at once: it ends once, and what was paid back is never sent (F18)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from accounts.models import User
from core import cases
from core.errors import Refused
from core.models import AuditEntry, StaffCase
from fulfilment import sending
from fulfilment.desk import acting
from fulfilment.models import TopUp
from payments.models import Refund
from storefront.orders.models import Order
from tests.concurrency.at_once import at_once
from tests.concurrency.test_promise_races import late_order
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db(transaction=True)


def cancel(order: Order, who: str) -> None:
    with suppress(Refused):
        acting.cancel(order.pk, who, "as agreed")


def test_two_who_cancel_and_a_sender_leave_one_end(supplier: Any) -> None:
    order, topup_id = late_order()
    acts = [lambda: cancel(order, "one"), lambda: sending.send(topup_id), lambda: cancel(order, "two")] * 2
    assert not at_once(*acts)
    desk.work(2)
    order.refresh_from_db()
    sent = len(supplier.supplier_orders())
    assert (order.status, sent, Refund.objects.count()) in {("SUCCESS", 1, 0), ("FAILED", 0, 1)}
    assert AuditEntry.objects.filter(action="order cancelled").count() == Refund.objects.count()
    assert desk.funds(order).minor == 0


def test_a_switch_and_a_sender_buy_once(supplier: Any) -> None:
    second = desk.second(priority=5).product
    desk.rate()
    order, topup_id = late_order()

    def switch() -> None:
        with suppress(Refused):
            acting.switch_supplier(order.pk, second.pk, "one", "as agreed")

    assert not at_once(switch, lambda: sending.send(topup_id), switch, lambda: sending.send(topup_id))
    desk.pass_time(60)
    desk.work(2)
    assert len(desk.bought(supplier)) == 1 and TopUp.objects.get().state in ("DELIVERED", "ACCEPTED")


def test_two_who_resolve_a_case_leave_one_word(transactional_db: None) -> None:
    cases.open_case("slow", "slow:1", "It is slow")
    case = StaffCase.objects.get()
    people = [User.objects.create_user(f"{name}@example.com", is_staff=True) for name in ("one", "two")]
    at_once(*[lambda person=person: cases.resolve(case, person, f"by {person}") for person in people])
    case.refresh_from_db()
    assert AuditEntry.objects.count() == 1 and case.resolution == f"by {case.resolved_by}"
