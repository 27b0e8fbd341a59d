"""The supplier accounts, what of their catalogues the demo sells, and the routes of every SKU in every region."""

from __future__ import annotations

import re

from demo.catalogue.digiflazz import FIRST, SECOND, aliases
from demo.catalogue.shelf import SHELF
from demo.loading.goods import Shelf
from demo.loading.rows import upsert
from fulfilment.models import Route, SkuPart, SupplierAccount, SupplierProduct

ACCOUNT = "gemgo"
#: The supplier's names of games differ from ours here and there; `sync_supplier` brings its own.
_GAME_NAMES = {"mlbb": "Mobile Legends", "mlbb_id": "Mobile Legends Indonesia", "freefire_global": "Free Fire Global"}


def load_supply(shelf: Shelf) -> None:
    _load_gemgo(shelf)
    _load_digiflazz(shelf)
    SkuPart.objects.bulk_create(
        [
            SkuPart(sku=shelf.skus[item.code], part=shelf.skus[part], times=times)
            for goods in SHELF
            for item in goods.items
            for part, times in item.parts.items()
        ],
        ignore_conflicts=True,
    )


def _load_gemgo(shelf: Shelf) -> None:
    account, _ = SupplierAccount.objects.get_or_create(code=ACCOUNT, defaults={"name": "GemGo", "currency": "USD"})
    offered = {
        supply.code: SupplierProduct(
            account=account,
            game_code=supply.game,
            game_name=_GAME_NAMES.get(supply.game, goods.title or goods.name),
            code=supply.code,
            name=supply.name,
            cost_minor=supply.cost,
        )
        for goods in SHELF
        if not goods.from_stock
        for item in goods.items
        for supply in item.supplies.values()
    }
    stored = upsert(list(offered.values()), ["account", "code"], ["game_code", "game_name", "name", "cost_minor"])
    by_code = {row.code: row for row in stored}
    elsewhere_first = {alias.item for alias in aliases() if alias.priority == FIRST}
    routes = [
        Route(
            sku=shelf.skus[item.code],
            region_id=region,
            product=by_code[item.supplies[game].code],
            priority=SECOND if region == "ID" and item.code in elsewhere_first else FIRST,
        )
        for goods in SHELF
        if not goods.from_stock
        for item in goods.items
        for region, game in goods.games.items()
        if game in item.supplies
    ]
    # Priorities and switches of routes belong to whoever runs the shop: they are not set back.
    Route.objects.bulk_create(routes, ignore_conflicts=True)


def _load_digiflazz(shelf: Shelf) -> None:
    account, _ = SupplierAccount.objects.get_or_create(
        code="digiflazz", defaults={"name": "Digiflazz", "currency": "IDR"}
    )
    sold = [alias for alias in aliases() if alias.item in shelf.skus]
    stored = upsert(
        [
            SupplierProduct(
                account=account,
                game_code=re.sub(r"[^a-z0-9]+", "_", alias.brand.lower()).strip("_"),
                game_name=alias.brand,
                code=alias.sku,
                name=alias.name,
                cost_minor=alias.cost,
                customer_format=alias.customer_format,
            )
            for alias in sold
        ],
        ["account", "code"],
        ["game_code", "game_name", "name", "cost_minor", "customer_format"],
    )
    by_code = {row.code: row for row in stored}
    Route.objects.bulk_create(
        [
            Route(sku=shelf.skus[alias.item], region_id="ID", product=by_code[alias.sku], priority=alias.priority)
            for alias in sold
        ],
        ignore_conflicts=True,
    )
