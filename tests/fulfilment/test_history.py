"""Which pages join what was known, and what a gap does to those who were out. The supplier here answers from a list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.money import Money
from fulfilment import history, profiles, reconciling
from fulfilment.models import Attempt, HistoryPoll, HistoryRow, SupplierAccount
from fulfilment.suppliers.base import History, HistoryEntry, Profile, SupplierUnavailable
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db
START = datetime(2026, 6, 26, 12, tzinfo=UTC)


class Book:
    """A supplier's order history as its clerk sees it; `cap`: the most rows it shows, `lag`: how many it holds back."""

    def __init__(self) -> None:
        self.rows: list[HistoryEntry] = []
        self.cap, self.lag, self.calls, self.is_away, self.unreadable = 10_000, 0, 0, False, 0

    code, name, currency = "gemgo", "GemGo", "USD"

    def add(self, count: int = 1, status: str = "success") -> None:
        for _ in range(count):
            number = len(self.rows)
            made_at = START + timedelta(seconds=number)
            cost = Money(264, "USD")
            player = f"{number:09d}"
            self.rows.append(HistoryEntry(f"TX-{number}", "172 Diamonds", "mlbb_id", player, cost, status, made_at))

    def history(self, limit: int) -> History:
        self.calls += 1
        if self.is_away:
            raise SupplierUnavailable("away")
        shown = self.rows[: len(self.rows) - self.lag] if self.lag else self.rows
        return History(tuple(reversed(shown[-min(limit, self.cap) :])), limit, None, unreadable=self.unreadable)

    def profile(self) -> Profile:
        return Profile(Money(100_00, "USD"), True, {"total_orders": str(len(self.rows))})


@pytest.fixture
def book(monkeypatch) -> Book:
    made = Book()
    monkeypatch.setattr(history, "with_history", lambda code: made)
    monkeypatch.setattr(profiles, "for_code", lambda code: made)
    return made


def _last() -> HistoryPoll:
    found = HistoryPoll.objects.first()
    assert found is not None
    return found


def _out(book: Book, state: str = "UNKNOWN") -> Attempt:
    """An attempt that is out, for a player of his own."""
    order = factories.order()
    product = desk.product()
    return Attempt.objects.create(
        topup=order.topups.create(unit=1, state="UNKNOWN"),
        number=1,
        account=product.account,
        product=product,
        game_code="mlbb_id",
        product_code=product.code,
        product_name=product.name,
        cost_minor=264,
        player_id=str(order.pk),
        callback_token=str(order.pk),
        state=state,
        sent_at=timezone.now(),
        answered_at=timezone.now() if state != "SENDING" else None,
    )


def test_the_first_look_is_the_baseline(book):
    book.add(70)
    desk.look()
    assert _last().is_covered and desk.account().baseline_at is not None
    assert HistoryRow.objects.count() == 70


def test_a_page_that_reaches_what_is_known_has_no_gap(book):
    book.add(60)
    desk.look()
    book.add(49)
    desk.look()
    assert _last().is_covered and (_last().rows, _last().fresh, book.calls) == (50, 49, 2)


def test_a_page_that_reaches_nothing_known_is_doubled_until_it_does(book):
    book.add(60)
    desk.look()
    book.add(150)
    out = _out(book)
    desk.look()
    out.refresh_from_db()
    assert _last().is_covered and _last().limit == 200 and HistoryRow.objects.count() == 210
    assert out.covered_polls == 1 and not out.coverage_lost


def test_the_limit_comes_down_again(book):
    book.add(60)
    desk.look()
    book.add(150)
    desk.look(2)
    assert desk.account().poll_limit == 50


def test_an_end_is_seen_however_many_purchases_were_made_since(book):
    book.add(1, status="pending")
    early = _out(book, "ACCEPTED")
    Attempt.objects.filter(pk=early.pk).update(
        transaction_id=book.rows[0].transaction_id, player_id=book.rows[0].player_id, made_at=book.rows[0].made_at
    )
    early.topup.order.topups.update(state="ACCEPTED")
    Order.objects.update(status="PROCESSING")
    desk.look()
    for _ in range(8):
        book.add(40)
        desk.look()
    assert book.calls == 9, "one call a round"
    book.rows[0] = replace(book.rows[0], status="success")
    desk.look()
    early.refresh_from_db()
    assert early.ended_at is not None and book.calls == 10


def test_an_end_that_is_taken_back_is_seen_however_many_purchases_were_made_since(book, monkeypatch):
    """Other looks no longer reach it; the comparison of the books does, with one long page in ten minutes."""
    monkeypatch.setattr("fulfilment.books.fundings.read", lambda account: None)
    now = timezone.now().replace(microsecond=0)
    book.add(120)
    book.rows = [replace(row, made_at=now - timedelta(seconds=200 - at)) for at, row in enumerate(book.rows)]
    desk.look()
    early = _out(book, "ACCEPTED")
    Attempt.objects.filter(pk=early.pk).update(
        transaction_id="TX-0", history_row=HistoryRow.objects.get(transaction_id="TX-0"), ended_at=now
    )
    early.topup.order.topups.update(state="DELIVERED")
    history.look_back(desk.account())
    assert book.calls == 1, "what was just seen is not asked for again"
    HistoryPoll.objects.update(started_at=now - timedelta(minutes=11))
    book.rows[0] = replace(book.rows[0], status="failed")
    desk.look()
    assert not desk.cases("flip")
    reconciling.reconcile(desk.account())
    [case] = desk.cases("flip")
    assert case.about == early.topup.order.number and book.calls == 4
    history.look_back(desk.account())
    HistoryRow.objects.update(made_at=now - timedelta(days=4))
    HistoryPoll.objects.all().delete()
    history.look_back(desk.account())
    assert book.calls == 4, "what is older stands"


def test_an_unknown_purchase_that_is_shown_late_behind_newer_ones_is_found(book):
    out = _out(book)
    book.add(1)
    desk.look()
    book.add(70)
    sent_at = out.sent_at.replace(microsecond=0)
    book.rows = [replace(row, made_at=sent_at + timedelta(seconds=at)) for at, row in enumerate(book.rows)]
    mine, book.rows = replace(book.rows[1], player_id=out.player_id), [book.rows[0], *book.rows[2:]]
    desk.look(2)
    book.rows.insert(1, mine)
    SupplierAccount.objects.update(polled_at=timezone.now() - timedelta(minutes=1))
    desk.look()
    out.refresh_from_db()
    assert out.history_row is not None and out.history_row.transaction_id == mine.transaction_id


def test_a_refused_purchase_that_is_carried_out_in_the_end_is_a_case(book):
    """Its row is known, and tied to it, while it is still open."""
    book.add(1, status="pending")
    refused = _out(book, "REJECTED")
    named = {"transaction_id": "TX-0", "player_id": book.rows[0].player_id, "made_at": book.rows[0].made_at}
    Attempt.objects.filter(pk=refused.pk).update(ended_at=timezone.now(), **named)
    desk.look(2)
    refused.refresh_from_db()
    assert refused.history_row is not None and not desk.cases("refused_but_made")
    book.rows[0] = replace(book.rows[0], status="success")
    desk.look()
    [case] = desk.cases("refused_but_made")
    assert case.about == refused.topup.order.number


def test_a_capped_history_that_lost_rows_proves_nothing_for_those_who_were_out(book):
    book.cap = 20
    book.add(60)
    desk.look()
    early, wire = _out(book), _out(book, "SENDING")
    book.add(30)
    desk.look()
    late = _out(book)
    for attempt in (early, wire, late):
        attempt.refresh_from_db()
    assert not _last().is_covered
    assert (early.coverage_lost, wire.coverage_lost, late.coverage_lost) == (True, True, False)
    assert early.covered_polls == 0
    desk.look()
    late.refresh_from_db()
    assert _last().is_covered and late.covered_polls == 1, "from here on it is whole again"


def test_a_gap_is_not_forgotten_because_its_rows_were_stored(book):
    """The control for the rule that a page which joins nothing is asked for again before it is stored."""
    book.cap = 20
    book.add(60)
    desk.look()
    out = _out(book)
    book.add(30)
    desk.look(3)
    out.refresh_from_db()
    assert out.coverage_lost


def test_a_burst_into_an_empty_history_is_whole_by_the_suppliers_own_count(book):
    desk.look()
    out = _out(book)
    book.add(40)
    desk.look()
    out.refresh_from_db()
    assert _last().is_covered and "count" in _last().note and not out.coverage_lost


def test_a_burst_that_a_cap_cut_is_not_taken_for_whole(book):
    desk.look()
    out = _out(book)
    book.cap = 30
    book.add(40)
    desk.look()
    out.refresh_from_db()
    assert not _last().is_covered and out.coverage_lost


def test_a_short_page_is_whole_only_while_nothing_is_known(book):
    book.add(15)
    desk.look()
    book.add(15)
    book.cap = 10
    desk.look()
    assert not _last().is_covered


def test_a_history_that_hides_its_newest_rows_is_not_covered(book):
    book.add(60)
    desk.look()
    book.lag = 5
    desk.look()
    assert not _last().is_covered and "newest" in _last().note


def test_a_history_that_lags_behind_answers_proves_no_absence(book):
    desk.look()
    accepted = _out(book, "ACCEPTED")
    Attempt.objects.filter(pk=accepted.pk).update(transaction_id="TX-0", player_id="000000000")
    out = _out(book)
    book.add(1)
    book.lag = 1
    desk.look(4)
    desk.pass_time(1000)
    desk.look()
    out.refresh_from_db()
    assert out.state == "UNKNOWN" and out.covered_polls >= 3
    book.lag = 0
    Attempt.objects.filter(pk=accepted.pk).update(made_at=START)
    desk.look()
    out.refresh_from_db()
    assert out.covered_polls >= 4


def test_rows_that_cannot_be_read_make_a_page_prove_nothing(book):
    book.add(30)
    desk.look()
    out = _out(book)
    book.unreadable = 1
    desk.look()
    out.refresh_from_db()
    assert not _last().is_covered and out.covered_polls == 0 and not out.coverage_lost


def test_two_rows_that_cannot_be_told_apart_make_a_page_prove_nothing(book):
    book.add(2)
    desk.look()
    book.rows.append(book.rows[-1])
    desk.look()
    assert not _last().is_covered and HistoryRow.objects.count() == 2


def test_the_order_of_the_rows_does_not_matter(book, monkeypatch):
    book.add(60)
    desk.look()
    book.add(10)
    turned = book.history
    monkeypatch.setattr(book, "history", lambda limit: History(turned(limit).rows[::-1], limit, None))
    desk.look()
    assert _last().is_covered and _last().fresh == 10


def test_one_worker_at_a_time_looks(book):
    desk.look()
    SupplierAccount.objects.update(poll_claimed_at=timezone.now())
    history.poll(desk.account())
    assert book.calls == 1
    SupplierAccount.objects.update(poll_claimed_at=timezone.now() - history.STALE_CLAIM - timedelta(seconds=1))
    desk.look()
    assert book.calls == 2 and desk.account().poll_claimed_at is None


def test_a_failed_look_frees_the_claim(book):
    desk.look()
    book.is_away = True
    assert not history.poll(desk.account())
    assert desk.account().poll_claimed_at is None


def test_a_page_asked_for_earlier_never_undoes_a_later_one(book):
    book.add(1)
    desk.look()
    HistoryRow.objects.update(changed_at=timezone.now() + timedelta(seconds=10))
    book.rows[0] = replace(book.rows[0], status="pending")
    desk.look()
    assert HistoryRow.objects.get().status == "success"


def test_however_many_callbacks_ask_they_share_one_look(book):
    desk.look()
    account = desk.account()
    assert history.want(account.pk) and not history.want(account.pk)
    slept: list[float] = []
    history.poll_wanted(sleep=slept.append)
    assert book.calls == 2 and len(slept) == 1 and 0 < slept[0] <= 1
    history.poll_wanted(sleep=slept.append)
    assert book.calls == 2 and desk.account().poll_wanted_at is None
