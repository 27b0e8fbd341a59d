"""Orders and wallet rows of the past, for tests of what a member reads about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from core.regions import JAKARTA
from storefront.orders.models import Order
from tests.storefront import factories


def jakarta(text: str) -> datetime:
    """2025-09-25 10:30 by Jakarta's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)


def order_of(user: User | None, status: str = "SUCCESS", at: str = "2025-09-25 10:30", **quote: Any) -> Order:
    """An order as it would stand now, without the ways there; `quote` as the factories take it."""
    order = factories.order(user=user, **quote)
    when = jakarta(at)
    is_paid = status not in ("PENDING", "EXPIRED")
    units = {"delivered": order.quantity} if status == "SUCCESS" else {}
    Order.objects.filter(pk=order.pk).update(
        status=status, created_at=when, paid_at=when if is_paid else None, updated_at=when, **units
    )
    order.refresh_from_db()
    return order
