"""Writes the demo into the database: rows that are there are brought back to what the data say, never doubled."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from core.web import prebuilt
from demo.loading.base import load_base
from demo.loading.content import load_content
from demo.loading.goods import load_goods
from demo.loading.people import load_people
from demo.loading.prices import load_prices
from demo.loading.stock import load_stock
from demo.loading.supply import load_supply
from demo.loading.trade import load_channels, load_promos

__all__ = ["load", "load_people"]


@transaction.atomic
def load(now: datetime) -> dict[str, int]:
    """The whole demo stands; how many products, SKUs, prices, channels and promos of it there are."""
    regions = load_base()
    shelf = load_goods(regions)
    load_supply(shelf)
    load_stock(shelf)
    load_prices(shelf, now)
    channels = load_channels(regions)
    promos = load_promos(regions, shelf.products, channels, now)
    load_content(regions)
    load_people(regions)
    prebuilt.touch()
    return {
        "products": len(shelf.products),
        "SKUs": len(shelf.skus),
        "prices": len(shelf.prices),
        "channels": len(channels),
        "promos": promos,
    }
