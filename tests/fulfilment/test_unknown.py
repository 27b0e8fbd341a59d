"""Answers that were lost: unknown is resolved by evidence, never by sending again, and never counts as failed (F8)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core.money import Money
from fulfilment import clocks, evidence, history, recording, resolving, sending, taking
from fulfilment.models import Attempt, HistoryRow, SupplierAccount, SupplierProduct, TopUp
from fulfilment.suppliers.base import Outcome, Placed
from payments.models import Refund
from tests.fulfilment import desk
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
EARLY = {"early": 1.0}
SETTLED = 1000  # seconds: longer than the settling time and everything added to it


@pytest.mark.parametrize("fault", ["lose_reply", "commit_then_502", "garbled"])
def test_an_order_whose_answer_was_lost_is_found_in_the_history(supplier, fault):
    """F8: an HTTP error does not say that nothing was delivered."""
    desk.look()
    supplier.faults(create_order={fault: 1.0}, callback=EARLY)
    order = desk.paid()
    desk.buy(order)
    assert Attempt.objects.get().state == "UNKNOWN" and TopUp.objects.get().state == "UNKNOWN"
    assert not Refund.objects.exists()
    desk.look()
    order.refresh_from_db()
    attempt = Attempt.objects.get()
    assert order.status == "SUCCESS" and attempt.verdict == "ADOPTED"
    assert [row["transaction_id"] for row in supplier.supplier_orders()] == [attempt.transaction_id]


@pytest.mark.parametrize("fault", ["lose_request", "error", "http_429"])
def test_a_request_that_was_lost_is_made_again_only_after_settling(supplier, fault):
    desk.look()
    supplier.faults(create_order={fault: 1.0}, callback=EARLY)
    order = desk.paid()
    desk.buy(order)
    desk.look(5)
    assert Attempt.objects.get().state == "UNKNOWN", "many looks in a short time prove nothing"
    supplier.faults(callback=EARLY)
    desk.pass_time(SETTLED)
    desk.look()
    assert Attempt.objects.get().state == "NOT_CREATED"
    assert supplier.supplier_orders() == []
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == 1
    assert [a.state for a in Attempt.objects.order_by("number")] == ["NOT_CREATED", "ACCEPTED"]
    assert not desk.cases("unknown_outcome")


def test_time_alone_proves_nothing(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0}, order_history={"error": 1.0})
    desk.buy(desk.paid())
    desk.pass_time(SETTLED)
    assert not history.poll(desk.account())
    supplier.faults(callback=EARLY)
    desk.look(2)
    assert Attempt.objects.get().state == "UNKNOWN" and not desk.cases("unknown_outcome")
    desk.look()
    assert Attempt.objects.get().state == "NOT_CREATED"


def test_settling_is_never_shorter_than_a_call_and_the_clocks_difference(settings):
    settings.GEMGO_SETTLE_SECONDS, settings.GEMGO_TIMEOUT_SECONDS = 600, 30
    assert clocks.retry_after() == timedelta(seconds=600)
    settings.GEMGO_SETTLE_SECONDS = 60
    assert clocks.retry_after() == timedelta(seconds=90)
    settings.GEMGO_SETTLE_SECONDS = 5
    assert clocks.retry_after() == timedelta(seconds=35)


def test_a_gap_in_the_history_proves_nothing(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    Attempt.objects.update(coverage_lost=True)
    desk.look(3)
    desk.pass_time(SETTLED)
    desk.look()
    [case] = desk.cases("unknown_outcome")
    assert "the history has a gap since" in case.evidence["why_not_by_itself"]
    assert Attempt.objects.get().state == "UNKNOWN" and not Refund.objects.exists()


def test_an_unproved_name_proves_nothing_until_it_is_proved(supplier):
    SupplierProduct.objects.update(name_proved_at=None)
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0}, callback=EARLY)
    order = desk.paid()
    desk.buy(order)
    desk.look(3)
    desk.pass_time(SETTLED)
    desk.look()
    assert Attempt.objects.get().state == "UNKNOWN" and len(desk.cases("unknown_outcome")) == 1
    supplier.faults(callback=EARLY)
    desk.buy(desk.paid())
    desk.look(2)
    assert Attempt.objects.filter(state="NOT_CREATED").count() == 1
    assert desk.cases("unknown_outcome")[0].state == "RESOLVED"


def test_a_called_address_says_that_something_was_made(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    Attempt.objects.update(callback_seen_at=timezone.now())
    desk.look(3)
    desk.pass_time(SETTLED)
    desk.look()
    assert Attempt.objects.get().state == "UNKNOWN" and len(desk.cases("unknown_outcome")) == 1


def _row(attempt: Attempt, **more) -> HistoryRow:
    values = {
        "account": attempt.account,
        "transaction_id": "TX-20990101-0001",
        "made_at": attempt.answered_at,
        "player_id": attempt.player_id,
        "game_code": attempt.game_code,
        "product_name": attempt.product_name,
        "cost_minor": attempt.cost_minor,
        "status": "success",
    }
    return HistoryRow.objects.create(**(values | more))


@pytest.mark.parametrize(
    "unlike",
    [
        {"product_name": "Something Else"},
        {"cost_minor": 300},
        {"game_code": "mlbb"},
        {"made_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_a_row_of_the_player_that_fits_nothing_forbids_another_attempt(supplier, unlike):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    desk.look(3)
    row = _row(Attempt.objects.get(), **unlike)
    desk.pass_time(SETTLED)
    resolving.resolve_unknown(desk.account())
    [case] = desk.cases("unknown_outcome")
    assert case.evidence["rows_unexplained"][0]["row"] == row.pk
    assert Attempt.objects.get().state == "UNKNOWN"


def test_two_rows_that_fit_are_for_a_person(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    _row(attempt)
    _row(attempt, transaction_id="TX-20990101-0002")
    resolving.resolve_unknown(desk.account())
    assert Attempt.objects.get().state == "UNKNOWN" and len(desk.cases("unknown_outcome")) == 1


def test_what_another_look_has_settled_meanwhile_is_no_case(supplier):
    """Two looks overlap: one read the attempt as unknown, the other adopts its row before the first asks staff."""
    desk.look()
    supplier.faults(create_order={"lose_reply": 1.0})
    desk.buy(desk.paid())
    read_before = Attempt.objects.select_related("topup__order", "account", "product").get()
    assert resolving.adopt(read_before, _row(read_before), by="another look")
    stale = Attempt.objects.select_related("topup__order", "account", "product").get()
    stale.state = Attempt.State.UNKNOWN
    evidence.ask_staff(stale, ["the attempt's own callback address was called"], [], timezone.now())
    assert desk.cases("unknown_outcome") == []


def test_names_and_prices_are_compared_as_people_write_them(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    _row(Attempt.objects.get(), product_name=" 172\u00a0 DIAMONDS", cost_minor=266)
    resolving.resolve_unknown(desk.account())
    assert Attempt.objects.get().verdict == "ADOPTED"


def test_a_row_that_was_there_before_is_never_adopted(supplier):
    """Baseline: what stood in the history before the call cannot be what the call made."""
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    _row(attempt, first_seen_at=attempt.sent_at - timedelta(seconds=1))
    resolving.resolve_unknown(desk.account())
    assert Attempt.objects.get().state == "UNKNOWN"


def test_a_refused_order_that_shows_up_as_failed_is_explained_by_its_reference(supplier):
    desk.look()
    supplier.faults(create_order={"reject": 1.0})
    first = desk.paid(player="700000000")
    desk.buy(first)
    rejected = Attempt.objects.get()
    _row(rejected, transaction_id=rejected.transaction_id, status="failed")
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid(player="700000000"))
    unknown = Attempt.objects.get(state="UNKNOWN")
    HistoryRow.objects.update(first_seen_at=timezone.now())
    assert resolving.unexplained(unknown) == []


def test_two_equal_orders_of_one_player_are_never_confused(supplier):
    """The player taps twice and the first answer is lost: the second waits until the first is known."""
    desk.look()
    supplier.faults(create_order={"lose_reply": 1.0}, callback=EARLY)
    first, second = desk.paid(player="700000000"), desk.paid(player="700000000", zone="9999")
    desk.buy(first)
    assert TopUp.objects.get(order=second).waits_for == "player"
    assert len(supplier.supplier_orders()) == 1
    supplier.faults(callback=EARLY)
    desk.look()
    desk.work(2)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("SUCCESS", "SUCCESS")
    assert sorted(row["game_zone_id"] for row in supplier.supplier_orders()) == ["2001", "9999"]
    by_order = {a.topup.order_id: a.transaction_id for a in Attempt.objects.select_related("topup")}
    zones = {row["transaction_id"]: row["game_zone_id"] for row in supplier.supplier_orders()}
    assert zones[by_order[first.pk]] == "2001" and zones[by_order[second.pk]] == "9999"


def test_without_the_guard_the_second_order_is_taken_for_the_first(supplier):
    """The control: with the index gone, one paid order stays undelivered and is shown as delivered."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_unresolved_attempt_per_player")
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0}, callback=EARLY)
    first, second = desk.paid(player="700000000"), desk.paid(player="700000000", zone="9999")
    for group in taking.take():
        if TopUp.objects.get(pk=group[0]).order_id == second.pk:
            supplier.faults(create_order={"lose_reply": 1.0}, callback=EARLY)
        sending.send(group[0])
    desk.look()
    first.refresh_from_db()
    assert first.status == "SUCCESS" and [r["game_zone_id"] for r in supplier.supplier_orders()] == ["9999"]


def test_a_worker_found_dead_while_sending_is_unknown_and_nothing_is_sent_again(supplier, settings):
    """The worker dies after the bytes went out: what it made is found, and never made a second time."""
    desk.look()
    order = desk.paid()
    [[topup_id]] = taking.take()
    keep = recording.record
    try:
        recording.record = lambda attempt, placed: (_ for _ in ()).throw(SystemExit)
        with pytest.raises(SystemExit):
            sending.send(topup_id)
    finally:
        recording.record = keep
    attempt = Attempt.objects.get()
    assert attempt.state == "SENDING" and len(supplier.supplier_orders()) == 1
    sending.send(topup_id)
    assert sending.due(10) == [] and sending.give_up_dead() == 0
    desk.pass_time(5 + settings.GEMGO_TIMEOUT_SECONDS + 6)
    assert sending.give_up_dead() == 1
    desk.look()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == 1


def test_a_worker_that_died_before_sending_is_settled_like_any_unknown(supplier):
    desk.look()
    order = desk.paid()
    [[topup_id]] = taking.take()
    keep = sending._call
    try:
        sending._call = lambda attempt, topup: (_ for _ in ()).throw(SystemExit)
        with pytest.raises(SystemExit):
            sending.send(topup_id)
    finally:
        sending._call = keep
    desk.pass_time(60)
    assert sending.give_up_dead() == 1
    desk.look(3)
    desk.pass_time(SETTLED)
    desk.look()
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == 1


def test_a_sender_that_was_held_up_does_not_send_any_more(supplier, monkeypatch):
    """A machine that slept between commit and call: by now somebody may have counted the attempt as dead."""
    desk.look()
    order = desk.paid()
    monkeypatch.setattr(clocks, "SEND_AT_ONCE", timedelta(seconds=-1))
    desk.buy(order)
    assert supplier.supplier_orders() == [] and Attempt.objects.get().state == "NOT_SENT"


def test_an_answer_that_comes_after_the_attempt_was_given_up_still_counts(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    recording.record(attempt, Placed(Outcome.ACCEPTED, transaction_id="TX-1", product_name="172 Diamonds"))
    assert Attempt.objects.get().state == "ACCEPTED" and TopUp.objects.get().state == "ACCEPTED"


def test_an_answer_that_comes_after_a_proof_is_a_case(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    assert resolving.not_created(attempt, by="test")
    recording.record(attempt, Placed(Outcome.ACCEPTED, transaction_id="TX-1", product_name="172 Diamonds"))
    assert Attempt.objects.get().state == "NOT_CREATED" and len(desk.cases("late_answer")) == 1


def test_answers_that_differ_are_a_case_and_go_on(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    placed = Placed(Outcome.ACCEPTED, transaction_id="TX-1", player_id="somebody else", cost=Money(900, "USD"))
    recording.record(Attempt.objects.get(), placed)
    assert Attempt.objects.get().state == "ACCEPTED" and len(desk.cases("answer_differs")) == 1


def test_requests_that_vanish_again_and_again_end_in_money_back(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    order = desk.paid()
    taking.take()
    topup = TopUp.objects.get()
    for _ in range(5):
        sending.send(topup.pk)
        assert resolving.not_created(Attempt.objects.get(state="UNKNOWN"), by="test")
    sending.send(topup.pk)
    order.refresh_from_db()
    assert order.status == "FAILED" and TopUp.objects.get().why == "never_made"
    assert Refund.objects.get().amount_minor == order.total_minor and desk.funds(order).minor == 0


def test_a_success_that_flips_moves_nothing_and_is_a_case(supplier):
    supplier.faults(callback=EARLY, order={"flip_to_failed": 1.0, "flip_after_ms": 0})
    desk.look()
    order = desk.paid()
    desk.buy(order)
    attempt = Attempt.objects.get()
    HistoryRow.objects.filter(transaction_id=attempt.transaction_id).delete()
    _row(attempt, transaction_id=attempt.transaction_id, made_at=attempt.made_at)
    resolving.settle_from_store(attempt)
    wait_until(lambda: supplier.supplier_orders()[0]["status"] == "failed")
    desk.look()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and TopUp.objects.get().state == "DELIVERED"
    assert len(desk.cases("flip")) == 1 and not Refund.objects.exists()


def test_an_order_that_never_ends_is_a_case_after_half_an_hour(supplier):
    supplier.faults(order={"never": 1.0})
    desk.look()
    desk.buy(desk.paid())
    desk.look()
    Attempt.objects.update(sent_at=timezone.now() - timedelta(minutes=31))
    desk.pass_time(60)
    resolving.look_after_accepted()
    assert len(desk.cases("slow")) == 1 and TopUp.objects.get().state == "ACCEPTED"


def test_an_unknown_whose_history_never_comes_is_a_case_in_the_end(supplier):
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0}, order_history={"error": 1.0})
    numbers = [desk.buy(desk.paid())[0].order.number for _ in range(2)]
    desk.pass_time(SETTLED)
    resolving.ask_overdue()
    assert not desk.cases("unknown_outcome")
    desk.pass_time(SETTLED)
    for told in (1, 2, 2):
        resolving.ask_overdue(limit=1)
        found = sorted(desk.cases("unknown_outcome"), key=lambda case: case.opened_at)
        assert [case.about for case in found] == numbers[:told], "the oldest first, and none twice"
    assert found[0].evidence["sent_at"]


def test_a_row_that_nobody_bought_is_a_case(supplier):
    desk.look()
    desk.buy(desk.paid())
    desk.look()
    rows = [_row(Attempt.objects.get(), player_id="1", transaction_id=f"TX-FOREIGN-{n}") for n in range(2)]
    SupplierAccount.objects.update(baseline_at=timezone.now() - timedelta(hours=2))
    for minutes, row in zip((12, 11), rows, strict=True):
        HistoryRow.objects.filter(pk=row.pk).update(first_seen_at=timezone.now() - timedelta(minutes=minutes))
    for told in (1, 2, 2):
        resolving.report_foreign(limit=1)
        found = sorted(case.evidence["row"]["row"] for case in desk.cases("foreign_row"))
        assert found == [row.pk for row in rows[:told]], "the oldest first, and none twice"


def test_a_row_that_is_adopted_while_somebody_looks_is_no_case(supplier, monkeypatch):
    """A storm of 5,000: its purchase was in the dark when the rows were read, and known when purchases were."""
    desk.look()
    supplier.faults(create_order={"lose_reply": 1.0})
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    row = _row(attempt, transaction_id="TX-OURS", made_at=attempt.sent_at)
    SupplierAccount.objects.update(baseline_at=timezone.now() - timedelta(hours=2))
    HistoryRow.objects.filter(pk=row.pk).update(first_seen_at=timezone.now() - timedelta(minutes=11))

    def meanwhile(_row: HistoryRow) -> bool:
        return not Attempt.objects.update(state="ACCEPTED", history_row=row)

    monkeypatch.setattr(resolving, "is_named", meanwhile)
    resolving.report_foreign()
    assert not desk.cases("foreign_row")


def test_a_reused_transaction_id_is_told_apart_by_player_and_time(supplier):
    desk.look()
    desk.buy(desk.paid())
    attempt = Attempt.objects.get()
    assert attempt.made_at is not None
    Attempt.objects.update(state="ACCEPTED", history_row=None, ended_at=None)
    TopUp.objects.update(state="ACCEPTED", ended_at=None)
    HistoryRow.objects.all().delete()
    stranger = _row(attempt, transaction_id=attempt.transaction_id, player_id="1", made_at=attempt.made_at)
    yesterday = _row(
        attempt, transaction_id=attempt.transaction_id, made_at=attempt.made_at - timedelta(days=1), status="failed"
    )
    attempt.refresh_from_db()
    resolving.apply_rows([stranger, yesterday])
    attempt.refresh_from_db()
    assert attempt.history_row is None and attempt.ended_at is None
    mine = _row(attempt, transaction_id=attempt.transaction_id, made_at=attempt.made_at, status="pending")
    resolving.apply_rows([stranger, yesterday, mine])
    attempt.refresh_from_db()
    assert attempt.history_row == mine
