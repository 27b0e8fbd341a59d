"""By which supplier product a unit, or a piece of one, goes out next; or why it cannot now.

What is decided stands in `pick`, over plain rows and without a look at anything else; the functions below it fetch
those rows. Among routes that are open, healthy and not too dear the lowest priority goes first, and of equals the
cheapest. Whoever is asked here has nothing out: a unit whose outcome is unknown is never routed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import rates
from core.money import Money
from core.prepared import Select, given, names
from fulfilment import circuit, hours
from fulfilment.circuit import Standing
from fulfilment.codes import shelf
from fulfilment.models import STOCK, Attempt, Route, SkuPart, SupplierAccount, SupplierProduct, TopUp
from storefront.orders.models import Order

PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)  # so that what staff change is seen, however late it opens by itself
LATER = timedelta(minutes=5)  # before a product that said "not now" is asked again
MOST_PROVED_UNMADE = 5  # so many requests of one unit that vanished: the money goes back instead
_LONGEST_BACK_OFF = timedelta(seconds=60)
_BACK_OFF_COUNTED = 8
PRICE, HOURS, CONNECTION, ROUTE, RATE = "price", "hours", "connection", "route", "rate"
CUT_OFF, ONCE_A_DAY, NOT_NOW = "cut_off", "once_a_day", "later"
# Nobody mends these: when the promised time is over, the money goes back. The others end when the supplier is back.
_NOT_BEYOND_THE_PROMISE = frozenset({PRICE, HOURS, CUT_OFF, ONCE_A_DAY, NOT_NOW, STOCK})


@dataclass(frozen=True, slots=True)
class Go:
    """`is_probe`: the account's circuit is half open, and only who has its probe may go."""

    product: SupplierProduct
    account: SupplierAccount
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """The unit goes out as these pieces: (SKU, weight) each."""

    pieces: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; `why` is written to the top-up, which is looked at again after `pause`."""

    why: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No way is left, and nothing is out: the unit's money goes back."""

    why: str


@dataclass(frozen=True, slots=True)
class Way:
    """A route as it stands at one moment; `cost` in minor units of the sale's currency, None where nobody knows.

    `shut` says what keeps it from being used now (empty: nothing), `opens_at` when that is over, if it is known.
    """

    route: int
    product: int
    account: int
    priority: int = 0
    cost: int | None = None
    shut: str = ""
    opens_at: datetime | None = None
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What the unit has been through: products that refused or failed it, products that said "not now" (and until when
    they are left alone), and the accounts of its last calls that found no connection, one entry per call, which may be
    called again at `calls_again_at`."""

    spent: frozenset[int] = frozenset()
    resting: Mapping[int, datetime] = field(default_factory=dict)
    unreached: tuple[int, ...] = ()
    calls_again_at: datetime | None = None


def pick(ways: Sequence[Way], past: Past, most: int | None, now: datetime) -> Way | Wait | None:
    """The way to go, or what to wait for; None where no way is left.

    `most`: a way that costs more (minor units of the sale's currency) is not gone. A supplier that could not be reached
    stands back for every other one; where there is no other, it is called again after a pause.
    """
    left = [way for way in ways if way.product not in past.spent]
    bearable = [way for way in left if most is None or way.cost is None or way.cost <= most]
    usable = [way for way in bearable if not way.shut]
    fresh = [way for way in usable if way.account not in past.unreached]
    if fresh:
        return min(fresh, key=_rank)
    if usable:
        if past.calls_again_at is None or past.calls_again_at <= now:
            return min(usable, key=lambda way: (past.unreached.count(way.account), _rank(way)))
        return Wait(CONNECTION, past.calls_again_at - now)
    if bearable:
        opens = [way.opens_at - now for way in bearable if way.opens_at is not None]
        pause = min(opens, default=PAUSE)
        # What somebody will mend is worth waiting for, whatever else shuts the others.
        why = min(bearable, key=lambda way: (way.shut in _NOT_BEYOND_THE_PROMISE, way.opens_at or now, _rank(way)))
        return Wait(why.shut, min(max(pause, timedelta(seconds=1)), LONGEST_PAUSE))
    if left:
        return Wait(PRICE, PAUSE)
    return None


def _rank(way: Way) -> tuple[int, bool, int, int]:
    return way.priority, way.cost is None, way.cost or 0, way.route


def choose(
    topup: TopUp, attempts: list[Attempt], now: datetime, barred: Collection[int] = ()
) -> Go | Split | Wait | GiveUp:
    """The next step of a top-up whose `attempts` (all of them) have left nothing open.

    A product that refused or failed is not asked again for it; one that surely never saw the request is. A stock of
    ours that is empty is passed over; where nothing else is left, it may be filled until the promise is over.
    `barred`: accounts whose probe somebody else has. A whole unit goes out in pieces where its own routes are shut, or
    dearer.
    """
    order = topup.order
    if attempts and attempts[-1].verdict == Attempt.Verdict.PLAYER:
        return GiveUp("player")
    if sum(attempt.state == Attempt.State.NOT_CREATED for attempt in attempts) >= MOST_PROVED_UNMADE:
        return GiveUp("never_made")
    past, most = past_of(attempts, now), most_cost(topup)
    found = routes(topup.sku_id, order.region_id)
    open_to_it = ways(found, order, now, past, barred)
    # What staff chose goes before all others, until it had its chance.
    chosen = [way for way in open_to_it if way.product == topup.chosen_id and way.product not in past.spent]
    picked = pick(chosen or open_to_it, past, most, now)
    if topup.piece == 0 and not chosen and _may_be_composed(found):
        instead = _in_pieces(order, picked, most, now, barred)
        if instead is not None:
            return instead
    if isinstance(picked, Way):
        product = next(route.product for route in found if route.pk == picked.route)
        return Go(product, product.account, picked.is_probe)
    is_promised = now < (order.paid_at or now) + timedelta(seconds=order.product.promise_seconds)
    if isinstance(picked, Wait) and (is_promised or picked.why not in _NOT_BEYOND_THE_PROMISE):
        return picked
    if isinstance(picked, Wait) and picked.why == STOCK:
        return GiveUp("out_of_stock")
    if past.spent:
        return GiveUp("refused" if all(a.state != Attempt.State.FAILED for a in attempts) else "failed")
    if isinstance(picked, Wait) and picked.why == PRICE:
        return GiveUp(PRICE)
    return Wait(ROUTE, PAUSE) if is_promised else GiveUp("no_route")


def _in_pieces(
    order: Order, whole: Way | Wait | None, most: int | None, now: datetime, barred: Collection[int]
) -> Split | Wait | None:
    """The split of a unit, or that its pieces have to wait; None where it goes (or does not go) as a whole.

    All or nothing: no first piece goes out while another could not.
    """
    parts = list(SkuPart.objects.filter(sku_id=order.sku_id).order_by("id"))
    weight = sum(part.weight * part.times for part in parts)
    picked: list[tuple[SkuPart, Way]] = []
    wait: Wait | None = None
    for part in parts:
        bears = None if most is None else most * part.weight // weight
        one = pick(ways(routes(part.part_id, order.region_id), order, now, Past(), barred), Past(), bears, now)
        if one is None:
            return None
        if isinstance(one, Wait):
            wait = wait or one
        else:
            picked.append((part, one))
    if wait is not None:
        return wait if whole is None and wait.why not in _NOT_BEYOND_THE_PROMISE else None
    if not picked:
        return None
    costs = [way.cost for part, way in picked for _ in range(part.times)]
    if isinstance(whole, Way) and (whole.cost is None or None in costs or sum(c or 0 for c in costs) >= whole.cost):
        return None
    return Split(tuple((part.part_id, part.weight) for part, _ in picked for _ in range(part.times)))


def routes(sku_id: int, region_code: str) -> list[Route]:
    """The SKU's routes in that region, best priority first; those of the region before those of everywhere.

    Asked for every unit just before it is sent, so that what staff switch off is off at once. One SELECT.
    """
    found = [_route(row) for row in _ROUTES.rows(sku=sku_id, region=region_code)]
    closer = [route for route in found if route.region_id is not None]
    # What is sold elsewhere may not work there: a region with routes of its own never falls back on the others.
    return [route for route in closer or found if route.product.is_active and route.product.account.is_active]


# What decides about a route, and what an attempt takes over from it. More is read where somebody asks for it.
_OF_ROUTE = names(Route)
_OF_PRODUCT = (
    *("id", "account_id", "game_code", "code", "name", "cost_minor", "is_active", "name_proved_at", "customer_format"),
    *("cut_off_from", "cut_off_until", "is_multi"),
)
_OF_ACCOUNT = (
    *("id", "code", "name", "currency", "time_zone", "is_active", "paused_at", "paused_why", "balance_minor"),
    *("max_per_second", "max_in_flight", "baseline_at", "rests_until"),
    *("circuit_opened_at", "circuit_until", "circuit_probe_at"),
)


def _all_routes() -> QuerySet[Route]:
    rows = Route.objects.filter(Q(region=None) | Q(region_id=given("region")), sku_id=given("sku"), is_active=True)
    return rows.order_by("priority", "id")


_ROUTES = Select(
    _all_routes,
    Exists(SkuPart.objects.filter(sku_id=OuterRef("sku_id"))),
    *_OF_ROUTE,
    *(f"product__{name}" for name in _OF_PRODUCT),
    *(f"product__account__{name}" for name in _OF_ACCOUNT),
)


def _route(row: tuple[Any, ...]) -> Route:
    """The route with its product and account at hand, and with `is_composed`."""
    is_composed, *columns = row
    mine, rest = columns[: len(_OF_ROUTE)], columns[len(_OF_ROUTE) :]
    route = Route.from_db(DEFAULT_DB_ALIAS, _OF_ROUTE, mine)
    route.product = SupplierProduct.from_db(DEFAULT_DB_ALIAS, _OF_PRODUCT, rest[: len(_OF_PRODUCT)])
    route.product.account = SupplierAccount.from_db(DEFAULT_DB_ALIAS, _OF_ACCOUNT, rest[len(_OF_PRODUCT) :])
    vars(route)["is_composed"] = is_composed
    return route


def _may_be_composed(found: Sequence[Route]) -> bool:
    """Whether the SKU of these routes has parts, or may have: without a route nobody has asked yet."""
    return not found or bool(vars(found[0])["is_composed"])


def past_of(attempts: Sequence[Attempt], now: datetime) -> Past:
    """What `attempts` (oldest first) mean for the next one."""
    spent = frozenset(attempt.product_id for attempt in attempts if _is_spent(attempt))
    resting = {
        attempt.product_id: attempt.ended_at + LATER
        for attempt in attempts
        if attempt.verdict == Attempt.Verdict.LATER and attempt.ended_at and attempt.ended_at > now - LATER
    }
    missed = list(takewhile(lambda attempt: attempt.state == Attempt.State.NOT_SENT, reversed(attempts)))
    if not missed:
        return Past(spent, resting)
    back_off = timedelta(seconds=2 ** min(len(missed), _BACK_OFF_COUNTED) / 2)
    ended_at = missed[0].ended_at or missed[0].sent_at
    accounts = tuple(attempt.account_id for attempt in reversed(missed))
    return Past(spent, resting, accounts, ended_at + min(back_off, _LONGEST_BACK_OFF))


def _is_spent(attempt: Attempt) -> bool:
    """Whether its product has had its chance at this unit."""
    if attempt.state == Attempt.State.FAILED:
        return attempt.verdict not in (Attempt.Verdict.LATER, Attempt.Verdict.BALANCE)
    return attempt.state == Attempt.State.REJECTED and attempt.verdict in (
        Attempt.Verdict.REFUSED,
        Attempt.Verdict.PRICE,
    )


def most_cost(topup: TopUp) -> int | None:
    """What the top-up may cost us, in minor units of the order's currency: the part of the price it was sold at (before
    promo and fee, which are the shop's own affair) that MOST_COST_PERCENT allows. None: whatever it costs."""
    return most_of(topup.order.unit_price_minor, topup.weight, topup.unit_weight)


def most_of(price_minor: int, weight: int = 1, unit_weight: int = 1) -> int | None:
    """What may be paid for something sold at that price, or for a piece of that weight of it, in the price's money."""
    if not settings.MOST_COST_PERCENT:
        return None
    price: int = price_minor * settings.MOST_COST_PERCENT
    return price * weight // (unit_weight * 100)


def ways(
    found: Sequence[Route], order: Order, now: datetime, past: Past = Past(), barred: Collection[int] = ()
) -> list[Way]:
    """How the routes stand now for that order, their costs in its currency; one SELECT per currency of theirs."""
    worth = {code: _rate(code, order.currency, now) for code in {route.product.account.currency for route in found}}
    return [_way(route, worth[route.product.account.currency], order, now, past, barred) for route in found]


def _rate(base: str, currency: str, now: datetime) -> Decimal | None:
    try:
        return rates.rate(base, currency, now)
    except rates.NoRate:
        return None


def _way(route: Route, worth: Decimal | None, order: Order, now: datetime, past: Past, barred: Collection[int]) -> Way:
    product, account = route.product, route.product.account
    is_half_open = circuit.standing(account, now) == Standing.HALF_OPEN
    shut, opens_at = shut_by(route, now)
    if not shut and account.pk in barred:
        shut = circuit.CIRCUIT
    elif not shut and product.pk in past.resting:
        shut, opens_at = NOT_NOW, past.resting[product.pk]
    elif not shut and account.is_stock and not shelf.has_any(product):
        shut = STOCK
    elif not shut and not product.is_multi and _had_it_today(product, order, now):
        shut = ONCE_A_DAY
    cost = Money(product.cost_minor, account.currency)
    return Way(
        route=route.pk,
        product=product.pk,
        account=account.pk,
        priority=route.priority,
        cost=None if worth is None else rates.at_rate(cost, order.currency, worth, round_up=True).minor,
        shut=shut,
        opens_at=opens_at,
        is_probe=not shut and is_half_open,
    )


def shut_by(route: Route, now: datetime) -> tuple[str, datetime | None]:
    """What keeps everybody from using the route now, and when that is over, if known; ("", None) where nothing does."""
    product, account = route.product, route.product.account
    if account.paused_at is not None:
        return account.paused_why[:40] or "paused", None
    if circuit.standing(account, now) == Standing.OPEN:
        return circuit.CIRCUIT, _if_later(account.circuit_until, now)
    if _if_later(account.rests_until, now):
        return RATE, account.rests_until
    zone = account.time_zone
    if route.open_from and route.open_until and not hours.is_within(now, route.open_from, route.open_until, zone):
        return HOURS, now + hours.until_end(now, route.open_from, zone)
    start, end = product.cut_off_from, product.cut_off_until
    if start is not None and end is not None and hours.is_within(now, start, end, zone):
        return CUT_OFF, now + hours.until_end(now, end, zone)
    return "", None


def _if_later(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def _had_it_today(product: SupplierProduct, order: Order, now: datetime) -> bool:
    """Whether this customer has had a product that is sold once a day to each."""
    today = Attempt.objects.filter(
        product=product,
        customer_no=product.customer_no(order.player_id.strip(), order.zone.strip()),
        created_at__gte=hours.day_begin(now, product.account.time_zone),
        state__in=(Attempt.State.SENDING, Attempt.State.UNKNOWN, Attempt.State.ACCEPTED),
    )
    return today.exclude(reference="").exists()
