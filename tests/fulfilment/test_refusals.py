"""What each of a supplier's codes asks for: another route, waiting, a pause, a person."""

from __future__ import annotations

import pytest

from fulfilment import checking, profiles, syncing
from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct, TopUp
from fulfilment.suppliers.base import Outcome, Placed
from fulfilment.suppliers.digiflazz import Digiflazz
from payments.models import Refund
from tests.conftest import Sandbox
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import cases, funds, paid

pytestmark = pytest.mark.django_db


def _refused(digiflazz: Sandbox, rc: int) -> tuple[Attempt, TopUp]:
    digiflazz.faults(digiflazz={"rc": rc}, **desk.QUIET)
    attempt = desk.buy(paid())
    return attempt, TopUp.objects.get()


@pytest.mark.parametrize("rc", [2, 43])
def test_a_product_that_is_not_to_be_had_goes_by_the_next_route_under_a_new_reference(digiflazz, rc):
    desk.shop("ml172", "ml86")
    digiflazz.faults(digiflazz={"rc": rc}, **desk.QUIET)
    order = paid()
    desk.buy(order)
    first, second = Attempt.objects.order_by("number")
    assert (first.state, first.verdict, second.verdict) == ("REJECTED", "REFUSED", "REFUSED")
    assert (first.reference, second.reference) == (f"{order.number}-1-1", f"{order.number}-1-2")
    order.refresh_from_db()
    assert order.status == "FAILED" and funds(order).minor == 0 and not Route.objects.filter(is_active=False)


def test_a_wrong_number_holds_the_order_for_its_customer(digiflazz):
    attempt, topup = _refused(digiflazz, 52)
    assert attempt.verdict == "PLAYER" and attempt.blames_account
    assert (topup.state, topup.waits_for) == ("QUEUED", "account") and Attempt.objects.count() == 1


def test_a_short_deposit_pauses_the_account_and_the_unit_waits(digiflazz):
    attempt, topup = _refused(digiflazz, 44)
    assert attempt.verdict == "BALANCE" and topup.waits_for == "balance" and not Refund.objects.exists()
    account = desk.account()
    assert (account.paused_why, account.paused_needs_minor) == ("balance", 44165)
    assert len(cases("supplier_balance")) == 1
    digiflazz.faults(**desk.QUIET)
    SupplierAccount.objects.update(profile_read_at=None)
    profiles.look_after()
    desk.pass_time(60)
    desk.send_due()
    assert desk.account().paused_at is None
    assert [row["transaction_id"] for row in digiflazz.supplier_orders()] == [f"{topup.order.number}-1-2"]


def test_a_deposit_that_runs_dry_at_the_supplier(digiflazz):
    digiflazz._call("PUT", "supplier/balance", {"supplier": "digiflazz", "balance": 44164})
    desk.buy(paid())
    assert desk.account().paused_why == "balance" and digiflazz.supplier_orders() == []


def test_a_closed_door_stops_the_account_and_tells_staff(digiflazz):
    attempt, topup = _refused(digiflazz, 41)
    assert attempt.verdict == "DENIED" and topup.waits_for == "denied"
    assert desk.account().paused_why == "denied" and len(cases("supplier_denied")) == 1
    assert digiflazz.supplier_orders() == [] and not Refund.objects.exists()


def test_a_closed_door_while_looking_says_nothing_of_the_purchase(digiflazz):
    digiflazz.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    attempt = desk.buy(paid())
    digiflazz.faults(create_order={"http_401": 1.0}, **desk.QUIET)
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 1
    attempt.refresh_from_db()
    assert attempt.state == "UNKNOWN" and desk.account().paused_why == "denied"
    desk.pass_time(desk.PAUSE)
    assert checking.look_due() == 0, "nobody knocks at a closed door"


def test_a_price_above_the_limit_goes_by_the_next_route_and_is_read_again(digiflazz):
    desk.shop("ml172", "ml86")
    digiflazz._call("PUT", "supplier/products/ml172", {"sell_price": 45049})
    order = paid()
    desk.buy(order)
    first, second = Attempt.objects.order_by("number")
    assert first.verdict == "PRICE" and second.product.code == "ml86"
    assert [row["product_code"] for row in digiflazz.supplier_orders()] == ["ml86"]
    assert not SupplierProduct.objects.get(code="ml172").is_active and len(cases("supplier_price")) == 1
    syncing.sync_due()
    repriced = SupplierProduct.objects.get(code="ml172")
    assert repriced.is_active and repriced.cost_minor == 45049


def test_a_price_within_the_limit_is_what_it_costs(digiflazz):
    digiflazz._call("PUT", "supplier/products/ml172", {"sell_price": 45000})
    order = paid()
    desk.buy(order)
    desk.ended(digiflazz)
    desk.pass_time(desk.PAUSE)
    checking.look_due()
    assert order.transfers.get(reason="cost of goods").amount_minor == 45000


def test_closing_time_and_too_fast_are_tried_again_later_under_a_new_reference(digiflazz):
    digiflazz._call("PUT", "supplier/products/ml172", {"start_cut_off": "00:00", "end_cut_off": "23:59"})
    attempt, topup = desk.buy(paid()), TopUp.objects.get()
    assert attempt.verdict == "LATER" and (topup.state, topup.waits_for) == ("QUEUED", "later")
    digiflazz._call("PUT", "supplier/products/ml172", {"start_cut_off": "0:0", "end_cut_off": "0:0"})
    desk.pass_time(301)
    desk.send_due()
    assert [a.reference[-1] for a in Attempt.objects.order_by("number")] == ["1", "2"]
    assert [row["status"] for row in desk.ended(digiflazz)] == ["failed", "success"]


def test_a_time_out_on_their_side_is_a_failure_only_when_it_is_said_again(digiflazz):
    attempt, topup = _refused(digiflazz, 1)
    assert attempt.state == "ACCEPTED" and topup.state == "ACCEPTED" and not Refund.objects.exists()
    desk.pass_time(desk.PAUSE)
    checking.look_due()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict) == ("FAILED", "REFUSED")


def test_a_trouble_of_their_router_is_waited_for(digiflazz):
    attempt, topup = _refused(digiflazz, 99)
    assert attempt.state == "ACCEPTED" and topup.state == "ACCEPTED"
    desk.ended(digiflazz)
    desk.pass_time(desk.PAUSE)
    checking.look_due()
    topup.refresh_from_db()
    assert topup.state == "DELIVERED"


def test_what_only_a_person_can_tell_is_a_case(digiflazz):
    attempt, topup = _refused(digiflazz, 49)
    assert attempt.state == "UNKNOWN" and topup.state == "UNKNOWN" and not Refund.objects.exists()
    [case] = cases("unknown_outcome")
    assert "49" in case.evidence["why_not_by_itself"][0]


def test_a_code_nobody_knows_is_pending(digiflazz):
    attempt, _ = _refused(digiflazz, 77)
    assert attempt.state == "ACCEPTED" and attempt.ended_at is None


def test_what_was_taken_and_now_never_was_is_a_case(digiflazz, monkeypatch):
    digiflazz.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(desk.PAUSE)
    forgotten = Placed(Outcome.REJECTED, message="rc 43", raw="{}")
    monkeypatch.setattr(Digiflazz, "check", lambda self, ask: forgotten)
    checking.look_due()
    attempt.refresh_from_db()
    assert attempt.state == "ACCEPTED" and attempt.ended_at is None and len(cases("answer_differs")) == 1
