"""What members pay less: staff-set percentages per product and level, within the levels' caps."""

from __future__ import annotations

from decimal import Decimal

from accounts import levels
from accounts.models import Level
from core.money import Money
from storefront.catalogue.models import MemberDiscount


def percent(product_id: int, level: str) -> Decimal:
    """How much less members of `level` ("": a guest) pay for the product. One SELECT, none where there is no discount
    for the level."""
    cap = levels.TERMS[level].discount_cap if level else 0
    if not cap:
        return Decimal(0)
    found = MemberDiscount.objects.filter(product_id=product_id, level=level).values_list("percent", flat=True).first()
    return min(found or Decimal(0), Decimal(cap))


def price(public: Money, off: Decimal) -> Money:
    """What a member pays for one unit: `off` percent less, the discount rounded half up once, and never nothing."""
    if not off:
        return public
    return max(public - public.percent(off), Money(1, public.currency), key=lambda amount: amount.minor)


def discounts(level: str) -> dict[int, Decimal]:
    """percent by product id for a level: what the shelf shows to a member. One SELECT."""
    if level not in (Level.PRESTIGE, Level.ROYAL):
        return {}
    return dict(MemberDiscount.objects.filter(level=level).values_list("product_id", "percent"))


def all_percents() -> dict[tuple[int, str], Decimal]:
    """`percent` of every product and level that has one, by (product id, level). One SELECT."""
    rows = MemberDiscount.objects.values_list("product_id", "level", "percent")
    return {(product, level): min(off, Decimal(levels.TERMS[level].discount_cap)) for product, level, off in rows}
