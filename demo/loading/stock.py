"""Codes for the vouchers that are sold from stock: made up, and worth nothing anywhere."""

from __future__ import annotations

import hashlib

from core.money import Money
from demo.catalogue.shelf import SHELF
from demo.loading.goods import Shelf
from fulfilment.codes import importing, stock

_MANY, _FEW = 25, 4
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def load_stock(shelf: Shelf) -> None:
    """Every such SKU has codes to sell, one of each product only a few; what is there already stays as it is."""
    prices = {price.sku_id: price for price in shelf.prices if price.region_id == "ID"}
    for goods in SHELF:
        if not goods.from_stock:
            continue
        for position, item in enumerate(goods.items):
            sku = shelf.skus[item.code]
            pile = stock.open_for(sku, by="demo", low_at=5)
            if pile.batches.exists():
                continue
            currency = pile.product.account.currency
            cost = Money(prices[sku.pk].price_minor * 94 // 100, currency)
            count = _FEW if position == 1 else _MANY
            lines = "\n".join(_made_up(item.code, number) for number in range(count))
            batch = importing.draft(
                pile, lines.encode(), file_name="demo.txt", cost=cost, expires_on=None, note="demo", by="demo"
            )
            importing.put_on_sale(batch, by="demo")


def _made_up(code: str, number: int) -> str:
    """DEMO-XXXX-XXXX-XXXX, the same each time."""
    drawn = hashlib.sha256(f"{code}:{number}".encode()).digest()
    signs = "".join(_SIGNS[byte % len(_SIGNS)] for byte in drawn[:12])
    return "-".join(("DEMO", signs[:4], signs[4:8], signs[8:]))
