"""A supplier that fails is left alone, tried by one purchase at a time, and used again when that goes through."""

import pytest
from django.utils import timezone

from fulfilment import circuit, sending
from fulfilment.circuit import Standing
from fulfilment.models import Attempt, SupplierAccount, TopUp
from fulfilment.suppliers.base import Outcome, Placed
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db
FINE = {"callback": {"early": 1.0}}


@pytest.fixture
def failing(supplier: Sandbox, settings) -> Sandbox:
    """It loses every request; three failures of five are enough."""
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_OF = 3, 5
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    return supplier


def standing() -> Standing:
    return circuit.standing(desk.account(), timezone.now())


def fail(times: int = 3) -> None:
    for _ in range(times):
        desk.buy(desk.paid())


def test_it_opens_after_some_failures_and_says_so_once(failing):
    fail(2)
    assert standing() == Standing.CLOSED
    fail(2)
    assert standing() == Standing.OPEN
    assert Attempt.objects.count() == 3, "the fourth was not sent"
    assert TopUp.objects.get(state="QUEUED").waits_for == "circuit"
    [case] = desk.cases("supplier_circuit")
    assert len(case.evidence["failed"]) == 3


def test_one_purchase_tries_and_the_others_follow_when_it_went_through(failing):
    fail(3)
    waiting = [desk.paid() for _ in range(3)]
    desk.work()
    failing.faults(**FINE)
    desk.pass_time(20)
    assert standing() == Standing.HALF_OPEN
    desk.work(2)
    assert standing() == Standing.CLOSED and Attempt.objects.filter(is_probe=True).count() == 1
    assert {Order.objects.get(pk=order.pk).status for order in waiting} == {"SUCCESS"}
    assert [case.state for case in desk.cases("supplier_circuit")] == ["RESOLVED"]


def test_a_try_that_fails_keeps_it_open_for_longer(failing):
    fail(3)
    desk.paid()
    desk.work()
    first = SupplierAccount.objects.get()
    assert first.circuit_until is not None and first.circuit_opened_at is not None
    desk.pass_time(20)
    desk.work()
    second = SupplierAccount.objects.get()
    assert standing() == Standing.OPEN and (second.circuit_probes, second.circuit_probe_at) == (1, None)
    assert second.circuit_until is not None
    pause = second.circuit_until - Attempt.objects.get(is_probe=True).sent_at
    assert pause.total_seconds() > 25, "twice the 15 seconds of the first"
    assert Attempt.objects.count() == 4 and len(desk.cases("supplier_circuit")) == 1


def test_a_look_goes_before_the_purchase_that_may_be_lost(failing, settings):
    fail(3)
    desk.paid()
    desk.work()
    desk.pass_time(20)
    settings.GEMGO_BASE_URL = "http://127.0.0.1:9"
    for topup_id in TopUp.objects.filter(state="QUEUED").values_list("pk", flat=True):
        sending.send(topup_id)
    assert standing() == Standing.OPEN and not Attempt.objects.filter(is_probe=True).exists()


def test_refused_players_and_products_do_not_speak_of_the_supplier(failing):
    failing.faults(create_order={"reject": 1.0})
    fail(6)
    assert standing() == Standing.CLOSED
    assert set(Attempt.objects.values_list("is_supplier_fault", flat=True)) == {False}


def test_a_worker_of_ours_that_died_does_not_speak_of_the_supplier(failing):
    fail(2)
    Attempt.objects.update(state="SENDING", is_supplier_fault=None)
    desk.pass_time(100)
    assert sending.give_up_dead() == 2
    fail(2)
    assert standing() == Standing.CLOSED


def test_a_try_whose_worker_died_can_be_made_by_another(failing):
    fail(3)
    desk.pass_time(20)
    account = desk.account()
    now = timezone.now()
    assert circuit.take_probe(account, now) and not circuit.take_probe(account, now)
    assert standing() == Standing.OPEN, "somebody is at it"
    circuit.give_back(account)
    assert standing() == Standing.HALF_OPEN


def test_what_failed_before_it_closed_is_forgotten(failing):
    fail(3)
    assert circuit.close(desk.account(), "test") and not circuit.close(desk.account(), "test")
    fail(2)
    assert standing() == Standing.CLOSED
    fail(1)
    assert standing() == Standing.OPEN and len(desk.cases("supplier_circuit")) == 2


def test_what_staff_open_stays_open_until_staff_close_it(failing):
    circuit.open_by_hand(desk.account(), "ops@example.com", "their maintenance")
    failing.faults(**FINE)
    order = desk.paid()
    desk.work()
    desk.pass_time(100_000)
    desk.work()
    assert standing() == Standing.OPEN and not failing.supplier_orders()
    assert circuit.close(desk.account(), "it is over")
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS"


@pytest.mark.parametrize(
    ("placed", "said"),
    [
        (Placed(Outcome.ACCEPTED), False),
        (Placed(Outcome.REJECTED), False),
        (Placed(Outcome.NOT_SENT), True),
        (Placed(Outcome.UNKNOWN, http_status=502), True),
        (Placed(Outcome.UNKNOWN, http_status=429), True),
        (Placed(Outcome.DENIED, http_status=401), True),
        (Placed(Outcome.UNKNOWN, is_ours=True), None),
        (Placed(Outcome.NOT_SENT, is_ours=True), None),
    ],
)
def test_what_speaks_of_the_supplier(placed, said):
    assert circuit.is_fault(placed) is said


def test_the_other_supplier_takes_over_while_it_is_open(failing):
    fail(3)
    desk.second()
    desk.rate()
    failing.faults(digiflazz={"rc": 0}, **FINE)
    order = desk.paid()
    desk.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and [code for code, _ in desk.bought(failing)] == ["digiflazz"]
