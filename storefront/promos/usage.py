"""What a promo has given away: by day, and the orders that used it last. Bounded however often it was used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum

from core.money import Money
from storefront.promos.models import Promo, PromoSlot
from storefront.promos.services import today

DAYS = 30
MOST_SLOTS = 50


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    uses: int
    given: Money


@dataclass(frozen=True, slots=True)
class Usage:
    """`days` are the last 30 with a use, newest first, by the promo's region; `slots` the last 50 that are held."""

    days: list[Day]
    slots: list[PromoSlot]

    @property
    def most_given(self) -> int:
        return max((day.given.minor for day in self.days), default=0)


def of(promo: Promo, now: datetime) -> Usage:
    """Two statements over the index of held slots by promo and day."""
    held = PromoSlot.objects.filter(promo=promo, released_at=None)
    since = today(promo, now) - timedelta(days=DAYS - 1)
    rows = held.filter(day__gte=since).values_list("day").annotate(Count("pk"), Sum("discount_minor")).order_by("-day")
    currency = promo.region.currency
    return Usage(
        days=[Day(day, uses, Money(given or 0, currency)) for day, uses, given in rows],
        slots=list(held.order_by("-day", "-pk")[:MOST_SLOTS]),
    )
