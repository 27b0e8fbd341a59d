"""The supplier account, what of its catalogue the demo sells, and the route of every SKU in every region."""

from __future__ import annotations

from demo.catalogue.shelf import SHELF
from demo.loading.goods import Shelf
from demo.loading.rows import upsert
from fulfilment.models import Route, SupplierAccount, SupplierProduct

ACCOUNT = "gemgo"
#: The supplier's names of games differ from ours here and there; `sync_supplier` brings its own.
_GAME_NAMES = {"mlbb": "Mobile Legends", "mlbb_id": "Mobile Legends Indonesia", "freefire_global": "Free Fire Global"}


def load_supply(shelf: Shelf) -> None:
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
        for item in goods.items
        for supply in item.supplies.values()
    }
    stored = upsert(list(offered.values()), ["account", "code"], ["game_code", "game_name", "name", "cost_minor"])
    by_code = {row.code: row for row in stored}
    routes = [
        Route(sku=shelf.skus[item.code], region_id=region, product=by_code[item.supplies[game].code])
        for goods in SHELF
        for item in goods.items
        for region, game in goods.games.items()
        if game in item.supplies
    ]
    # Priorities and switches of routes belong to whoever runs the shop: they are not set back.
    Route.objects.bulk_create(routes, ignore_conflicts=True)
