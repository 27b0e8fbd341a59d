"""How a member stands with the shop: the level with the way to the next one, and points with what they are worth."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import levels
from accounts.models import Level, User
from core import rates
from core.money import Money
from payments.points import services as points
from storefront.orders.volume import paid_volume
from storefront.pages.shop import Shop


def standing(user: User) -> dict[str, Any]:
    """The member's level and how far it is to the next one."""
    progress = levels.progress(user.level, paid_volume(user, timezone.now()))
    above = progress.next_level
    missing = progress.target - progress.current
    return {
        "code": user.level,
        "name": Level(user.level).label,
        "current": str(progress.current),
        "target": str(progress.target),
        "missing": str(missing) if above and missing.minor > 0 else "",
        "percent": str(progress.percentage.quantize(1) if above else 100),
        "gate_open": float(progress.percentage) / 100,
        "next": Level(above).label if above else "",
    }


def points_shown(user: User, shop: Shop) -> dict[str, Any]:
    """How many points there are and what they would become; no worth where the currency has no rate."""
    held = points.balance(user)
    try:
        worth = points.worth(held, shop.region.currency, timezone.now())
    except rates.NoRate:
        return {"count": str(Money(held, "PTS")), "minor": held, "worth": ""}
    return {"count": str(Money(held, "PTS")), "minor": held, "worth": str(worth) if worth else ""}
