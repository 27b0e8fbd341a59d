"""What waits for a person, for whoever may see it: counts that stop at a hundred, and where to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import Text
from core.models import StaffCase
from core.reconciliation.models import Discrepancy
from fulfilment.models import Attempt, ProblemReport, Statement, SupplierAccount, TopUp
from payments.models import Payout
from storefront.catalogue.models import ProductClosure
from storefront.promos.models import Promo

MOST_COUNTED = 100
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait; `permission` to act on them (or, where nobody acts, to see them), and their list."""

    title: Text
    icon: str
    permission: str
    rows: Callable[[datetime], QuerySet[Any]]
    page: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    title: Text
    icon: str
    count: str
    is_empty: bool
    url: str


_REFUND_CASES = ("refund-review", "refund-second-person")
_OPEN_CASES = StaffCase.objects.filter(state=StaffCase.State.OPEN)
QUEUES = (
    Queue(
        _("Cases"), "front_hand", "core.change_staffcase",
        lambda now: _OPEN_CASES.all(), "core_staffcase", "state__exact=OPEN",
    ),
    Queue(
        _("Problem reports"), "report", "fulfilment.change_problemreport",
        lambda now: ProblemReport.objects.filter(state=ProblemReport.State.OPEN), "fulfilment_problemreport",
        "state__exact=OPEN",
    ),
    Queue(
        _("Refunds to decide"), "undo", "payments.change_refund",
        lambda now: _OPEN_CASES.filter(kind__in=_REFUND_CASES), "payments_refund", "state__exact=REVIEW",
    ),
    Queue(
        _("Pay-outs"), "payments", "payments.change_payout",
        lambda now: Payout.objects.filter(state__in=Payout.OPEN), "payments_payout",
    ),
    Queue(
        _("Discrepancies"), "compare_arrows", "core.change_discrepancy",
        lambda now: Discrepancy.objects.filter(state=Discrepancy.State.OPEN), "core_discrepancy", "state__exact=OPEN",
    ),
    Queue(
        _("Statements to explain"), "account_balance", "fulfilment.change_statement",
        lambda now: Statement.objects.filter(closed_at__isnull=False, explained_at=None).exclude(rest_minor=0),
        "fulfilment_statement",
    ),
    Queue(
        _("Purchases with an unknown outcome"), "help", "fulfilment.change_attempt",
        lambda now: Attempt.objects.filter(state=Attempt.State.UNKNOWN), "fulfilment_attempt", "state__exact=UNKNOWN",
    ),
    Queue(
        _("Units on hold"), "pause_circle", "fulfilment.view_topup",
        lambda now: TopUp.objects.filter(state=TopUp.State.QUEUED).exclude(waits_for=""), "fulfilment_topup",
        "state__exact=QUEUED",
    ),
    Queue(
        _("Suppliers paused or left alone"), "local_shipping", "fulfilment.change_supplieraccount",
        lambda now: SupplierAccount.objects.filter(
            Q(paused_at__isnull=False) | Q(circuit_opened_at__isnull=False), is_active=True
        ),
        "fulfilment_supplieraccount",
    ),
    Queue(
        _("Products closed right now"), "schedule", "storefront.change_productclosure",
        lambda now: ProductClosure.objects.filter(starts_at__lte=now, ends_at__gt=now), "storefront_productclosure",
    ),
    Queue(
        _("Promos that end within a week"), "redeem", "storefront.change_promo",
        lambda now: Promo.objects.filter(is_active=True, expires_at__gt=now, expires_at__lt=now + _SOON),
        "storefront_promo",
    ),
    Queue(
        _("Promos that are nearly used up"), "redeem", "storefront.change_promo",
        lambda now: Promo.objects.filter(is_active=True, max_usage__gt=0, used__gte=F("max_usage") * 9 / 10).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        ),
        "storefront_promo",
    ),
)  # fmt: skip


def waiting(user: User) -> list[Waiting]:
    """What waits for this person, the fullest queues first; a bounded statement for each."""
    now = timezone.now()
    found = []
    for queue in QUEUES:
        if not user.has_perm(queue.permission):
            continue
        count = queue.rows(now).order_by()[: MOST_COUNTED + 1].count()
        url = reverse(f"admin:{queue.page}_changelist") + (f"?{queue.query}" if queue.query else "")
        told = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
        found.append((count, Waiting(queue.title, queue.icon, told, not count, url)))
    return [one for _count, one in sorted(found, key=lambda pair: -pair[0])]
