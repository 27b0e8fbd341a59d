"""A supplier that knows our reference: what is unknown is asked for under the same one, never too soon, never too late,
and every unit is bought once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.money import Money
from fulfilment import checking, clocks, evidence, hours, profiles, resolving, sending, syncing, taking
from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct, TopUp
from fulfilment.suppliers.base import Outcome, Placed
from fulfilment.suppliers.digiflazz import Digiflazz
from payments.models import Refund
from tests.conftest import Sandbox
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import cases, funds, paid

pytestmark = pytest.mark.django_db
PAUSE = 91


@pytest.fixture
def supplier(sandbox: Sandbox, db: None, settings) -> Sandbox:
    settings.DIGIFLAZZ_TIMEOUT_SECONDS = 1
    sandbox.faults(**desk.QUIET)
    desk.shop()
    return sandbox


# --- Sending ---


def test_F01_the_reference_is_made_once_and_stored_before_anything_is_sent(supplier, monkeypatch):
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
    [truth] = desk.ended(supplier)
    assert (truth["transaction_id"], truth["product_code"], truth["game_user_id"], truth["supplier"]) == (
        attempt.reference,
        "ml172",
        "6566962928610",
        "digiflazz",
    )
    assert sending.reference_of(attempt.topup, 1) == attempt.reference, "and it is the same whenever it is asked for"


def test_an_order_arrives_and_its_cost_is_booked_in_rupiah(supplier):
    order = paid()
    attempt = desk.buy(order)
    assert attempt.state == "ACCEPTED" and attempt.topup.state == "ACCEPTED"
    desk.ended(supplier)
    desk.pass_time(PAUSE)
    assert checking.look_due() == 1
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert order.status == "SUCCESS" and attempt.serial and attempt.next_look_at is None
    booked = order.transfers.get(reason="cost of goods")
    assert (booked.amount_minor, booked.currency, booked.source.kind) == (44165, "IDR", "PREPAID")
    assert funds(order) == Money(0, "IDR") and len(supplier.supplier_orders()) == 1
    assert checking.look_due() == 0 and not checking.look(attempt.pk)


def test_two_orders_of_one_player_are_out_at_once(supplier):
    """Each has its own reference: nobody has to wait until the other is known, not even in the dark."""
    supplier.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    orders = [paid(player="1234567") for _ in range(2)]
    for order in orders:
        assert desk.buy(order).state == "UNKNOWN"
    supplier.faults(**desk.QUIET)
    desk.ended(supplier)
    desk.pass_time(PAUSE)
    assert checking.look_due() == 2
    for order in orders:
        order.refresh_from_db()
        assert order.status == "SUCCESS"
    assert len({row["transaction_id"] for row in supplier.supplier_orders()}) == len(supplier.supplier_orders()) == 2


def test_no_history_is_asked_of_it(supplier, monkeypatch):
    monkeypatch.setattr("fulfilment.history.poll", lambda account: pytest.fail("it has none"))
    order = paid()
    desk.buy(order)
    assert SupplierAccount.objects.get(code="digiflazz").baseline_at is None


# --- The unknown ---


@pytest.mark.parametrize(
    "fault", ["lose_reply", "commit_then_502", "garbled", "slow", "lose_request", "error", "http_429"]
)
def test_F08_what_was_lost_is_asked_for_and_delivered_once(supplier, fault):
    """Whether the order or only its answer was lost: the same call again finds it, or makes it."""
    supplier.faults(create_order={fault: 1.0, "slow_ms": 1500}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    assert attempt.state == "UNKNOWN" and not Refund.objects.exists()
    supplier.faults(**desk.QUIET)
    was_made = len(supplier.supplier_orders())
    assert was_made == (fault in ("lose_reply", "commit_then_502", "garbled", "slow"))
    assert checking.look_due() == 0 and not checking.look(attempt.pk), "never at once"
    desk.pass_time(PAUSE)
    assert checking.look_due() == 1
    if not was_made:
        desk.ended(supplier)
        desk.pass_time(PAUSE)
        assert checking.look_due() == 1
    order.refresh_from_db()
    [truth] = supplier.supplier_orders()
    assert order.status == "SUCCESS" and truth["transaction_id"] == attempt.reference
    assert Attempt.objects.count() == 1 and funds(order).minor == 0


def test_a_sender_that_died_leaves_a_reference_to_ask_for(supplier, monkeypatch):
    order = paid()
    monkeypatch.setattr(sending, "_call", lambda attempt, topup: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        desk.buy(order)
    desk.pass_time(3600)
    assert sending.give_up_dead() == 1 and checking.look_due() == 0, "the pause counts from the moment it was given up"
    desk.pass_time(PAUSE)
    assert checking.look_due() == 1
    assert [row["transaction_id"] for row in supplier.supplier_orders()] == [f"{order.number}-1-1"]


def test_a_look_that_fails_says_nothing(supplier):
    supplier.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    for fault in ("lose_reply", "error", "lose_request", "garbled"):
        supplier.faults(create_order={fault: 1.0}, **desk.QUIET)
        desk.pass_time(PAUSE)
        assert checking.look_due() == 1 and checking.look_due() == 0, "and the next one keeps the pause again"
        attempt.refresh_from_db()
        assert attempt.state == "UNKNOWN"
    desk.pass_time(1000)
    checking.ask_overdue()
    [case] = cases("unknown_outcome")
    supplier.faults(**desk.QUIET)
    desk.pass_time(3600)
    assert checking.look_due() == 1
    order.refresh_from_db()
    case.refresh_from_db()
    assert order.status == "SUCCESS" and case.state == "RESOLVED" and len(supplier.supplier_orders()) == 1


def test_a_worker_killed_while_it_looks_waits_the_whole_pause_again(supplier, monkeypatch):
    supplier.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(PAUSE)
    monkeypatch.setattr(Digiflazz, "check", lambda self, ask: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        checking.look(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.next_look_at > timezone.now() + timedelta(seconds=90)


def test_nobody_calls_it_failed_while_a_look_may_still_buy_it(supplier, monkeypatch):
    """The first call never arrived, so that the look itself is the purchase: one more under a new reference, because
    staff had been told meanwhile that there is none, would arrive twice."""
    supplier.faults(create_order={"lose_request": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    supplier.faults(**desk.QUIET)
    desk.pass_time(PAUSE)
    look = Digiflazz.check

    def staff_decide_meanwhile(self, ask):
        lost = Attempt.objects.get(pk=attempt.pk)
        assert not checking.settle(lost, arrived=False, by="staff") and not resolving.not_created(lost, by="staff")
        assert timezone.now() < resolving.may_come_about_until(lost)
        return look(self, ask)

    with monkeypatch.context() as patched:
        patched.setattr(Digiflazz, "check", staff_decide_meanwhile)
        assert checking.look_due() == 1
    desk.ended(supplier)
    desk.pass_time(PAUSE)
    checking.look_due()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == Attempt.objects.count() == 1


def test_what_was_lost_and_is_asked_for_no_more_may_be_called_not_made(supplier):
    supplier.faults(create_order={"lose_request": 1.0}, **desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    desk.pass_time(PAUSE)
    assert checking.look_due() == 1 and not resolving.not_created(desk.newest(order), by="staff")
    supplier.faults(**desk.QUIET)
    desk.pass_time(60)
    assert resolving.not_created(desk.newest(order), by="staff")
    sending.send(attempt.topup_id)
    [bought] = supplier.supplier_orders()
    assert bought["transaction_id"] != attempt.reference


# --- The two traps ---


def test_a_repetition_within_a_minute_would_be_a_second_order(supplier, settings):
    """The documented race, shown with the guard removed; with it nobody gets there."""
    traps = {"digiflazz": {"race_ms": 60_000}} | desk.PENDING
    supplier.faults(**traps)
    attempt = desk.buy(paid())
    for _ in range(5):
        checking.look_due()
        checking.look(attempt.pk)
    assert len(supplier.supplier_orders()) == 1
    settings.DIGIFLAZZ_RECHECK_SECONDS = 0.1
    Attempt.objects.update(next_look_at=timezone.now())
    assert checking.look(attempt.pk)
    assert len(supplier.supplier_orders()) == 2, "the control: without the pause it is bought twice"


def test_a_reference_older_than_sixty_days_is_never_asked_for(supplier, monkeypatch):
    """The trap behind it: after 90 days the same call is a new order. Shown with the guard removed."""
    supplier.faults(digiflazz={"forget_after_ms": 0}, **desk.PENDING)
    order = paid()
    attempt = desk.buy(order)
    desk.pass_time(61 * 86400)
    assert checking.look_due() == 0 and not checking.look(attempt.pk)
    assert len(supplier.supplier_orders()) == 1
    with monkeypatch.context() as patched:
        patched.setattr(evidence, "report", lambda *told: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            checking.retire_old()
    assert not cases("reference_too_old"), "whoever writes the case dies, and the next one does it"
    checking.retire_old()
    attempt.refresh_from_db()
    assert attempt.next_look_at is None and attempt.state == "ACCEPTED"
    [case] = cases("reference_too_old")
    assert case.about == order.number and not Refund.objects.exists()
    Attempt.objects.update(next_look_at=timezone.now())
    monkeypatch.setattr(clocks, "REFERENCE_HOLDS", timedelta(days=999))
    assert checking.look(attempt.pk)
    assert len(supplier.supplier_orders()) == 2, "the control: without the limit it is bought twice"


def test_looks_become_rarer(supplier):
    supplier.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(86400)
    checking.look_due()
    attempt.refresh_from_db()
    assert timedelta(minutes=59) < attempt.next_look_at - timezone.now() <= timedelta(hours=1)


# --- What a code asks for ---


def _refused(supplier: Sandbox, rc: int) -> tuple[Attempt, TopUp]:
    supplier.faults(digiflazz={"rc": rc}, **desk.QUIET)
    attempt = desk.buy(paid())
    return attempt, TopUp.objects.get()


@pytest.mark.parametrize("rc", [2, 43])
def test_a_product_that_is_not_to_be_had_goes_by_the_next_route_under_a_new_reference(supplier, rc):
    desk.shop("ml172", "ml86")
    supplier.faults(digiflazz={"rc": rc}, **desk.QUIET)
    order = paid()
    desk.buy(order)
    first, second = Attempt.objects.order_by("number")
    assert (first.state, first.verdict, second.verdict) == ("REJECTED", "REFUSED", "REFUSED")
    assert (first.reference, second.reference) == (f"{order.number}-1-1", f"{order.number}-1-2")
    order.refresh_from_db()
    assert order.status == "FAILED" and funds(order).minor == 0 and not Route.objects.filter(is_active=False)


def test_a_wrong_number_holds_the_order_for_its_customer(supplier):
    attempt, topup = _refused(supplier, 52)
    assert attempt.verdict == "PLAYER" and attempt.blames_account
    assert (topup.state, topup.waits_for) == ("QUEUED", "account") and Attempt.objects.count() == 1


def test_a_short_deposit_pauses_the_account_and_the_unit_waits(supplier):
    attempt, topup = _refused(supplier, 44)
    assert attempt.verdict == "BALANCE" and topup.waits_for == "balance" and not Refund.objects.exists()
    account = desk.account()
    assert (account.paused_why, account.paused_needs_minor) == ("balance", 44165)
    assert len(cases("supplier_balance")) == 1
    supplier.faults(**desk.QUIET)
    SupplierAccount.objects.update(profile_read_at=None)
    profiles.look_after()
    desk.pass_time(60)
    desk.send_due()
    assert desk.account().paused_at is None
    assert [row["transaction_id"] for row in supplier.supplier_orders()] == [f"{topup.order.number}-1-2"]


def test_a_deposit_that_runs_dry_at_the_supplier(supplier):
    supplier._call("PUT", "supplier/balance", {"supplier": "digiflazz", "balance": 44164})
    desk.buy(paid())
    assert desk.account().paused_why == "balance" and supplier.supplier_orders() == []


def test_a_closed_door_stops_the_account_and_tells_staff(supplier):
    attempt, topup = _refused(supplier, 41)
    assert attempt.verdict == "DENIED" and topup.waits_for == "denied"
    assert desk.account().paused_why == "denied" and len(cases("supplier_denied")) == 1
    assert supplier.supplier_orders() == [] and not Refund.objects.exists()


def test_a_closed_door_while_looking_says_nothing_of_the_purchase(supplier):
    supplier.faults(create_order={"lose_reply": 1.0}, **desk.QUIET)
    attempt = desk.buy(paid())
    supplier.faults(create_order={"http_401": 1.0}, **desk.QUIET)
    desk.pass_time(PAUSE)
    assert checking.look_due() == 1
    attempt.refresh_from_db()
    assert attempt.state == "UNKNOWN" and desk.account().paused_why == "denied"
    desk.pass_time(PAUSE)
    assert checking.look_due() == 0, "nobody knocks at a closed door"


def test_a_price_above_the_limit_goes_by_the_next_route_and_is_read_again(supplier):
    desk.shop("ml172", "ml86")
    supplier._call("PUT", "supplier/products/ml172", {"sell_price": 45049})
    order = paid()
    desk.buy(order)
    first, second = Attempt.objects.order_by("number")
    assert first.verdict == "PRICE" and second.product.code == "ml86"
    assert [row["product_code"] for row in supplier.supplier_orders()] == ["ml86"]
    assert not SupplierProduct.objects.get(code="ml172").is_active and len(cases("supplier_price")) == 1
    syncing.sync_due()
    repriced = SupplierProduct.objects.get(code="ml172")
    assert repriced.is_active and repriced.cost_minor == 45049


def test_a_price_within_the_limit_is_what_it_costs(supplier):
    supplier._call("PUT", "supplier/products/ml172", {"sell_price": 45000})
    order = paid()
    desk.buy(order)
    desk.ended(supplier)
    desk.pass_time(PAUSE)
    checking.look_due()
    assert order.transfers.get(reason="cost of goods").amount_minor == 45000


def test_closing_time_and_too_fast_are_tried_again_later_under_a_new_reference(supplier):
    supplier._call("PUT", "supplier/products/ml172", {"start_cut_off": "00:00", "end_cut_off": "23:59"})
    attempt, topup = desk.buy(paid()), TopUp.objects.get()
    assert attempt.verdict == "LATER" and (topup.state, topup.waits_for) == ("QUEUED", "later")
    supplier._call("PUT", "supplier/products/ml172", {"start_cut_off": "0:0", "end_cut_off": "0:0"})
    desk.pass_time(301)
    desk.send_due()
    assert [a.reference[-1] for a in Attempt.objects.order_by("number")] == ["1", "2"]
    assert [row["status"] for row in desk.ended(supplier)] == ["failed", "success"]


def test_a_time_out_on_their_side_is_a_failure_only_when_it_is_said_again(supplier):
    attempt, topup = _refused(supplier, 1)
    assert attempt.state == "ACCEPTED" and topup.state == "ACCEPTED" and not Refund.objects.exists()
    desk.pass_time(PAUSE)
    checking.look_due()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict) == ("FAILED", "REFUSED")


def test_a_trouble_of_their_router_is_waited_for(supplier):
    attempt, topup = _refused(supplier, 99)
    assert attempt.state == "ACCEPTED" and topup.state == "ACCEPTED"
    desk.ended(supplier)
    desk.pass_time(PAUSE)
    checking.look_due()
    topup.refresh_from_db()
    assert topup.state == "DELIVERED"


def test_what_only_a_person_can_tell_is_a_case(supplier):
    attempt, topup = _refused(supplier, 49)
    assert attempt.state == "UNKNOWN" and topup.state == "UNKNOWN" and not Refund.objects.exists()
    [case] = cases("unknown_outcome")
    assert "49" in case.evidence["why_not_by_itself"][0]


def test_a_code_nobody_knows_is_pending(supplier):
    attempt, _ = _refused(supplier, 77)
    assert attempt.state == "ACCEPTED" and attempt.ended_at is None


def test_what_was_taken_and_now_never_was_is_a_case(supplier, monkeypatch):
    supplier.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(PAUSE)
    forgotten = Placed(Outcome.REJECTED, message="rc 43", raw="{}")
    monkeypatch.setattr(Digiflazz, "check", lambda self, ask: forgotten)
    checking.look_due()
    attempt.refresh_from_db()
    assert attempt.state == "ACCEPTED" and attempt.ended_at is None and len(cases("answer_differs")) == 1


# --- Hours, once a day, prices ---


@pytest.mark.parametrize(
    ("clock", "closed"), [("16:44", False), ("16:45", True), ("17:00", True), ("17:14", True), ("17:15", False)]
)
def test_a_closing_time_over_midnight_is_by_jakartas_clock(clock, closed):
    """23:45 to 00:15 in Jakarta is 16:45 to 17:15 in UTC."""
    hour, minute = (int(part) for part in clock.split(":"))
    moment = datetime(2026, 7, 1, hour, minute, tzinfo=UTC)
    assert hours.is_within(moment, time(23, 45), time(0, 15), "Asia/Jakarta") is closed
    assert not hours.is_within(moment, time(1), time(1), "Asia/Jakarta")
    began = datetime(2026, 6, 30, 17, tzinfo=UTC) if clock < "17:00" else datetime(2026, 7, 1, 17, tzinfo=UTC)
    assert hours.day_begin(moment, "Asia/Jakarta") == began


def test_in_closing_time_nothing_is_sent_there(supplier):
    SupplierProduct.objects.filter(code="ml172").update(cut_off_from=time(0, 0), cut_off_until=time(23, 59, 59))
    order = paid()
    for group in taking.take():
        for topup_id in group:
            sending.send(topup_id)
    assert not Attempt.objects.exists() and TopUp.objects.get(order=order).waits_for == "cut_off"
    desk.shop("ml172", "ml86")
    desk.pass_time(86400)
    desk.send_due()
    assert desk.newest(order).product.code == "ml86"


def test_what_sells_once_a_day_is_not_asked_for_twice(supplier):
    Route.objects.all().delete()
    desk.product("gvonce", is_multi=False)
    desk.shop("gvonce", "ml86")
    first, second, third = paid(player="11111"), paid(player="11111"), paid(player="22222")
    for order in (first, second, third):
        desk.buy(order)
    assert [desk.newest(order).product.code for order in (first, second, third)] == ["gvonce", "ml86", "gvonce"]
    assert len(supplier.supplier_orders()) == 3


def test_its_catalogue_stands_in_rows(supplier, capsys):
    SupplierProduct.objects.filter(code="ml172").update(customer_format="{player}.{zone}")
    call_command("sync_supplier", "digiflazz")
    row = SupplierProduct.objects.get(code="ml172")
    assert (row.cost_minor, row.game_name, row.customer_format) == (44165, "MOBILE LEGENDS", "{player}.{zone}")
    closing = SupplierProduct.objects.get(code="isat10")
    assert (closing.cut_off_from, closing.cut_off_until) == (time(23, 45), time(0, 15))
    assert not SupplierProduct.objects.get(code="gvonce").is_multi
    account = desk.account()
    assert (account.currency, account.balance_minor) == ("IDR", 100_000_000)
    with pytest.raises(CommandError, match="once in 300 s"):
        call_command("sync_supplier", "digiflazz")
    syncing.sync_due()
    order = paid(player="656696292", zone="8610")
    assert desk.buy(order).customer_no == "656696292.8610" and len(supplier.supplier_orders()) == 1
