"""The sums of one day of one region, from the ledger and the rows it stands on. Definitions: docs/numbers.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q

from accounts import levels
from core import rates, regions
from core.models import Region
from core.money import Money
from fulfilment.models import Attempt, DayFigures, DayTotals, TopUp
from payments.gateway_fees.models import GatewayFee
from payments.models import Account, Capture, Deposit, PointValue, Transfer
from payments.points import services as points
from payments.settling import BALANCE
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order

Kind = Account.Kind
_COUNTED = (Kind.SALES, Kind.FEES, Kind.COSTS, Kind.CHARGES, Kind.GOODWILL, Kind.REFUNDS, Kind.POINTS)
# What is owed back comes from there, and returns there when it is withdrawn.
_OWED_FROM = (Kind.FUNDS, Kind.GOODWILL)
_CHUNK = 2000


class Place(NamedTuple):
    """The row of figures that something belongs to."""

    product: str
    channel: str
    supplier: str
    currency: str


@dataclass
class _Row:
    sums: Counter[str] = field(default_factory=Counter)
    bought: Counter[str] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Cost:
    """A purchase's moment, supplier and the cost frozen on its unit (None: no rate was known)."""

    account: str
    sent_at: datetime
    frozen: int | None


def bounds(region: Region, day: date) -> tuple[datetime, datetime]:
    """The day's first instant and the next day's, by the region's clocks."""
    zone = regions.zone(region)
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    return midnight, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


def figures(region: Region, day: date) -> list[DayFigures]:
    """The day's figures, not saved: a fixed number of statements, however many orders it had."""
    return _Day(region, day).figures()


def totals(figures: Iterable[DayFigures]) -> list[DayTotals]:
    """A day's figures by each product, channel, supplier and region alone, not saved."""
    rows: defaultdict[tuple[date, Region, str, str, str], _Row] = defaultdict(_Row)
    for one in figures:
        sums = {column: getattr(one, column) for column in (*DayFigures.COUNTS, *DayFigures.AMOUNTS)}
        parts = {"product": one.product, "channel": one.channel, "supplier": one.supplier, "region": one.region_id}
        for by, part in parts.items():
            row = rows[one.day, one.region, by, part, one.currency]
            row.sums.update(sums)
            row.bought.update(one.bought)
            row.seconds.update(one.seconds)
    return [
        DayTotals(
            day=day, region=region, by=by, part=part, currency=currency, **row.sums, bought=row.bought,
            seconds=row.seconds,
        )
        for (day, region, by, part, currency), row in rows.items()
    ]  # fmt: skip


def rounded(seconds: float) -> int:
    """How long something took, exact to the second below 1,000 s and to three digits above: few different values."""
    whole = max(0, round(seconds))
    step = int("1" + "0" * max(0, len(str(whole)) - 3))
    return round(whole / step) * step


class _Day:
    def __init__(self, region: Region, day: date) -> None:
        self.region, self.day = region, day
        self.first, self.until = bounds(region, day)
        self.rows: defaultdict[Place, _Row] = defaultdict(_Row)
        self.rates = rates.Rates()
        self.values = list(PointValue.objects.order_by("valid_from"))
        self.orders: dict[int, tuple[Place, datetime]] = {}

    def figures(self) -> list[DayFigures]:
        self._count_inquiries()
        purchases = self._purchases()
        self._count_orders()
        self._book_orders(purchases)
        self._count_charges_not_known()
        self._count_deposits()
        return [
            DayFigures(
                day=self.day, region=self.region, **place._asdict(), **row.sums,
                bought={currency: minor for currency, minor in sorted(row.bought.items()) if minor},
                seconds={str(seconds): count for seconds, count in sorted(row.seconds.items())},
            )
            for place, row in sorted(self.rows.items())
        ]  # fmt: skip

    def _made(self, column: str = "") -> dict[str, Any]:
        """The conditions that an order (or what `column` leads to) was made on this day in this region."""
        way = f"{column}__" if column else ""
        return {f"{way}region": self.region, f"{way}created_at__gte": self.first, f"{way}created_at__lt": self.until}

    def _count_inquiries(self) -> None:
        made = Inquiry.objects.filter(**self._made()).order_by()
        places = made.values_list("product__code", "channel__code", "currency").annotate(count=Count("pk"))
        for product, channel, currency, count in places:
            self.rows[Place(product, channel, "", currency)].sums["inquiries"] += count

    def _purchases(self) -> dict[int, _Cost]:
        """Of each attempt its cost; and in `self.suppliers` who delivered, else who was asked."""
        found: dict[int, _Cost] = {}
        delivered: defaultdict[int, set[str]] = defaultdict(set)
        asked: defaultdict[int, set[str]] = defaultdict(set)
        attempts = Attempt.objects.filter(**self._made("topup__order")).order_by()
        for pk, order, account, sent_at, cost, state, unit in attempts.values_list(
            "pk", "topup__order_id", "account__code", "sent_at", "topup__cost_minor", "state", "topup__state"
        ).iterator(_CHUNK):
            found[pk] = _Cost(account, sent_at, cost)
            asked[order].add(account)
            if state == Attempt.State.ACCEPTED and unit == TopUp.State.DELIVERED:
                delivered[order].add(account)
        self.suppliers = {order: _one_of(delivered.get(order) or accounts) for order, accounts in asked.items()}
        return found

    def _count_orders(self) -> None:
        rows = Order.objects.filter(**self._made()).order_by()
        for order in rows.only(
            "product_code", "channel_code", "currency", "status", "created_at", "paid_at", "ended_at", "quantity",
            "delivered", "shares", "part_shares", "discount_minor",
        ).iterator(_CHUNK):  # fmt: skip
            place = Place(
                order.product_code, order.channel_code, self.suppliers.get(order.pk, ""), order.currency
            )  # fmt: skip
            self.orders[order.pk] = (place, order.created_at)
            row = self.rows[place]
            row.sums["orders"] += 1
            row.sums["paid"] += order.paid_at is not None
            ended = {"SUCCESS": "delivered", "FAILED": "failed", "EXPIRED": "expired"}.get(order.status)
            if ended:
                row.sums[ended] += 1
            if order.status == Order.Status.SUCCESS:
                discount, arrived = Money(order.discount_minor, order.currency), order.arrived
                promo = discount.part(arrived.numerator, arrived.denominator).minor
                row.sums["promo_minor"] += promo
                row.sums["sales_minor"] += promo  # what arrived at its price; the ledger has it less the promo
                if order.paid_at and order.ended_at:
                    row.seconds[rounded((order.ended_at - order.paid_at).total_seconds())] += 1

    def _moves(self, column: str) -> Iterator[Any]:
        rows = Transfer.objects.filter(**self._made(column)).filter(
            Q(source__kind__in=_COUNTED) | Q(target__kind__in=_COUNTED)
        )
        return (
            rows.order_by("id")
            .values_list(f"{column}_id", "key", "source__kind", "target__kind", "amount_minor", "currency", "at")
            .iterator(_CHUNK)
        )

    def _book_orders(self, purchases: dict[int, _Cost]) -> None:
        lacking: defaultdict[str, set[int]] = defaultdict(set)
        earned_at: dict[int, datetime] = {}
        earned: Counter[int] = Counter()
        for order, key, source, target, minor, currency, at in self._moves("order"):
            if order not in self.orders:
                continue  # made between two statements; the next sum has it
            place, made_at = self.orders[order]
            if Kind.COSTS in (source, target):
                sign = 1 if target == Kind.COSTS else -1
                cost = Money(minor, currency)
                row = self.rows[place]
                row.bought[currency] += sign * minor
                try:
                    then, now = self._valued(cost, place.currency, key, made_at, at, purchases)
                except rates.NoRate:
                    lacking["cost_unknown"].add(order)
                    continue
                row.sums["cost_minor"] += sign * then
                row.sums["exchange_minor"] += sign * (now - then)
            elif Kind.POINTS in (source, target):
                earned[order] += minor if target == Kind.POINTS else -minor
                earned_at.setdefault(order, at)
            else:
                _book(self.rows[place._replace(currency=currency)].sums, source, target, minor)
        for order, given in earned.items():
            place, _made = self.orders[order]
            row = self.rows[place]
            row.sums["points"] += given
            try:
                row.sums["points_minor"] += self._worth(given, place.currency, earned_at[order])
            except rates.NoRate:
                lacking["points_unknown"].add(order)
        for column, orders in lacking.items():
            for order in orders:
                self.rows[self.orders[order][0]].sums[column] += 1

    def _valued(
        self, cost: Money, currency: str, key: str, made_at: datetime, at: datetime, purchases: dict[int, _Cost]
    ) -> tuple[int, int]:
        """The cost in the order's currency by the rate when the order was made, and by that of the purchase (as it was
        frozen then). Raises NoRate."""
        then = self.rates.convert(cost, currency, made_at, round_up=True).minor
        kind, _colon, rest = key.partition(":")
        attempt = purchases.get(int(rest.partition(":")[0])) if kind in ("cost", "cost-set", "cost-back") else None
        if attempt is None:
            return then, self.rates.convert(cost, currency, at, round_up=True).minor
        if kind == "cost" and attempt.frozen is not None:
            return then, attempt.frozen
        return then, self.rates.convert(cost, currency, attempt.sent_at, round_up=True).minor

    def _worth(self, given: int, currency: str, at: datetime) -> int:
        """What so many points were worth in `currency` when they were earned, rounded as when they are redeemed."""
        value = next((row.value for row in reversed(self.values) if row.valid_from <= at), None)
        return points.at_value(given, currency, value, self.rates.rate(levels.CURRENCY, currency, at)).minor

    def _count_charges_not_known(self) -> None:
        """Captures whose gateway's terms nobody had entered: the profit lacks what was kept of them."""
        agreed: dict[int, datetime] = {}
        for channel, since in GatewayFee.objects.order_by("-valid_from").values_list("channel", "valid_from"):
            agreed[channel] = since
        captures = Capture.objects.exclude(gateway=BALANCE).order_by()
        orders = captures.filter(**self._made("payment__order")).values_list(
            "pk", "payment__channel", "created_at", "currency", "payment__currency", "payment__order"
        )
        deposits = captures.filter(**self._made("payment__deposit")).values_list(
            "pk", "payment__channel", "created_at", "currency", "payment__currency", "payment__deposit__channel__code"
        )
        lacking: dict[int, Place] = {}
        for pk, channel, at, currency, asked, order in orders.iterator(_CHUNK):
            if (currency != asked or channel not in agreed or at < agreed[channel]) and order in self.orders:
                lacking[pk] = self.orders[order][0]
        for pk, channel, at, currency, asked, code in deposits.iterator(_CHUNK):
            if currency != asked or channel not in agreed or at < agreed[channel]:
                lacking[pk] = Place("", code, "", asked)
        told = Transfer.objects.filter(key__in=[f"charge-set:{pk}:1" for pk in lacking]).values_list("key", flat=True)
        by_hand = {int(key.split(":")[1]) for key in told}
        for pk, place in lacking.items():
            if pk not in by_hand:
                self.rows[place].sums["charge_unknown"] += 1

    def _count_deposits(self) -> None:
        places = {}
        rows = Deposit.objects.filter(**self._made()).values_list("pk", "channel_code", "currency", "status")
        for pk, channel, currency, status in rows.order_by().iterator(_CHUNK):
            places[pk] = Place("", channel, "", currency)
            if status == Deposit.Status.SUCCESS:
                self.rows[places[pk]].sums["deposits"] += 1
        for deposit, _key, source, target, minor, currency, _at in self._moves("deposit"):
            if deposit in places:
                _book(self.rows[places[deposit]._replace(currency=currency)].sums, source, target, minor)


def _book(sums: Counter[str], source: str, target: str, minor: int) -> None:
    """One transfer's part in sales, fees, charges, gifts and refunds."""
    for kind, column, sign in (
        (Kind.SALES, "sales_minor", 1),
        (Kind.FEES, "fees_minor", 1),
        (Kind.CHARGES, "charges_minor", -1),
        (Kind.GOODWILL, "goodwill_minor", -1),
    ):
        if target == kind:
            sums[column] += sign * minor
        if source == kind:
            sums[column] -= sign * minor
    if target == Kind.REFUNDS and source in _OWED_FROM:
        sums["refunds_minor"] += minor
    elif source == Kind.REFUNDS and target in _OWED_FROM:
        sums["refunds_minor"] -= minor


def _one_of(accounts: Iterable[str]) -> str:
    found = sorted(accounts)
    return found[0] if len(found) == 1 else DayFigures.MANY
