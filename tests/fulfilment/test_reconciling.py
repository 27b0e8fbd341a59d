"""Our purchases held against the suppliers' own books, and what staff do about each difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import Discrepancy, ExchangeRate, StaffCase
from core.money import Money
from fulfilment import finishing, reconciling
from fulfilment.models import Attempt, HistoryRow, Route, SupplierAccount, TopUp
from payments.models import Account, Transfer
from payments.wallet import services as ledger
from tests.conftest import Sandbox
from tests.fulfilment import by_reference, desk
from tests.fulfilment.numbers import cast
from tests.staff import enter
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
WHY = {"_form_submitted": "True", "reason": "their support said so"}


@pytest.fixture
def office() -> Client:
    client = Client()
    enter(client, User.objects.create_superuser("ops@example.com", "x"))
    return client


def by_hand(player: str, code: str = "mlbb_id_172_diamonds") -> str:
    """Somebody buys in the supplier's dashboard."""
    body = {"product_code": code, "game_user_id": player, "game_zone_id": "2001"}
    key = {"X-API-Key": settings.GEMGO_API_KEY}
    url = f"{settings.GEMGO_BASE_URL}/api/v1/orders/create_order"
    return str(requests.post(url, json=body, headers=key, timeout=5).json()["transaction_id"])


def age(minutes: float = 11) -> None:
    """What happened so far happened that much earlier."""
    span = timedelta(minutes=minutes)
    for row in HistoryRow.objects.all():
        HistoryRow.objects.filter(pk=row.pk).update(first_seen_at=row.first_seen_at - span)
    for attempt in Attempt.objects.all():
        Attempt.objects.filter(pk=attempt.pk).update(
            answered_at=attempt.answered_at and attempt.answered_at - span,
            ended_at=attempt.ended_at and attempt.ended_at - span,
        )
    SupplierAccount.objects.filter(baseline_at__isnull=False).update(baseline_at=timezone.now() - timedelta(days=1))


def round_(code: str = "gemgo") -> None:
    Discrepancy.objects.update(next_look_at=timezone.now())
    SupplierAccount.objects.update(reconciled_at=None)
    SupplierAccount.objects.exclude(code=code).update(is_active=False)
    reconciling.reconcile_due()


def only() -> Discrepancy:
    return Discrepancy.objects.get()


def press(office: Client, verb: str, row: Discrepancy, **typed: Any) -> None:
    """A verb of the row's page; one that is done with has none."""
    answer = office.post(reverse(f"admin:core_discrepancy_{verb}", args=[row.pk]), WHY | typed)
    assert answer.status_code in (200, 302, 403)
    row.refresh_from_db()


def costs(currency: str = "USD") -> Money:
    return ledger.balance(ledger.house(Account.Kind.COSTS, currency))


def test_where_all_is_well_nothing_is_found_and_one_worker_looks_at_a_time(supplier: Sandbox) -> None:
    desk.look()
    desk.paid()
    desk.work()
    age()
    round_()
    assert not Discrepancy.objects.exists() and not StaffCase.objects.exists()
    read_at = SupplierAccount.objects.get().profile_read_at
    reconciling.reconcile_due()
    assert SupplierAccount.objects.get().profile_read_at == read_at, "the round was claimed by the first"


def test_an_order_made_by_hand_is_theirs_only(supplier: Sandbox, office: Client) -> None:
    desk.look()
    transaction = by_hand("711222333")
    round_()
    assert not Discrepancy.objects.exists(), "so fresh, it may still be ours"
    age()
    for _ in range(2):
        round_()
    row = only()
    assert (row.party, row.subject, row.kind) == ("gemgo", "PURCHASE", "THEIRS_ONLY")
    assert row.reference.startswith(transaction) and row.theirs_minor == 264
    press(office, "give_to_purchase", row, attempt=1)
    assert row.state == "OPEN", "no purchase of ours is in the dark"
    press(office, "explain", row)
    round_()
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("EXPLAINED", "ops@example.com")


def test_a_purchase_in_the_dark_is_given_its_row_by_staff(supplier: Sandbox, office: Client) -> None:
    desk.look()
    order = desk.paid(player="711222334")
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(order)
    supplier.faults()
    attempt = Attempt.objects.get()
    assert attempt.state == "UNKNOWN"
    by_hand("711222334", "mlbb_id_86_diamonds")
    desk.look()
    age()
    theirs = HistoryRow.objects.get()
    row = Discrepancy.objects.create(
        party="gemgo", subject="PURCHASE", kind="THEIRS_ONLY", reference=f"{theirs.transaction_id}#{theirs.pk}",
        target=theirs.pk, theirs_minor=132, currency="USD",
    )  # fmt: skip
    for _ in range(2):
        press(office, "give_to_purchase", row, attempt=attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.history_row_id, row.state) == ("ACCEPTED", theirs.pk, "RESOLVED")


@pytest.mark.parametrize(("verb", "ends"), [("mark_arrived", "DELIVERED"), ("mark_failed", "QUEUED")])
def test_a_purchase_missing_in_their_history_is_ours_only(
    supplier: Sandbox, office: Client, verb: str, ends: str
) -> None:
    desk.look()
    supplier.faults(order_history={"lag_ms": 3_600_000}, callback={"drop": 1.0})
    order = desk.paid()
    desk.work()
    round_()
    assert not Discrepancy.objects.exists()
    age()
    round_()
    row = only()
    assert (row.kind, row.ours_minor, row.theirs_minor, row.about) == ("OURS_ONLY", 264, None, order.number)
    for _ in range(2):
        press(office, verb, row)
    assert order.topups.get().state == ends and row.state == "EXPLAINED"
    assert Transfer.objects.filter(reason="cost of goods").count() == (ends == "DELIVERED")


def test_the_row_of_a_purchase_that_shows_up_late_resolves_itself(supplier: Sandbox) -> None:
    desk.look()
    supplier.faults(order_history={"lag_ms": 3_600_000}, callback={"drop": 1.0})
    desk.paid()
    desk.work()
    age()
    round_()
    assert only().state == "OPEN"
    supplier.faults()
    wait_until(lambda: supplier.supplier_orders()[0]["status"] == "success")
    round_()
    row = only()
    assert row.state == "RESOLVED" and "Both sides agree" in row.note and TopUp.objects.get().state == "DELIVERED"


def test_a_cost_that_differs_is_put_right_in_the_ledger_once(supplier: Sandbox, office: Client) -> None:
    desk.look()
    order = desk.paid()
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=16_000, valid_from=order.created_at - timedelta(days=1))
    desk.work()
    assert costs() == Money(264, "USD")
    HistoryRow.objects.update(cost_minor=300)
    for _ in range(2):
        round_()
    row = only()
    assert (row.kind, row.ours_minor, row.theirs_minor) == ("DIFFERING", 264, 300)
    for _ in range(2):
        press(office, "book_cost", row)
    assert costs() == Money(300, "USD")
    order.refresh_from_db()
    sums = cast.summed()
    assert order.cost_minor == sums.cost_minor + sums.exchange_minor == 48_000, "the order's page and the profit agree"
    row.refresh_from_db()
    # Booked as they say; that their catalogue had said less is left to be explained.
    assert (row.state, row.ours_minor, row.theirs_minor) == ("OPEN", 264, 300)
    press(office, "explain", row)
    round_()
    assert only().state == "EXPLAINED"


def test_a_price_that_rose_under_way_is_a_row(supplier: Sandbox) -> None:
    desk.look()
    url = f"{supplier.url}/control/supplier/products/mlbb_id_172_diamonds"
    requests.put(url, json={"sell_price": 3.1}, timeout=5).raise_for_status()
    desk.paid()
    desk.work()
    round_()
    row = only()
    assert (row.kind, row.ours_minor, row.theirs_minor) == ("DIFFERING", 264, 310)
    assert costs() == Money(310, "USD"), "booked is what they took"


def test_a_success_that_turned_into_failure_takes_its_cost_back(supplier: Sandbox, office: Client) -> None:
    desk.look()
    supplier.faults(callback={"early": 1.0}, order={"flip_to_failed": 1.0, "flip_after_ms": 0})
    order = desk.paid()
    desk.buy(order)
    # The store saw the success first: it looked before the supplier changed its mind.
    attempt = Attempt.objects.get()
    assert finishing.deliver(attempt)
    wait_until(lambda: supplier.supplier_orders()[0]["status"] == "failed")
    desk.look()
    round_()
    row = only()
    assert (row.kind, row.ours_minor, row.theirs_minor) == ("DIFFERING", 264, 0)
    press(office, "book_cost", row)
    assert row.state == "RESOLVED" and costs() == Money(0, "USD")
    assert order.topups.get().state == "DELIVERED", "only the ledger is put right"


def test_their_counter_against_the_rows_they_show(supplier: Sandbox) -> None:
    desk.look()
    round_()
    supplier.faults(order_history={"lag_ms": 3_600_000})
    by_hand("711222335")
    by_reference.ended(supplier)  # while it ends the counters move, and nobody compares moving ones
    round_()
    row = only()
    assert (row.subject, row.kind) == ("COUNTER", "THEIRS_ONLY")
    assert (row.evidence["orders_counted_there"], row.evidence["rows_of_history"]) == (1, 0)
    supplier.faults()
    round_()
    assert only().state == "RESOLVED"


def test_digiflazz_is_asked_once_more_after_the_end(supplier: Sandbox, office: Client, settings: Any) -> None:
    settings.DIGIFLAZZ_RECHECK_SECONDS = 1
    supplier.faults(**by_reference.QUIET)
    Route.objects.all().delete()
    by_reference.shop()
    attempt = by_reference.buy(desk.paid())
    finishing.deliver(attempt)
    by_reference.pass_time(2 * 3600)
    for looks, fault in enumerate(("lose_reply", "error"), start=1):
        supplier.faults(create_order={fault: 1.0}, **by_reference.QUIET)
        round_("digiflazz")
        assert Attempt.objects.get().next_look_at > timezone.now() + timedelta(hours=1), "pushed ahead"
        Attempt.objects.update(next_look_at=None)  # as its end left it
        round_("digiflazz")
        attempt.refresh_from_db()
        assert (attempt.confirmed_at, attempt.looks) == (None, looks), "never without the pause"
        by_reference.pass_time(3600)
    assert not Discrepancy.objects.exists()
    supplier.faults(**by_reference.QUIET)
    round_("digiflazz")
    assert Attempt.objects.get().confirmed_at is not None and not Discrepancy.objects.exists()
    Attempt.objects.update(confirmed_at=None)
    by_reference.pass_time(3600)
    Transfer.objects.filter(key=f"cost:{attempt.pk}").update(amount_minor=40_000)
    round_("digiflazz")
    row = only()
    assert (row.kind, row.ours_minor, row.theirs_minor) == ("DIFFERING", 40_000, 44_165)
    press(office, "book_cost", row)
    assert row.state == "RESOLVED" and costs("IDR") == Money(44_165, "IDR")
    calls = Attempt.objects.get().confirmed_at
    round_("digiflazz")
    assert Attempt.objects.get().confirmed_at == calls, "never asked for a third time"
