"""Exchange rates: dated rows, never edited; what was computed once can be computed again (F21)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from django.db.models import Q, QuerySet

from core.models import ExchangeRate
from core.money import DECIMALS, Money
from core.prepared import Select, given


class NoRate(LookupError):
    """Nobody has entered a rate between the two currencies that is old enough."""


def rate(base: str, quote: str, at: datetime) -> Decimal:
    """How many `quote` one `base` was worth at `at`: the newest row by then, or the inverse of the opposite one.

    Where both directions were entered, the newer one counts. Raises NoRate.
    """
    if base == quote:
        return Decimal(1)
    newest = _NEWEST.row(one=base, other=quote, at=at)
    if newest is None:
        raise NoRate(f"{base} in {quote} at {at:%Y-%m-%d %H:%M}")
    told_of: str = newest[0]
    worth: Decimal = newest[1]
    return worth if told_of == base else 1 / worth


def _known() -> QuerySet[ExchangeRate]:
    between = Q(base=given("one"), quote=given("other")) | Q(base=given("other"), quote=given("one"))
    return ExchangeRate.objects.filter(between, valid_from__lte=given("at")).order_by("-valid_from", "-id")[:1]


_NEWEST = Select(_known, "base", "rate")


class Rates:
    """Every rate there is, read once: answers as `rate` and `convert` do, without asking the database again."""

    def __init__(self) -> None:
        self._dated: dict[frozenset[str], list[tuple[datetime, int, str, Decimal]]] = defaultdict(list)
        rows = ExchangeRate.objects.order_by("valid_from", "id")
        for valid_from, pk, base, quote, worth in rows.values_list("valid_from", "id", "base", "quote", "rate"):
            self._dated[frozenset((base, quote))].append((valid_from, pk, base, worth))

    def rate(self, base: str, quote: str, at: datetime) -> Decimal:
        """As `rate`. Raises NoRate."""
        if base == quote:
            return Decimal(1)
        dated = self._dated.get(frozenset((base, quote)), [])
        place = bisect_right(dated, at, key=lambda row: row[0])
        if not place:
            raise NoRate(f"{base} in {quote} at {at:%Y-%m-%d %H:%M}")
        _since, _pk, told_of, worth = dated[place - 1]
        return worth if told_of == base else 1 / worth

    def convert(self, amount: Money, currency: str, at: datetime, *, round_up: bool = False) -> Money:
        """As `convert`. Raises NoRate."""
        if amount.currency == currency:
            return amount
        return at_rate(amount, currency, self.rate(amount.currency, currency, at), round_up=round_up)


def convert(amount: Money, currency: str, at: datetime, *, round_up: bool = False) -> Money:
    """`amount` in `currency` at the rate of `at`, rounded once: half up, or up (what things cost us). Raises NoRate."""
    if amount.currency == currency:
        return amount
    return at_rate(amount, currency, rate(amount.currency, currency, at), round_up=round_up)


def at_rate(amount: Money, currency: str, worth: Decimal, *, round_up: bool = False) -> Money:
    """`amount` in `currency` where one of its units is `worth` so many, rounded once as `convert` does."""
    exact = (amount.minor * worth).scaleb(DECIMALS[currency] - DECIMALS[amount.currency])
    return Money(int(exact.to_integral_value(rounding=ROUND_UP if round_up else ROUND_HALF_UP)), currency)
