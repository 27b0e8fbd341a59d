"""Exchange rates: dated rows, never edited; what was computed once can be computed again (F21)."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from core.models import ExchangeRate
from core.money import DECIMALS, Money


class NoRate(LookupError):
    """Nobody has entered a rate between the two currencies that is old enough."""


def rate(base: str, quote: str, at: datetime) -> Decimal:
    """How many `quote` one `base` was worth at `at`: the newest row by then, or the inverse of the opposite one.

    Where both directions were entered, the newer one counts. Raises NoRate.
    """
    if base == quote:
        return Decimal(1)
    rows = ExchangeRate.objects.filter(base__in=[base, quote], quote__in=[base, quote], valid_from__lte=at)
    newest = rows.order_by("-valid_from", "-id").first()
    if newest is None:
        raise NoRate(f"{base} in {quote} at {at:%Y-%m-%d %H:%M}")
    return newest.rate if newest.base == base else 1 / newest.rate


def convert(amount: Money, currency: str, at: datetime, *, round_up: bool = False) -> Money:
    """`amount` in `currency` at the rate of `at`, rounded once: half up, or up (what things cost us). Raises NoRate."""
    if amount.currency == currency:
        return amount
    return at_rate(amount, currency, rate(amount.currency, currency, at), round_up=round_up)


def at_rate(amount: Money, currency: str, worth: Decimal, *, round_up: bool = False) -> Money:
    """`amount` in `currency` where one of its units is `worth` so many, rounded once as `convert` does."""
    exact = amount.major * worth
    unit = Decimal(1).scaleb(-DECIMALS[currency])
    return Money.of(exact.quantize(unit, rounding=ROUND_UP if round_up else ROUND_HALF_UP), currency)
