"""A member's orders, as §38 lists and counts them and §40 adds them up by day. Days are Jakarta's, by when an order was
placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from core.models import Region
from core.money import Money
from core.periods import Period
from core.regions import JAKARTA
from storefront.orders.models import Order

Status = Order.Status
#: By the API's words. What expired has failed, as in the overview (decisions, API); PAID is told as PROCESSING.
BY_STATUS: dict[str, tuple[str, ...]] = {
    "ALL": (),
    "SUCCESS": (Status.SUCCESS,),
    "PROCESSING": (Status.PAID, Status.PROCESSING),
    "PENDING": (Status.PENDING,),
    "FAILED": (Status.FAILED, Status.EXPIRED),
}
BY_PAYMENT: dict[str, tuple[str, ...]] = {
    "": (),
    "PAID": (Status.PAID, Status.PROCESSING, Status.SUCCESS, Status.FAILED),
    "UNPAID": (Status.PENDING,),
    "EXPIRED": (Status.EXPIRED,),
}


@dataclass(frozen=True, slots=True)
class Overview:
    """Of region and period, whatever the page, filters or search; the four counts add up to `transactions`, and
    `purchase` is what the successful ones cost."""

    transactions: int
    purchase: Money
    success: int
    processing: int
    pending: int
    failed: int


def overview(user: User, region: Region, period: Period) -> Overview:
    counted = {
        row["status"]: row
        for row in _of(user, region, period).values("status").annotate(n=Count("pk"), sum=Sum("total_minor")).order_by()
    }

    def count(name: str) -> int:
        return sum(counted[status]["n"] for status in BY_STATUS[name] if status in counted)

    success = counted.get(Status.SUCCESS)
    return Overview(
        transactions=sum(row["n"] for row in counted.values()),
        purchase=Money(success["sum"] if success else 0, region.currency),
        success=count("SUCCESS"),
        processing=count("PROCESSING"),
        pending=count("PENDING"),
        failed=count("FAILED"),
    )


def transactions(
    user: User, region: Region, period: Period, *, status: str = "ALL", payment: str = "", search: str = ""
) -> QuerySet[Order]:
    """Newest first; `status` a key of BY_STATUS, `payment` one of BY_PAYMENT, `search` a part of the number."""
    rows = _of(user, region, period)
    for asked in (BY_STATUS[status], BY_PAYMENT[payment]):
        if asked:
            rows = rows.filter(status__in=asked)
    if search:
        rows = rows.filter(number__contains=search)
    return rows.order_by("-created_at", "-id")


@dataclass(frozen=True, slots=True)
class Day:
    """What succeeded of the orders placed on one day."""

    date: date
    transactions: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all days of a report; highest and lowest are None where there is no day."""

    days: int
    transactions: int
    amount: Money
    average: Decimal
    highest: Day | None
    lowest: Day | None


def report(user: User, region: Region, period: Period) -> list[Day]:
    """Days with successful orders, newest first."""
    rows = (
        _of(user, region, period)
        .filter(status=Status.SUCCESS)
        .values(day=TruncDate("created_at", tzinfo=JAKARTA))
        .annotate(n=Count("pk"), sum=Sum("total_minor"))
        .order_by("-day")
    )
    return [Day(row["day"], row["n"], Money(row["sum"], region.currency)) for row in rows]


def summary(days: Sequence[Day], currency: str) -> Summary:
    amount = Money(sum(day.amount.minor for day in days), currency)
    average = (amount.major / len(days)).quantize(Decimal("0.01"), ROUND_HALF_UP) if days else Decimal(0)
    return Summary(
        days=len(days),
        transactions=sum(day.transactions for day in days),
        amount=amount,
        average=average,
        highest=max(days, key=lambda day: day.amount.minor, default=None),
        lowest=min(days, key=lambda day: day.amount.minor, default=None),
    )


def _of(user: User, region: Region, period: Period) -> QuerySet[Order]:
    return Order.objects.filter(Q(user=user, region=region), **period.on("created_at"))
