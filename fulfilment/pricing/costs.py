"""What one unit costs us now: of a SKU's routes in a region the cheapest, or its pieces, in the region's money.

Routes are chosen as fulfilment.routing chooses them (a region's own before those of everywhere), but hours, pauses and
circuits do not count: they pass. Everything is read at once, in a handful of statements however many SKUs there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet

from core.models import ExchangeRate
from core.money import Money
from core.rates import at_rate
from fulfilment.models import Route, SkuPart
from fulfilment.pricing.models import PriceLine

Guard = PriceLine.Guard


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit of a currency is worth in another, since when; `problem`: why nothing may be priced by it (F21)."""

    value: Decimal | None
    since: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One supplier product by which a SKU may be delivered. `cost` in the region's money, None where nobody knows."""

    product_id: int
    name: str
    account: str
    price: Money
    worth: Worth
    cost: int | None
    priority: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The cheapest way, whole or in `pieces` ((SKU name, times, way) each), in minor units of the region's money.

    `problem` is a Guard: nothing is to be priced by it. `lowest` is the best we know nevertheless: None only where
    nobody knows any cost. `first`: the whole unit's way of the best priority, which may cost more.
    """

    minor: int | None
    problem: str
    way: Way | None = None
    pieces: tuple[tuple[str, int, Way], ...] = ()
    first: Way | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        return (self.way,) if self.way is not None else tuple(way for _name, _times, way in self.pieces)


class Rates:
    """The exchange rates that hold at `now`, each pair read once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._newest: dict[tuple[str, str], ExchangeRate] = {}
        rows = ExchangeRate.objects.filter(valid_from__lte=now).order_by("base", "quote", "-valid_from", "-id")
        for row in rows.distinct("base", "quote"):
            self._newest[row.base, row.quote] = row
        self.used: dict[str, dict[str, str]] = {}

    def worth(self, base: str, quote: str) -> Worth:
        """As core.rates.rate tells it, of whichever direction was entered last; with what forbids to price by it: none
        at all, exactly 1 between two currencies, or entered too long ago."""
        if base == quote:
            return Worth(Decimal(1), None)
        both = [row for row in (self._newest.get((base, quote)), self._newest.get((quote, base))) if row is not None]
        found = _told(max(both, key=lambda one: (one.valid_from, one.pk)), base, self._now) if both else _NONE
        self.used[f"{base}/{quote}"] = {
            "rate": "" if found.value is None else written(found.value),
            "since": "" if found.since is None else found.since.isoformat(),
            "problem": str(found.problem),
        }
        return found


_NONE = Worth(None, None, Guard.NO_RATE)


def _told(row: ExchangeRate, base: str, now: datetime) -> Worth:
    value = row.rate if row.base == base else 1 / row.rate
    if row.rate == 1:
        return Worth(value, row.valid_from, Guard.RATE_ONE)
    if row.valid_from < now - timedelta(days=settings.PRICE_RATE_DAYS):
        return Worth(value, row.valid_from, Guard.RATE_OLD)
    return Worth(value, row.valid_from)


def written(rate: Decimal) -> str:
    """A rate with eight significant digits, for people."""
    return f"{rate:.8g}" if rate < 1 else f"{rate.quantize(Decimal('0.0001')).normalize():f}"


class Costs:
    """The costs of all SKUs that have a route or pieces."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._routes: dict[int, list[Route]] = defaultdict(list)
        for route in _open_routes():
            self._routes[route.sku_id].append(route)
        self._parts: dict[int, list[SkuPart]] = defaultdict(list)
        for part in SkuPart.objects.select_related("part").order_by("id"):
            self._parts[part.sku_id].append(part)

    def of(self, sku_id: int, region: str, currency: str) -> Cost:
        """The cost of one unit there. A way whose cost cannot be told forbids to price by the others, too: it might be
        the one that is taken."""
        whole = self._ways(sku_id, region, currency)
        cheapest = _cheapest(whole)
        pieces = self._pieces(sku_id, region, currency)
        in_pieces = sum((way.cost or 0) * times for _name, times, way in pieces) if pieces else None
        by_pieces = in_pieces is not None and (cheapest is None or in_pieces < (cheapest.cost or 0))
        minor = in_pieces if by_pieces else cheapest.cost if cheapest else None
        used = [*whole, *(way for _name, _times, way in pieces)]
        problem = next((way.worth.problem for way in used if way.worth.problem), "")
        return Cost(
            minor=minor,
            problem=problem or (Guard.NO_COST if minor is None else ""),
            way=None if by_pieces else cheapest,
            pieces=tuple(pieces) if by_pieces else (),
            first=min(whole, key=lambda way: (way.priority, way.cost or 0), default=None),
        )

    def _ways(self, sku_id: int, region: str, currency: str) -> list[Way]:
        found = self._routes.get(sku_id, [])
        closer = [route for route in found if route.region_id == region]
        # As routing does: a region with routes of its own, be they usable or not, never falls back on the others.
        chosen = closer or [route for route in found if route.region_id is None]
        return [
            self._way(route, currency)
            for route in chosen
            if route.product.is_active and route.product.account.is_active and route.product.cost_minor > 0
        ]

    def _way(self, route: Route, currency: str) -> Way:
        product, account = route.product, route.product.account
        price, worth = Money(product.cost_minor, account.currency), self._rates.worth(account.currency, currency)
        cost = None if worth.value is None else at_rate(price, currency, worth.value, round_up=True).minor
        return Way(product.pk, product.code, account.name, price, worth, cost, route.priority)

    def _pieces(self, sku_id: int, region: str, currency: str) -> list[tuple[str, int, Way]]:
        """The cheapest way of each piece; [] where the SKU has none, or one of them cannot be had."""
        found = []
        for part in self._parts.get(sku_id, []):
            way = _cheapest(self._ways(part.part_id, region, currency))
            if way is None:
                return []
            found.append((part.part.name, part.times, way))
        return found


def _cheapest(ways: Sequence[Way]) -> Way | None:
    return min(
        (way for way in ways if way.cost is not None), key=lambda way: (way.cost or 0, way.priority), default=None
    )


def _open_routes() -> QuerySet[Route]:
    return Route.objects.filter(is_active=True).select_related("product__account").order_by("priority", "id")
