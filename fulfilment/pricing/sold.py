"""The prices that the shop sells at: what is worked out, and what is closed when it costs too much."""

from __future__ import annotations

from django.db.models import QuerySet

from storefront.catalogue.models import SHOWN_OF_PRODUCT, SHOWN_OF_SKU, SkuPrice, without


def sold_prices() -> QuerySet[SkuPrice]:
    """Prices of active SKUs of active products in active regions, in the shop's order, SKU, product and region at hand
    without what only pages show."""
    rows = SkuPrice.objects.filter(sku__is_active=True, sku__product__is_active=True, region__is_active=True)
    shown = (
        *(column for column in without("sku__product", SHOWN_OF_PRODUCT) if column != "sku__product__position"),
        *(column for column in without("sku", SHOWN_OF_SKU) if column != "sku__position"),
    )
    order = ("sku__product__position", "sku__position", "pk")
    return rows.select_related("sku__product", "region").defer(*shown).order_by(*order)
