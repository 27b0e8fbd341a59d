"""A product that is a code, a stock of codes for it, and the clock of whoever waits for one."""

from __future__ import annotations

from typing import Any

from core.money import Money
from fulfilment import sending, taking
from fulfilment.codes import importing, stock
from fulfilment.models import CodeBatch, CodeStock
from storefront.catalogue.models import Sku
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.storefront import factories

COST = Money(45_000, "IDR")


def voucher(code: str = "STEAM_60000", **more: Any) -> Sku:
    """A SKU at 49450 rupiah whose product asks for nothing: the code is shown on the invoice."""
    product = factories.product("STEAM", fields=[], zone_field="", promise_seconds=600)
    return factories.sku(code, of=product, name="Steam Wallet Rp60.000", **more)


def opened(sku: Sku | None = None, *, low_at: int = 2) -> CodeStock:
    """The empty stock of a SKU."""
    factories.region("ID")
    return stock.open_for(sku or voucher(), by="test", low_at=low_at)


def numbers(count: int, first: int = 1) -> list[str]:
    return [f"STEAM-{number:04d}-KODE" for number in range(first, first + count)]


def draft(to: CodeStock, content: str, **more: Any) -> CodeBatch:
    defaults: dict[str, Any] = {"file_name": "codes.csv", "cost": COST, "expires_on": None, "note": "", "by": "staff"}
    return importing.draft(to, content.encode(), **(defaults | more))


def fill(to: CodeStock, count: int = 1, first: int = 1) -> list[str]:
    """That many codes are on sale."""
    codes = numbers(count, first)
    importing.put_on_sale(draft(to, "\n".join(codes)), by="staff")
    return codes


def paid(to: CodeStock, **more: Any) -> Order:
    """A PAID order for the stock's SKU."""
    return desk.paid(sku=Sku.objects.get(code=to.product.code), **({"fields": []} | more))


def work() -> None:
    """What the workers do at once: take what is paid, send what is due."""
    for group in taking.take():
        for topup_id in group:
            sending.send(topup_id)
    for topup_id in sending.due(200):
        sending.send(topup_id)
