"""What of the demo's goods the second supplier sells too, in Indonesia: its SKUs (aliases of ours there) and prices.

Phone credit goes there first; of the two best-selling games it is the second way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CREDIT = "5000:5465 10000:10285 15000:15110 20000:19770 25000:24590 30000:29410 50000:48375 75000:72325 100000:96110"
_MLBB = "5:1340 12:3180 19:5020 28:7195 44:11375 59:15225 86:22080 172:44165 257:65740 344:87985 706:178985"
_FF = "5:835 12:1675 50:6690 70:9370 140:18565 210:27770 355:46335 720:92840 1450:184845"
_OPERATORS = {
    "TELKOMSEL": ("tsel", "TELKOMSEL"),
    "BYU": ("byu", "by.U"),
    "INDOSAT": ("isat", "INDOSAT"),
    "XL": ("xl", "XL"),
    "AXIS": ("axis", "AXIS"),
    "TRI": ("tri", "TRI"),
    "SMARTFREN": ("smart", "SMARTFREN"),
}
FIRST, SECOND = 0, 10


@dataclass(frozen=True)
class Alias:
    """`item` is our SKU's code, `cost` in rupiah; `priority` is that of its route in region ID."""

    item: str
    sku: str
    name: str
    brand: str
    category: str
    cost: int
    customer_format: str
    priority: int


def aliases() -> Iterator[Alias]:
    """Everything it sells of ours."""
    for code, (short, brand) in _OPERATORS.items():
        for amount, cost in _pairs(_CREDIT):
            name = f"{brand} {amount:,}".replace(",", ".")
            yield Alias(f"{code}_{amount}", f"{short}{amount // 1000}", name, brand, "Pulsa", cost, "{player}", FIRST)
    for amount, cost in _pairs(_MLBB):
        name = f"MOBILELEGEND - {amount} Diamond"
        yield Alias(f"MLBB_{amount}", f"ml{amount}", name, "MOBILE LEGENDS", "Games", cost, "{player}.{zone}", SECOND)
    for amount, cost in _pairs(_FF):
        yield Alias(f"FF_{amount}", f"ff{amount}", f"Free Fire {amount} Diamond", "FREE FIRE", "Games", cost,
                    "{player}", SECOND)  # fmt: skip


def _pairs(table: str) -> Iterator[tuple[int, int]]:
    for pair in table.split():
        amount, cost = pair.split(":")
        yield int(amount), int(cost)
