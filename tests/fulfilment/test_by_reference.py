"""A supplier that knows our reference: what is unknown is asked for under the same one, every unit is bought once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.money import Money
from fulfilment import checking, finishing, resolving, sending
from fulfilment.models import Attempt, SupplierAccount
from fulfilment.suppliers.digiflazz import Digiflazz
from payments.models import Refund
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import cases, funds, paid

pytestmark = pytest.mark.django_db


def test_F01_the_reference_is_made_once_and_stored_before_anything_is_sent(digiflazz, monkeypatch):
    seen: dict[str, str] = {}
    call = sending._call

    def spied(attempt, topup):
        seen.update(Attempt.objects.filter(pk=attempt.pk).values("state", "reference", "customer_no").get())
        return call(attempt, topup)

    monkeypatch.setattr(sending, "_call", spied)
    order = paid(player="656696292", zone="8610")
    attempt = desk.buy(order)
    assert seen == {"state": "SENDING", "reference": f"{order.number}-1-1", "customer_no": "6566962928610"}
    assert attempt.max_cost_minor == 45048, "two percent above the list"
    [truth] = desk.ended(digiflazz)
    assert (truth["transaction_id"], truth["product_code"], truth["game_user_id"], truth["supplier"]) == (
        attempt.reference,
        "ml172",
        "6566962928610",
        "digiflazz",
    )
    assert sending.reference_of(attempt.topup, 1) == attempt.reference, "and it is the same whenever it is asked for"


def test_an_order_arrives_and_its_cost_is_booked_in_rupiah(digiflazz):
    order = paid()
    attempt = desk.buy(order)
    assert attempt.state == "ACCEPTED" and attempt.topup.state == "ACCEPTED"
    desk.ended(digiflazz)
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert order.status == "SUCCESS" and attempt.serial and attempt.next_look_at is None
    booked = order.transfers.get(reason="cost of goods")
    assert (booked.amount_minor, booked.currency, booked.source.kind) == (44165, "IDR", "PREPAID")
    assert funds(order) == Money(0, "IDR") and len(digiflazz.supplier_orders()) == 1
    assert checking.look_due() == 0 and not checking.look(attempt.pk)


def test_two_orders_of_one_player_are_out_at_once(digiflazz):
    """Each has its own reference: nobody has to wait until the other is known, not even in the dark."""
    digiflazz.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    orders = [paid(player="1234567") for _ in range(2)]
    for order in orders:
        assert desk.buy(order).state == "UNKNOWN"
    digiflazz.faults(**desk.QUIET)
    desk.ended(digiflazz)
    desk.pass_time(1000)
    for told in (1, 2, 2):
        checking.ask_overdue(limit=1)
        found = sorted(cases("unknown_outcome"), key=lambda case: case.opened_at)
        assert [case.about for case in found] == [order.number for order in orders[:told]], "the oldest first"
    assert checking.look_due() == 2
    for order in orders:
        order.refresh_from_db()
        assert order.status == "SUCCESS"
    assert len({row["transaction_id"] for row in digiflazz.supplier_orders()}) == len(digiflazz.supplier_orders()) == 2


def test_no_history_is_asked_of_it(digiflazz, monkeypatch):
    monkeypatch.setattr("fulfilment.history.poll", lambda account: pytest.fail("it has none"))
    order = paid()
    desk.buy(order)
    assert SupplierAccount.objects.get(code="digiflazz").baseline_at is None


@pytest.mark.parametrize(
    "fault", ["lose_reply", "commit_then_502", "garbled", "slow", "lose_request", "error", "http_429"]
)
def test_F08_what_was_lost_is_asked_for_and_delivered_once(digiflazz, fault):
    """Whether the order or only its answer was lost: the same call again finds it, or makes it."""
    digiflazz.faults(create_order={fault: 1.0, "slow_ms": 1500}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    assert attempt.state == "UNKNOWN" and not Refund.objects.exists()
    digiflazz.faults(**desk.QUIET)
    was_made = len(digiflazz.supplier_orders())
    assert was_made == (fault in ("lose_reply", "commit_then_502", "garbled", "slow"))
    assert checking.look_due() == 0 and not checking.look(attempt.pk), "never at once"
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1
    if not was_made:
        desk.ended(digiflazz)
        desk.pass_time(desk.PAUSE)
        assert checking.look_due() == 1
    order.refresh_from_db()
    [truth] = digiflazz.supplier_orders()
    assert order.status == "SUCCESS" and truth["transaction_id"] == attempt.reference
    assert Attempt.objects.count() == 1 and funds(order).minor == 0


def test_a_sender_that_died_leaves_a_reference_to_ask_for(digiflazz, monkeypatch):
    order = paid()
    monkeypatch.setattr(sending, "_call", lambda attempt, topup: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        desk.buy(order)
    desk.pass_time(3600)
    assert sending.give_up_dead() == 1 and checking.look_due() == 0, "the pause counts from the moment it was given up"
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1
    assert [row["transaction_id"] for row in digiflazz.supplier_orders()] == [f"{order.number}-1-1"]


def test_a_look_that_fails_says_nothing(digiflazz):
    digiflazz.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    for fault in ("lose_reply", "error", "lose_request", "garbled"):
        digiflazz.faults(create_order={fault: 1.0}, **desk.QUIET)
        desk.pass_time(desk.PAUSE)
        assert checking.look_due() == 1 and checking.look_due() == 0, "and the next one keeps the pause again"
        attempt.refresh_from_db()
        assert attempt.state == "UNKNOWN"
    desk.pass_time(1000)
    checking.ask_overdue()
    [case] = cases("unknown_outcome")
    digiflazz.faults(**desk.QUIET)
    desk.pass_time(3600)
    assert checking.look_due() == 1
    order.refresh_from_db()
    case.refresh_from_db()
    assert order.status == "SUCCESS" and case.state == "RESOLVED" and len(digiflazz.supplier_orders()) == 1


def test_a_worker_killed_while_it_looks_waits_the_whole_pause_again(digiflazz, monkeypatch):
    digiflazz.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(desk.PAUSE)
    monkeypatch.setattr(Digiflazz, "check", lambda self, ask: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        checking.look(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.next_look_at > timezone.now() + timedelta(seconds=90)


def test_a_worker_killed_between_the_proof_and_the_end_leaves_it_to_the_next_look(digiflazz, monkeypatch):
    """A storm found one that was "being delivered" for ever: its proof stood there, and nobody asked any more."""
    digiflazz.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    desk.ended(digiflazz)
    digiflazz.faults(**desk.QUIET)
    desk.pass_time(desk.PAUSE)
    with monkeypatch.context() as killed:
        killed.setattr(finishing, "deliver", lambda attempt: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            checking.look(attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.ended_at) == ("ACCEPTED", None) and attempt.serial
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(digiflazz.supplier_orders()) == 1


def test_nobody_calls_it_failed_while_a_look_may_still_buy_it(digiflazz, monkeypatch):
    """The first call never arrived, so that the look itself is the purchase: one more under a new reference, because
    staff had been told meanwhile that there is none, would arrive twice."""
    digiflazz.faults(create_order={"lose_request": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    digiflazz.faults(**desk.QUIET)
    desk.pass_time(desk.PAUSE)
    look = Digiflazz.check

    def staff_decide_meanwhile(self, ask):
        lost = Attempt.objects.get(pk=attempt.pk)
        assert not checking.settle(lost, arrived=False, by="staff") and not resolving.not_created(lost, by="staff")
        assert timezone.now() < resolving.may_come_about_until(lost)
        return look(self, ask)

    with monkeypatch.context() as patched:
        patched.setattr(Digiflazz, "check", staff_decide_meanwhile)
        assert checking.look_due() == 1
    desk.ended(digiflazz)
    desk.pass_time(desk.PAUSE)
    checking.look_due()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(digiflazz.supplier_orders()) == Attempt.objects.count() == 1


def test_what_was_lost_and_is_asked_for_no_more_may_be_called_not_made(digiflazz):
    digiflazz.faults(create_order={"lose_request": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1 and not resolving.not_created(desk.newest(order), by="staff")
    digiflazz.faults(**desk.QUIET)
    desk.pass_time(60)
    assert resolving.not_created(desk.newest(order), by="staff")
    sending.send(attempt.topup_id)
    [bought] = digiflazz.supplier_orders()
    assert bought["transaction_id"] != attempt.reference
