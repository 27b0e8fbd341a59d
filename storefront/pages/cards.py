"""Products as the tiles that home, search and category lists are made of."""

from __future__ import annotations

from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from storefront.catalogue.shop import ProductCard
from storefront.pages.shop import Shop


def closed_until(shop: Shop, card: ProductCard) -> str:
    return _("Open again at %(time)s") % {"time": shop.clock(card.closed_until)} if card.closed_until else ""


def percent_off(share: float) -> str:
    """A discount as tiles say it: whole percents, never more than it is; "" for none, tenths below one percent."""
    if share <= 0:
        return ""
    return str(int(share)) if share >= 1 else formats.number_format(int(share * 10) / 10)


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
