"""Many workers at once: each unit is bought once, whoever takes, sends, looks or gives up at the same moment."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from django.db import connection

from fulfilment import finishing, history, resolving, routing, sending, taking
from fulfilment.models import Attempt, HistoryRow, TopUp
from storefront.orders.models import Order
from tests.concurrency.at_once import at_once
from tests.fulfilment import desk
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


def test_one_unit_sent_by_many_is_bought_once(supplier):
    desk.paid()
    [[topup_id]] = taking.take()
    assert not at_once(*[lambda: sending.send(topup_id)] * WORKERS)
    assert len(supplier.supplier_orders()) == 1 and Attempt.objects.count() == 1


def test_without_the_conditional_claim_it_is_bought_many_times(supplier, monkeypatch):
    """The control: with the claim made unconditional and its indexes gone, the sandbox counts more than one order."""
    with connection.cursor() as cursor:
        definitions = []
        names = ("one_unresolved_attempt_per_player", "one_live_attempt_per_topup", "attempt_number_once")
        for name in names:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            definitions.append(cursor.fetchone()[0])
        cursor.execute("ALTER TABLE fulfilment_attempt DROP CONSTRAINT attempt_number_once")
        cursor.execute("DROP INDEX one_unresolved_attempt_per_player, one_live_attempt_per_topup")
    try:
        desk.paid()
        [[topup_id]] = taking.take()
        gate = threading.Barrier(3)
        choose = routing.choose

        def all_have_read(*args):
            gate.wait(10)
            return choose(*args)

        monkeypatch.setattr(routing, "choose", all_have_read)
        monkeypatch.setattr(sending, "_claimed", lambda topup: True)
        at_once(*[lambda: sending.send(topup_id)] * 3)
        assert len(supplier.supplier_orders()) == 3
    finally:
        Attempt.objects.all().delete()
        with connection.cursor() as cursor:
            for definition in definitions:
                cursor.execute(definition)


def test_orders_taken_by_many_have_one_set_of_units(supplier):
    orders = [desk.paid(quantity=2) for _ in range(5)]
    assert not at_once(*[taking.take] * WORKERS)
    assert TopUp.objects.count() == 10
    assert {order.topups.count() for order in orders} == {2}
    assert all(order.events.filter(after="PROCESSING").count() == 1 for order in orders)


def test_equal_orders_of_one_player_never_overlap(supplier):
    supplier.faults(callback={"early": 1.0}, create_order={"delay_ms": 150})
    for _ in range(5):
        desk.paid(player="700000000")
    ids = [topup_id for group in taking.take() for topup_id in group]
    assert not at_once(*[lambda i=topup_id: sending.send(i) for topup_id in ids])
    sent = list(Attempt.objects.order_by("sent_at").values_list("sent_at", "answered_at"))
    assert all(before[1] and before[1] <= after[0] for before, after in pairwise(sent))
    for _ in range(8):
        desk.pass_time(5)
        desk.work()
    assert Order.objects.filter(status="SUCCESS").count() == 5 and len(supplier.supplier_orders()) == 5


def test_a_unit_found_by_many_looks_is_delivered_once(supplier):
    order = desk.paid()
    desk.buy(order)
    attempt = Attempt.objects.get()
    wait_until(lambda: supplier.supplier_orders()[0]["status"] == "success")

    def look() -> None:
        history.poll(desk.account())

    def deliver() -> None:
        finishing.deliver(Attempt.objects.select_related("topup", "account").get(pk=attempt.pk))

    assert not at_once(look, look, look, deliver, deliver, deliver)
    desk.look()
    order.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 1)
    assert order.transfers.filter(reason="cost of goods").count() == 1 and desk.funds(order).minor == 0
    assert order.events.filter(after="SUCCESS").count() == 1


def test_a_row_is_adopted_by_one_attempt_only(supplier):
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid(player="700000000"))
    attempt = Attempt.objects.get()
    row = HistoryRow.objects.create(
        account=attempt.account, transaction_id="TX-1", made_at=attempt.sent_at, player_id="700000000",
        game_code="mlbb_id", product_name="172 Diamonds", cost_minor=264, status="success",
    )  # fmt: skip
    done: list[bool] = []

    def adopt() -> None:
        done.append(resolving.adopt(Attempt.objects.get(pk=attempt.pk), row, by="test"))

    def refute() -> None:
        done.append(resolving.not_created(Attempt.objects.get(pk=attempt.pk), by="test"))

    assert not at_once(adopt, refute, adopt, refute, adopt)
    assert done.count(True) == 1


def test_units_of_one_order_end_it_once(supplier):
    order = desk.paid(quantity=4)
    desk.buy(order)
    attempts = list(Attempt.objects.select_related("topup", "account"))
    assert not at_once(*[lambda a=attempt: finishing.deliver(a) for attempt in attempts for _ in range(2)])
    order.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 4) and desk.funds(order).minor == 0
