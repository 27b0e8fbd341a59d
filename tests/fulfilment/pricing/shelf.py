"""A SKU with a cost, a rate, an ending and a rule, to make prices of: US$2.64 at 16,400 is Rp43.296."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.models import ExchangeRate
from fulfilment.models import MarginRule, PriceEnding, PriceLine, Route, SupplierProduct
from fulfilment.pricing import drafts
from fulfilment.pricing.working import Worked, work_out_all
from storefront.catalogue.models import Sku, SkuPrice
from tests.fulfilment import desk
from tests.storefront import factories

COST = 43_296


def shop(sku: str = "MLBB_172", price: int = 49_450, cost: int = 264, **rule: Any) -> Sku:
    """The SKU costs US$2.64 and is sold at Rp49.450 in ID; a rule for everything adds 12 %, prices end in …50."""
    row = factories.sku(sku, prices={"ID": (price, price)})
    route(row, cost=cost)
    rate()
    PriceEnding.objects.get_or_create(currency="IDR", defaults={"step_minor": 100, "ending_minor": 50})
    margin(**rule)
    return row


def margin(name: str = "all", percent: str = "12", **more: Any) -> MarginRule:
    scope = {key: more.get(key) for key in ("sku", "product", "region")} | {"level": more.get("level", "")}
    row, _ = MarginRule.objects.update_or_create(**scope, defaults={"name": name, "percent": Decimal(percent)} | more)
    return row


def route(
    sku: Sku, *, cost: int = 264, code: str = "", priority: int = 0, region: str | None = None
) -> SupplierProduct:
    product, _ = SupplierProduct.objects.update_or_create(
        account=desk.account(),
        code=code or f"g_{sku.code.lower()}",
        defaults={"game_code": "mlbb_id", "name": code or sku.name, "cost_minor": cost, "is_active": True},
    )
    where = factories.region(region) if region else None
    Route.objects.get_or_create(sku=sku, region=where, product=product, defaults={"priority": priority})
    return product


def rate(value: str = "16400", base: str = "USD", quote: str = "IDR", days_ago: float = 1) -> None:
    since = timezone.now() - timedelta(days=days_ago)
    ExchangeRate.objects.create(base=base, quote=quote, rate=Decimal(value), valid_from=since)


def line(sku: str = "MLBB_172", region: str = "ID") -> Worked:
    """The price as it would be worked out now."""
    found = [
        one for one in work_out_all(timezone.now()).lines if (one.row.sku.code, one.row.region_id) == (sku, region)
    ]
    assert len(found) == 1
    return found[0]


def price(sku: str = "MLBB_172", region: str = "ID") -> int:
    return SkuPrice.objects.get(sku__code=sku, region=region).price_minor


def drafted(sku: str = "MLBB_172", region: str = "ID") -> PriceLine:
    return PriceLine.objects.filter(sku__code=sku, region=region).latest("id")


def published(by: str = "ani") -> Any:
    return drafts.publish(drafts.make(by), by=by, why="new month")
