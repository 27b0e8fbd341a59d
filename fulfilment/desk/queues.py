"""What waits for a person at the order desk: how much, since when, and the oldest of it. Counts stop at a hundred, so
that a queue of a million costs what a queue of a hundred does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.approvals.models import Approval
from core.errors import Text
from core.models import StaffCase
from fulfilment import promises
from fulfilment.models import ProblemReport
from payments.models import Payout
from storefront.orders.models import Order

MOST_COUNTED = 100
SHOWN = 8
_PAYMENTS = (
    "refund-review", "strange-money", "refund-strange", "payment-challenge", "payment-reversed", "deposit-odd",
)  # fmt: skip
# Money in another amount than asked for stands in two queues: its payment was wrong, and its refund waits.
_REFUNDS = ("refund-review", "refund-second-person", "refund-unknown", "refund-unclaimed", "refund-odd")
# These have a queue of their own.
_ELSEWHERE = (*_PAYMENTS, *_REFUNDS, "problem", "payout")


@dataclass(frozen=True, slots=True)
class Queue:
    """`rows`: those that wait, the oldest first; `since` and `told` of one; `page`: of which model its page is."""

    code: str
    title: Text
    meaning: Text
    permission: str
    rows: Callable[[datetime], QuerySet[Any]]
    since: Callable[[Any], datetime]
    told: Callable[[Any], str]
    page: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A queue at one moment. `is_more`: there are more than `count`; `oldest`: since when the first one waits."""

    queue: Queue
    count: int
    is_more: bool
    oldest: datetime | None
    rows: list[Any]


def open_cases() -> QuerySet[StaffCase]:
    """All that only a person can decide, the oldest first."""
    return StaffCase.objects.filter(state=StaffCase.State.OPEN).select_related("assigned_to").order_by("opened_at")


def counted(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many wait, no further than MOST_COUNTED; whether there are more. One bounded statement."""
    count = rows.order_by()[: MOST_COUNTED + 1].count()
    return min(count, MOST_COUNTED), count > MOST_COUNTED


def _cases(*kinds: str) -> QuerySet[StaffCase]:
    return open_cases().filter(kind__in=kinds) if kinds else open_cases().exclude(kind__in=_ELSEWHERE)


def _late(now: datetime) -> QuerySet[Order]:
    """Paid, not ended, and over the promise of the product; by the index of what is under way."""
    return promises.late(now).filter(status=Order.Status.PROCESSING).order_by("pk")


def _case_told(case: StaffCase) -> str:
    about, whose = (f"{case.about} · " if case.about else ""), (f" · {case.assigned_to}" if case.assigned_to else "")
    return f"{about}{case.title}{whose}"


def _case_queue(code: str, title: Text, meaning: Text, *kinds: str) -> Queue:
    listed = "state__exact=OPEN" + (f"&kind__in={','.join(kinds)}" if kinds else "")
    return Queue(
        code, title, meaning, "core.change_staffcase", lambda now: _cases(*kinds), lambda one: one.opened_at,
        _case_told, "core_staffcase", listed,
    )  # fmt: skip


QUEUES = (
    _case_queue(
        "cases", _("Needs a person"), _("Only a person can decide these. The case's page says what may be done.")
    ),
    Queue(
        "late", _("Over their promise"), _("Paid and not delivered in the promised time; the customer was told why."),
        "storefront.view_order", _late, lambda one: one.over_at,
        lambda one: f"{one.number} · {one.sku_name} · {one.inputs}", "storefront_order", "status__exact=PROCESSING",
    ),
    _case_queue(
        "payments", _("Late or wrong payments"),
        _("Money that came otherwise than asked for, or that a gateway holds or took back."), *_PAYMENTS,
    ),
    _case_queue(
        "refunds", _("Refunds to decide"),
        _("A person decides whether this money goes back and where to, or looks up whether it went."), *_REFUNDS,
    ),
    Queue(
        "approvals", _("Approvals"), _("Somebody asked for these; another person approves or refuses."),
        "core.view_approval", lambda now: Approval.objects.filter(state=Approval.State.WAITING).order_by("expires_at"),
        lambda one: one.asked_at, lambda one: f"{one.about} · {one.title} · {one.asked_by}", "core_approval",
        "state__exact=WAITING",
    ),
    Queue(
        "payouts", _("Pay-outs"), _("One person compares and prepares, another approves and pays."),
        "payments.change_payout",
        lambda now: Payout.objects.filter(state__in=Payout.OPEN).select_related("refund").order_by("pk"),
        lambda one: one.created_at, lambda one: f"{one.refund.reference} · {one.get_state_display()}",
        "payments_payout",
    ),
    Queue(
        "problems", _("Problem reports"), _("Customers wait for an answer."), "fulfilment.change_problemreport",
        lambda now: ProblemReport.objects.filter(state=ProblemReport.State.OPEN).select_related("order").order_by("pk"),
        lambda one: one.created_at, lambda one: f"{one.order.number} · {one.get_topic_display()}",
        "fulfilment_problemreport", "state__exact=OPEN",
    ),
)  # fmt: skip
BY_CODE = {queue.code: queue for queue in QUEUES}


def standing(may: Callable[[str], bool], now: datetime | None = None) -> list[Standing]:
    """The queues of which the reader `may` have the permission, in the order of a working day; two bounded statements
    for each."""
    moment = now or timezone.now()
    found = []
    for queue in QUEUES:
        if not may(queue.permission):
            continue
        rows = queue.rows(moment)
        oldest = list(rows[:SHOWN])
        count, is_more = (len(oldest), False) if len(oldest) < SHOWN else counted(rows)
        since = min((queue.since(one) for one in oldest), default=None)
        found.append(Standing(queue, count, is_more, since, oldest))
    return found
