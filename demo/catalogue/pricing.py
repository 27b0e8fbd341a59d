"""Shelf prices of the demo: what the supplier takes, at the demo's rates, with a margin, rounded up to a tidy step."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from core.money import DECIMALS
from demo.catalogue.regions import USD_RATES

#: Prices end on a multiple of this, in minor units.
STEP = {"IDR": 50, "MYR": 5, "PHP": 25, "SGD": 5, "THB": 25}


def _up(minor: Decimal, step: int) -> int:
    return int((minor / step).to_integral_value(rounding=ROUND_CEILING)) * step


def shelf_price(cost_cents: int, currency: str, margin_percent: int) -> int:
    """Minor units of `currency` for something that costs `cost_cents` of a US dollar; never below cost plus margin."""
    local = Decimal(cost_cents) / 100 * USD_RATES[currency] * (100 + margin_percent) / 100
    return _up(local.scaleb(DECIMALS[currency]), STEP[currency])


def list_price(price_minor: int, currency: str, off_percent: int) -> int:
    """The list price from which `price_minor` is about `off_percent` off."""
    if not off_percent:
        return price_minor
    return _up(Decimal(price_minor) * 100 / (100 - off_percent), STEP[currency])
