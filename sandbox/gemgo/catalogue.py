"""GemGo's catalogue: games, products and prices in US cents, from catalogue.json, as changed by control calls."""

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.state import database

_FILE = Path(__file__).with_name("catalogue.json")
#: Status of a product that its supplier does not list at the moment; nobody can buy it either.
UNLISTED = "unlisted"
_IMAGES = "https://gemgoapi.dinotopup.com/images"


@dataclass(frozen=True)
class Product:
    product_code: str
    game_code: str
    name: str
    sell_price_cents: int
    status: str


@dataclass(frozen=True)
class Game:
    game_code: str
    name: str
    description: str
    game_fields: tuple[str, ...]
    player: dict[str, Any]  # how the supplier checks a player of this game; see players.py
    product_codes: tuple[str, ...]


class UnknownProduct(Exception):
    """No product has that code."""


def _read() -> tuple[dict[str, Game], dict[str, Product]]:
    games, products = {}, {}
    for entry in json.loads(_FILE.read_text(encoding="utf-8")):
        code = entry["game_code"]
        for item in entry["products"]:
            cents = round(item["sell_price"] * 100)
            products[item["product_code"]] = Product(item["product_code"], code, item["name"], cents, item["status"])
        games[code] = Game(
            code,
            entry["name"],
            entry["description"],
            tuple(entry["game_fields"]),
            entry["player"],
            tuple(item["product_code"] for item in entry["products"]),
        )
    return games, products


GAMES, _LISTED = _read()
CATEGORIES = json.dumps(
    [
        {
            "game_code": game.game_code,
            "name": game.name,
            "description": game.description,
            "image_url": f"{_IMAGES}/{game.game_code}.png",
            "game_fields": list(game.game_fields),
        }
        for game in GAMES.values()
    ],
    ensure_ascii=False,
).encode()

_lock = threading.Lock()
_current: dict[str, Product] | None = None


def _products() -> dict[str, Product]:
    global _current
    if _current is None:
        with _lock:
            current = dict(_LISTED)
            for row in database.rows("SELECT * FROM product_overrides"):
                listed = current[row["product_code"]]
                current[listed.product_code] = replace(
                    listed, sell_price_cents=row["sell_price_cents"], status=row["status"]
                )
            _current = current
    return _current


def product(code: str) -> Product | None:
    """The product as it is sold now."""
    return _products().get(code)


def products_of(game: Game) -> list[Product]:
    """All products of a game, in the file's order."""
    products = _products()
    return [products[code] for code in game.product_codes]


def change(code: str, sell_price_cents: int | None, status: str | None) -> Product:
    """From now on the product has that price (US cents) and status; None leaves one as it is. Raises UnknownProduct."""
    products = _products()
    if code not in products:
        raise UnknownProduct(code)
    with _lock:
        before = products[code]
        after = replace(
            before,
            sell_price_cents=before.sell_price_cents if sell_price_cents is None else sell_price_cents,
            status=before.status if status is None else status,
        )
        with database.transaction() as running:
            running.execute(
                "INSERT OR REPLACE INTO product_overrides VALUES (?, ?, ?)",
                (code, after.sell_price_cents, after.status),
            )
        products[code] = after
    return after


def forget_changes() -> None:
    """Prices and statuses are read again from the file and the (emptied) overrides."""
    global _current
    with _lock:
        _current = None
