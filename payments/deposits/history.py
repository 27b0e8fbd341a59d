"""A member's deposits, as §41 lists and counts them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import User
from core.models import Region
from core.money import Money
from core.periods import Period
from payments.deposits.models import Deposit

Status = Deposit.Status
STATUSES = ("ALL", *(status.value for status in (Status.SUCCESS, Status.PENDING, Status.EXPIRED, Status.FAILED)))


@dataclass(frozen=True, slots=True)
class Overview:
    """Of region and period, whatever the page, status or search; `failed` counts the expired too."""

    deposits: int
    amount: Money
    success: int
    pending: int
    failed: int


def overview(user: User, region: Region, period: Period) -> Overview:
    counts = _of(user, region, period).aggregate(
        all=Count("pk"),
        amount=Sum("credited_minor"),
        success=Count("pk", filter=Q(status=Status.SUCCESS)),
        pending=Count("pk", filter=Q(status=Status.PENDING)),
    )
    return Overview(
        deposits=counts["all"],
        amount=Money(counts["amount"] or 0, region.currency),
        success=counts["success"],
        pending=counts["pending"],
        failed=counts["all"] - counts["success"] - counts["pending"],
    )


def deposits(user: User, region: Region, period: Period, *, status: str = "ALL", search: str = "") -> QuerySet[Deposit]:
    """Newest first; `status` one of STATUSES, `search` a part of the invoice number."""
    rows = _of(user, region, period)
    if status != "ALL":
        rows = rows.filter(status=status)
    if search:
        rows = rows.filter(number__contains=search)
    return rows.order_by("-created_at", "-id")


def _of(user: User, region: Region, period: Period) -> QuerySet[Deposit]:
    return Deposit.objects.filter(user=user, region=region, **period.on("created_at"))
