"""What of the shop a month's orders can be made of: items with price and supplier, accounts that fit, ways to pay."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.models import Region
from core.money import Money
from fulfilment.models import Route, SupplierProduct
from storefront.catalogue.models import Product, ProductField, SkuPrice
from storefront.channels.models import Channel

#: What sells most, against 1 for the rest.
_FAVOURITES = {"MLBB": 12, "FF": 9, "PUBGM": 6, "DANA": 4, "TELKOMSEL": 4, "BYU": 2}


@dataclass(frozen=True)
class Item:
    price: SkuPrice
    supplied: SupplierProduct
    weight: int


class Shop:
    """The demo's catalogue, read once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.regions = {region.code: region for region in Region.objects.all()}
        self.fields: defaultdict[int, list[ProductField]] = defaultdict(list)
        for field in ProductField.objects.order_by("position", "id"):
            self.fields[field.product_id].append(field)
        self.channels: defaultdict[str, list[Channel]] = defaultdict(list)
        for channel in Channel.objects.filter(is_active=True).order_by("position", "id"):
            self.channels[channel.region_id].append(channel)
        self.items: defaultdict[str, list[Item]] = defaultdict(list)
        self._read_items()

    def _read_items(self) -> None:
        routes: dict[tuple[int, str], Route] = {}
        for route in Route.objects.select_related("product__account").order_by("-priority", "-id"):
            routes[route.sku_id, route.region_id or ""] = route
        prices = SkuPrice.objects.filter(is_available=True).select_related("sku__product", "region")
        for price in prices.order_by("sku__product__position", "sku__position"):
            found = routes.get((price.sku_id, price.region_id)) or routes.get((price.sku_id, ""))
            sku = price.sku
            if found is None or sku.gives_code or not self.fields[sku.product_id]:
                continue
            weight = _FAVOURITES.get(sku.product.code, 1) * (3 if sku.is_featured else 1)
            self.items[price.region_id].append(Item(price, found.product, weight))

    def account(self, product: Product, draw: random.Random) -> list[dict[str, str]] | None:
        """An account that the product's fields take; None where such a one is hard to make up."""
        filled = []
        for field in self.fields[product.pk]:
            value = _value(field, draw)
            if field.pattern and not re.fullmatch(field.pattern, value):
                return None
            filled.append({"key": field.key, "name": field.name.get("en") or field.key, "value": value})
        return filled

    def way_to_pay(self, region: str, total: Money, draw: random.Random, *, balance: bool) -> Channel | None:
        """A channel whose limits take the total; the member's balance where `balance`."""
        kind = Channel.Kind.BALANCE
        fitting = [
            one
            for one in self.channels[region]
            if one.for_purchase and (one.kind == kind) == balance and one.min_minor <= total.minor <= one.max_minor
        ]
        return draw.choices(fitting, [6 if one.is_featured else 1 for one in fitting])[0] if fitting else None


def _value(field: ProductField, draw: random.Random) -> str:
    if field.type == ProductField.Type.SELECT:
        options: list[dict[str, Any]] = field.options
        return str(draw.choice(options)["value"]) if options else ""
    if field.type == ProductField.Type.EMAIL:
        return f"pemain{draw.randrange(10**6)}@tamu.example"
    if "08" in field.pattern or field.placeholder.startswith("08"):
        return "0812" + "".join(draw.choices("123456789", k=8))
    length = max(field.min_length, min(field.max_length, 4 if field.key.lower().startswith("zone") else 10))
    # No other test or script of this project begins its players with 88.
    head = "88" if length >= 8 else ""
    return head + "".join(draw.choices("123456789", k=length - len(head)))
