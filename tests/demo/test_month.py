"""The demo's month: every state there is, books that hold, and nothing in it that anybody outside is asked about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import results
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from bench.hangers_on import hang_on
from core.admin.bounded import Bounded
from demo.month.loading import load_month
from fulfilment import sending, taking
from fulfilment.desk import queues
from fulfilment.models import Attempt, SummedDay, TopUp
from fulfilment.numbers import days, proving
from fulfilment.numbers.reading import Question, read
from payments import expiry, ledger_check, looking, refunds
from payments.models import Account, Payment, Payout, Refund
from payments.proving import gateway_problems
from storefront.orders import volume
from storefront.orders.models import Order
from storefront.promos.models import Promo
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

STATEMENTS = 12
#: Lists whose rows grow with the orders.
GROWING = {
    "storefront.Order", "storefront.OrderEvent", "storefront.PromoSlot", "payments.Payment", "payments.Capture",
    "payments.Transfer", "payments.Account", "payments.Deposit", "payments.Refund", "payments.Payout",
    "payments.Redemption", "fulfilment.TopUp", "fulfilment.Attempt", "fulfilment.HistoryRow", "fulfilment.Code",
    "fulfilment.CodeEvent", "fulfilment.CodeStock", "fulfilment.ProblemReport", "fulfilment.Customer", "accounts.User",
    "accounts.FailedSignIn", "core.MailMessage", "core.InboxMessage", "core.ChatLink", "core.ChatMessage",
    "core.StaffCase", "core.AuditEntry", "core.Approval", "core.Discrepancy", "core.Incident",
}  # fmt: skip

#: Read from orders within seconds; kept of what suppliers tell; written with the first code that is sold, and with the
#: first line that an owner writes in place of the shop's own.
FILLED_BY_RUNNING = {
    "core.SearchToken", "fulfilment.HistoryPoll", "fulfilment.HistoryRow", "fulfilment.CodeEvent", "accounts.Benefit",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded_month(_loaded: None, django_db_blocker: Any) -> tuple[datetime, dict[str, int]]:  # noqa: F811
    """The moment at which it ends, and how much of it there is. Goes with the shop."""
    now = timezone.now()
    with django_db_blocker.unblock():
        return now, load_month(now)


@pytest.mark.usefixtures("demo_shop")
def test_a_month_of_every_state_whose_books_hold_and_that_asks_nobody_outside(
    loaded_month: tuple[datetime, dict[str, int]],
) -> None:
    now, counts = loaded_month
    assert counts["orders"] > 500 and load_month(now) == {}

    assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status.values)
    states = {Refund.State.REVIEW, Refund.State.SENT, Refund.State.CLAIMED, Refund.State.DONE}
    assert states <= set(Refund.objects.values_list("state", flat=True))
    assert {"QUEUED", "UNKNOWN", "ACCEPTED", "DELIVERED"} < set(TopUp.objects.values_list("state", flat=True))
    assert Payout.objects.filter(state="ASKED").exists() and Payout.objects.filter(state="PAID").exists()

    assert ledger_check.problems() == []
    days.keep(limit=25)  # the last five days of five regions
    SummedDay.objects.update(summed_at=now + timedelta(hours=1))
    assert proving.problems() == []
    month = read(Question()).total("IDR")
    assert month.profit_minor > 0 and month.is_profit_whole and month.delivered > 50

    assert _empty() == FILLED_BY_RUNNING
    assert all(one.count for one in queues.standing(lambda permission: True))

    # Nothing wakes it: no look, no comparison, no purchase, no refund is due, whatever the clock calls.
    assert looking.poll_due() == refunds.send_due() == expiry.expire_due() == 0
    assert not Payment.objects.exclude(compare_at=None).exists() and not gateway_problems(now)
    assert taking.take() == [] and not sending.due(100)
    assert not Attempt.objects.filter(next_look_at__isnull=False).exists()
    assert volume.lower_levels() == 0

    # What scripts count on is as the demo promises it.
    customer = User.objects.get(email="customer@example.com")
    assert not customer.orders.exists() and not Account.objects.filter(user=customer).exists()
    assert Promo.objects.get(code="WELCOME10").used == 0


def _empty() -> set[str]:
    """Lists of the back office that have nothing to look at."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(email="admin@example.com")
    return {model._meta.label for model, of in admin.site._registry.items() if not of.get_queryset(request).exists()}


def _asked(of: admin.ModelAdmin[Any], boss: User, rows: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """How many rows the list's first page shows, at most `rows`, and the statements that its rows, columns, filters and
    page numbers take."""
    monkeypatch.setattr(of, "list_per_page", rows)
    request = RequestFactory().get("/")
    request.user = boss
    with CaptureQueriesContext(connection) as asked:
        shown = of.get_changelist_instance(request)
        shown.formset = None
        list(results(shown))
        for one in shown.filter_specs:
            list(one.choices(shown))
    return len(shown.result_list), [one["sql"] for one in asked]


def _grows_with_the_shop(of: admin.ModelAdmin[Any], asked: list[str]) -> list[str]:
    """What of the list would read all rows of its table."""
    found = [sql for sql in asked if "COUNT(*)" in sql and "LIMIT" not in sql]
    found += [sql for sql in asked if "SELECT DISTINCT" in sql]
    found += ["date_hierarchy"] * (of.date_hierarchy is not None)
    has_own = type(of).get_search_results is not admin.ModelAdmin.get_search_results
    return found + ["search_fields"] * bool(of.search_fields and not has_own)


@pytest.mark.usefixtures("demo_shop", "loaded_month")
def test_every_list_takes_as_many_statements_however_many_rows_and_reads_no_table_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hang_on()
    boss = User.objects.get(email="admin@example.com")
    wrong: dict[str, object] = {}
    empty = set()
    for model, of in admin.site._registry.items():
        name = model._meta.label
        _few, less = _asked(of, boss, 2, monkeypatch)  # and what is asked once per process
        many, more = _asked(of, boss, 12, monkeypatch)
        if not len(more) <= len(less) <= STATEMENTS:
            wrong[name] = (len(less), more)
        # Others are the catalogue, or grow by the day.
        if isinstance(of, Bounded) and of.sortable_by is not None and (found := _grows_with_the_shop(of, more)):
            wrong[name] = found
        empty |= {name} if many < 3 else set()
    assert not wrong
    assert not GROWING & empty
