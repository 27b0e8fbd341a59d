"""The arithmetic of prices, over plain numbers: margin, ending, and the least price that bears what it has to bear.

All amounts are minor units of one currency. Prices are rounded up only, so that no rounding eats into a margin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

#: A price that so many raises do not make bearable never will be: its promos take more than it gains.
MOST_RAISES = 200


def up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Ending:
    """Prices stand at `ending`, `ending` + `step`, `ending` + 2 × `step` …"""

    step: int = 1
    ending: int = 0

    def up(self, minor: int) -> int:
        """The lowest such price that is not below `minor` and more than nothing. Of one of them: itself."""
        steps = -(-(max(minor, 1) - self.ending) // self.step)
        return max(steps, 0) * self.step + self.ending or self.step


def with_margin(cost: int, percent: Decimal, flat: int) -> int:
    """The cost, `percent` of it and `flat` on top; rounded up."""
    return up(Decimal(cost) * (100 + percent) / 100) + flat


def moves(old: int, new: int) -> Decimal:
    """How far `new` is from `old`, in percent of it, up or down; two decimals, rounded up."""
    return (Decimal(abs(new - old)) * 100 / old).quantize(Decimal("0.01"), rounding=ROUND_CEILING)


def least_price(start: int, short: Callable[[int], int], ending: Ending) -> int | None:
    """The lowest price of that ending, from `start` on, of which nothing is short; None where there is none.

    `short(price)` says by how much the price falls short of what it has to bear (0 or less: it bears it). What it has
    to bear may grow with the price, but never faster than the price itself; so a price between the one asked about and
    that plus what it is short of cannot do, and is passed over.
    """
    price = ending.up(start)
    for _ in range(MOST_RAISES):
        missing = short(price)
        if missing <= 0:
            return price
        price = ending.up(price + missing)
    return None
