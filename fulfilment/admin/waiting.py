"""What waits for a person, for whoever may see it: how much, and where to go on. What is a queue of the order desk is
counted and listed as the desk does."""

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
from core.approvals.models import Approval
from core.errors import Text
from core.reconciliation.models import Discrepancy
from fulfilment.desk import queues
from fulfilment.models import Attempt, Statement, SupplierAccount, TopUp
from storefront.catalogue.models import ProductClosure
from storefront.promos.models import Promo

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


def _of_the_desk(code: str, icon: str, permission: str = "") -> Queue:
    queue = queues.BY_CODE[code]
    return Queue(queue.title, icon, permission or queue.permission, queue.rows, queue.page, queue.query)


QUEUES = (
    Queue(
        _("Cases"), "front_hand", "core.change_staffcase",
        lambda now: queues.open_cases(), "core_staffcase", "state__exact=OPEN",
    ),
    _of_the_desk("problems", "report"),
    _of_the_desk("refunds", "undo", "payments.change_refund"),
    _of_the_desk("payouts", "payments"),
    Queue(
        _("Approvals"), "how_to_reg", "core.view_approval",
        lambda now: Approval.objects.filter(state=Approval.State.WAITING), "core_approval", "state__exact=WAITING",
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
        count, is_more = queues.counted(queue.rows(now))
        url = reverse(f"admin:{queue.page}_changelist") + (f"?{queue.query}" if queue.query else "")
        told = f"{count}+" if is_more else str(count)
        found.append((count, is_more, Waiting(queue.title, queue.icon, told, not count, url)))
    return [one for _count, _is_more, one in sorted(found, key=lambda row: row[:2], reverse=True)]
