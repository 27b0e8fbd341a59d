"""Cancel and correction against the sender: one of them has the unit, and what was cancelled is never sent.

The controls take the guard away and show the sandbox's truth going wrong.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import Refused
from fulfilment import correcting, finishing, promises, routing, sending, taking
from fulfilment.models import Correction, TopUp
from payments.models import Refund
from storefront.orders.models import Order
from tests.concurrency.at_once import at_once
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db(transaction=True)
RIGHT = {"userId": "656696292", "zoneId": "8610"}


def late_order() -> tuple[Order, int]:
    """Taken, not sent, its promise over and no short reason to wait."""
    desk.paid()
    [[topup_id]] = taking.take()
    Order.objects.update(paid_at=timezone.now() - timedelta(days=1))
    TopUp.objects.update(waits_for="connection")
    return Order.objects.select_related("product").get(), topup_id


def cancel(order: Order) -> None:
    with suppress(Refused):
        promises.cancel(order)


class Meeting:
    """The sender has read its unit and chosen a route when the other one acts, start to end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_read, self.may_go = threading.Event(), threading.Event()
        choose = routing.choose

        def stop_here(*args):
            choice = choose(*args)
            self.has_read.set()
            assert self.may_go.wait(10)
            return choice

        monkeypatch.setattr(routing, "choose", stop_here)

    def between(self, topup_id: int, act) -> None:
        def other() -> None:
            assert self.has_read.wait(10)
            act()
            self.may_go.set()

        assert not at_once(lambda: sending.send(topup_id), other)


def test_what_was_cancelled_is_not_sent(supplier, monkeypatch):
    order, topup_id = late_order()
    Meeting(monkeypatch).between(topup_id, lambda: promises.cancel(order))
    order.refresh_from_db()
    assert order.status == "FAILED" and not supplier.supplier_orders()
    assert Refund.objects.count() == 1 and desk.funds(order).minor == 0


def test_without_the_conditional_claim_it_is_sent_and_paid_back(supplier, monkeypatch):
    """The control: a sender that does not look again sends what was cancelled."""
    order, topup_id = late_order()
    monkeypatch.setattr(sending, "_claimed", lambda topup: TopUp.objects.filter(pk=topup.pk).update(state="SENDING"))
    Meeting(monkeypatch).between(topup_id, lambda: promises.cancel(order))
    assert Refund.objects.count() == 1 and len(supplier.supplier_orders()) == 1


def test_many_cancels_and_senders_at_once_leave_one_end(supplier):
    order, topup_id = late_order()
    raised = at_once(*[lambda: sending.send(topup_id), lambda: cancel(order)] * 4)
    assert not raised
    for _ in range(3):
        desk.pass_time(60)
        desk.work()
    order.refresh_from_db()
    sent = len(supplier.supplier_orders())
    assert (order.status, sent, Refund.objects.count()) in {("SUCCESS", 1, 0), ("FAILED", 0, 1)}
    assert desk.funds(order).minor == 0


def test_a_sender_that_read_the_account_before_sends_nothing_to_it(supplier, monkeypatch):
    order, topup_id = late_order()
    token = correcting.propose(order, RIGHT).token
    Meeting(monkeypatch).between(topup_id, lambda: correcting.apply(order, token))
    monkeypatch.undo()
    assert not supplier.supplier_orders()
    desk.work()
    assert [row["game_user_id"] for row in supplier.supplier_orders()] == ["656696292"]


def test_without_the_count_of_corrections_it_goes_to_the_old_account(supplier, monkeypatch):
    """The control: asked only whether the unit still waits, the sender sends to whom the customer took back."""
    order, topup_id = late_order()
    token = correcting.propose(order, RIGHT).token

    def claimed(topup):
        return TopUp.objects.filter(pk=topup.pk, state="QUEUED").update(state="SENDING")

    monkeypatch.setattr(sending, "_claimed", claimed)
    Meeting(monkeypatch).between(topup_id, lambda: correcting.apply(order, token))
    assert [row["game_user_id"] for row in supplier.supplier_orders()] == [order.player_id]


def test_two_corrections_at_once_are_one(supplier):
    order, _topup_id = late_order()
    tokens = [correcting.propose(order, RIGHT | {"userId": player, "zoneId": "2001"}).token
              for player in ("700200201", "700200202", "700200203")]  # fmt: skip
    refused = at_once(*[lambda t=token: correcting.apply(order, t) for token in tokens])
    assert len(refused) == 2 and all(getattr(one, "code", "") == "CANNOT_CORRECT" for one in refused)
    order.refresh_from_db()
    assert Correction.objects.get().after[0]["value"] == order.player_id
    assert TopUp.objects.get().corrections == 1


def test_cancel_and_correction_at_once_leave_one_of_them(supplier):
    order, _topup_id = late_order()
    token = correcting.propose(order, RIGHT).token

    def correct() -> None:
        with suppress(Refused):
            correcting.apply(order, token)

    assert not at_once(lambda: cancel(order), correct, lambda: cancel(order), correct)
    desk.work(2)
    order.refresh_from_db()
    sent = [row["game_user_id"] for row in supplier.supplier_orders()]
    assert (order.status, sent) in [("FAILED", []), ("SUCCESS", ["656696292"])]
    assert desk.funds(order).minor == 0 and finishing.end_forgotten() == 0
