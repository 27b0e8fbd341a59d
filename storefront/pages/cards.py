"""Products as the tiles that home, search and category lists are made of."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from storefront.catalogue.shop import ProductCard
from storefront.pages.shop import Shop


def closed_until(shop: Shop, card: ProductCard) -> str:
    return _("Open again at %(time)s") % {"time": shop.clock(card.closed_until)} if card.closed_until else ""


def tile(shop: Shop, card: ProductCard) -> dict[str, Any]:
    """The context of storefront/partials/card.html."""
    return {
        "code": card.code,
        "title": card.name,
        "publisher": card.publisher,
        "url": shop.url(card.slug),
        "thumbnail": card.thumbnail,
        "is_available": card.is_available,
        "closed_reason": closed_until(shop, card) or card.closed_reason,
        "from_price": str(card.lowest) if card.lowest else "",
        "tags": card.tags,
        "badge": None,
    }
