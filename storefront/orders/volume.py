"""What a member has paid lately, and the membership level that follows from it: raised when an order succeeds, lowered
by a nightly job."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction
from django.db.models import F, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts import levels
from accounts.models import Level, User
from core import audit, rates
from core.cases import open_case
from core.money import Money
from core.regions import JAKARTA
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
CURRENCY = levels.CURRENCY
SPAN = timedelta(days=90)
_BY = "membership"


def paid_volume(user: User, now: datetime) -> Money:
    """What was paid for what arrived of the member's orders of the last 90 days, in IDR; other currencies at the rate
    of the day they were paid on.

    A currency without a rate counts nothing until staff enter one; a case tells them.
    """
    paid = Order.objects.filter(user=user, status=Order.Status.SUCCESS, paid_at__gt=now - SPAN)
    kept = F("total_minor") * (F("delivered") * F("shares") + F("part_shares")) / (F("quantity") * F("shares"))
    at_home = paid.filter(currency=CURRENCY).aggregate(sum=Sum(kept))["sum"] or 0
    volume = Money(at_home, CURRENCY)
    elsewhere = (
        paid.exclude(currency=CURRENCY)
        .values("currency", day=TruncDate("paid_at", tzinfo=JAKARTA))
        .annotate(sum=Sum(kept), at=Max("paid_at"))
        .order_by()
    )
    for row in elsewhere:
        try:
            volume += rates.convert(Money(row["sum"], row["currency"]), CURRENCY, row["at"])
        except rates.NoRate:
            rate_missing(row["currency"])
    return volume


def rate_missing(currency: str) -> None:
    """Staff know that nobody can say what the currency is worth."""
    open_case(
        "rate-missing",
        f"rate-missing:{currency}:{CURRENCY}",
        f"There is no rate from {currency} to {CURRENCY}",
        actions="Enter one, dated back: until then nothing paid in it counts for membership or points.",
    )


def raise_level(user_id: int, now: datetime | None = None) -> bool:
    """The member's level is no lower than the paid volume says; True if it rose.

    Called in the transaction in which an order succeeded. The member's row is locked first: the nightly job cannot
    lower what this order has just earned.
    """
    return _set_level(user_id, now or timezone.now(), may_lower=False)


def lower_levels(now: datetime | None = None) -> int:
    """Every member has the level that the paid volume says; how many levels changed. Nightly."""
    moment = now or timezone.now()
    changed = 0
    for user_id in list(User.objects.exclude(level=Level.CLASSIC).values_list("pk", flat=True)):
        try:
            changed += _set_level(user_id, moment, may_lower=True)
        except Exception:
            # Whatever nobody foresaw about one member, the others get their level; the next night tries again.
            logger.exception("level of user %s", user_id)
    return changed


@transaction.atomic
def _set_level(user_id: int, now: datetime, *, may_lower: bool) -> bool:
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    earned, before = levels.level_of(paid_volume(user, now)), user.level
    order = _ranks()
    if earned == before or (order[earned] < order[before] and not may_lower):
        return False
    user.level = earned
    user.save(update_fields=["level", "updated_at"])
    audit.record(_BY, "level", f"user:{user.public_id}", before=before, after=earned)
    return True


@cache
def _ranks() -> dict[str, int]:
    return {level: rank for rank, level in enumerate(levels.TERMS)}
