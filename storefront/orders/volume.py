"""What a member has paid lately: the volume that decides the membership level."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from accounts.models import User
from core import rates
from core.money import Money
from storefront.orders.models import Order

CURRENCY = "IDR"
SPAN = timedelta(days=90)


def paid_volume(user: User, now: datetime) -> Money:
    """The totals of the member's successful orders of the last 90 days in IDR, other currencies at today's dated rate.

    A currency without a rate counts nothing until staff enter one.
    """
    orders = Order.objects.filter(user=user, status=Order.Status.SUCCESS, ended_at__gt=now - SPAN)
    sums: dict[str, int] = defaultdict(int)
    for currency, minor in orders.values_list("currency", "total_minor"):
        sums[currency] += minor
    volume = Money(0, CURRENCY)
    for currency, minor in sums.items():
        try:
            volume += rates.convert(Money(minor, currency), CURRENCY, now)
        except rates.NoRate:
            continue
    return volume
