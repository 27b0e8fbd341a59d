"""Digiflazz's price list in rupiah, from catalogue.json, as changed by control calls."""

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.state import database

_FILE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    category: str
    brand: str
    price: int
    is_active: bool = True
    is_listed: bool = True
    multi: bool = True
    start_cut_off: str = "0:0"
    end_cut_off: str = "0:0"

    def listed(self) -> dict[str, Any]:
        """The line of the price list."""
        return {
            "product_name": self.name,
            "category": self.category,
            "brand": self.brand,
            "type": "Umum",
            "seller_name": "PT Contoh Jaya",
            "price": self.price,
            "buyer_sku_code": self.sku,
            "buyer_product_status": True,
            "seller_product_status": self.is_active,
            "unlimited_stock": True,
            "stock": 0,
            "multi": self.multi,
            "start_cut_off": self.start_cut_off,
            "end_cut_off": self.end_cut_off,
            "desc": "-",
        }


LISTED = {row["sku"]: Product(**row) for row in json.loads(_FILE.read_text(encoding="utf-8"))}
_lock = threading.Lock()
_current: dict[str, Product] | None = None


def products() -> dict[str, Product]:
    """Everything on sale, by SKU, as it is now."""
    global _current
    if _current is None:
        with _lock:
            changes = database.rows("SELECT * FROM digiflazz_products")
            _current = LISTED | {row["sku"]: Product(**json.loads(row["product"])) for row in changes}
    return _current


def change(sku: str, **values: Any) -> Product:
    """From now on the product is as `values` say; KeyError for one that nobody sells."""
    known = products()
    with _lock:
        after = replace(known[sku], **values)
        with database.transaction() as running:
            row = (sku, json.dumps(after.__dict__))
            running.execute("INSERT OR REPLACE INTO digiflazz_products VALUES (?, ?)", row)
        known[sku] = after
    return after


def forget_changes() -> None:
    """Prices and switches are read again from the file and the (emptied) changes."""
    global _current
    with _lock:
        _current = None
