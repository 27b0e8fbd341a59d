"""What the invoice says of an order's codes before its owner asks to see them."""

from __future__ import annotations

from typing import Any

from core.translated import pick
from fulfilment.codes import revealing
from storefront.orders.models import Order
from storefront.pages.shop import Shop


def codes_shown(order: Order, shop: Shop, base: str, suffix: str) -> dict[str, Any] | None:
    """The context `invoice.codes` of templates/fulfilment/fragments/codes.html, for the owner; None without codes."""
    rows = revealing.masked(order)
    if not rows:
        return None
    return {
        "url": f"{base}/codes{suffix}",
        "rows": [
            {
                "unit": row.unit,
                "masked": row.masked,
                "seen_text": shop.clock(row.seen_at) if row.seen_at else "",
                "expires_on": row.expires_on,
            }
            for row in rows
        ],
        "quantity": order.quantity,
        "how_to_redeem": pick(order.product.how_to_redeem, shop.language) or [],
    }
