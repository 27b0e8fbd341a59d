"""What happened in the month, drawn from a seed: who bought what, when, how it was paid and how it ended."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from accounts import levels
from accounts.models import Level, User
from core import rates, regions
from core.money import Money
from demo.month.people import GUESTS, NICKNAMES
from demo.month.shop import Item, Shop
from payments.settling import BALANCE
from storefront.channels.models import Channel

DAYS = 31
ONE_DAY = timedelta(days=1)
SEED = 20_240
_PER_DAY = {"ID": 22, "MY": 2, "PH": 2, "SG": 1, "TH": 1}
# By the hour of the day, at home: people play in the evening.
_HOURS = (4, 3, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 6, 7, 8, 10, 13, 15, 14, 10, 6)
# How many at once, and how often, by the member's level ("": guests); who buys much does not buy one by one.
_QUANTITIES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "": ((1, 2, 3, 5), (80, 12, 5, 3)),
    Level.CLASSIC: ((1, 2, 3), (7, 2, 1)),
    Level.PRESTIGE: ((1, 3, 5), (3, 4, 3)),
    Level.ROYAL: ((2, 5, 10), (2, 4, 4)),
}
#: What is dated this close to now would already be looked at by gateways' and suppliers' comparisons.
QUIET = timedelta(minutes=20)


class End(StrEnum):
    """How an order of the month ended, or where it stands."""

    SUCCESS = "success"
    PARTLY = "partly"
    FAILED = "failed"
    EXPIRED = "expired"
    LATE_MONEY = "late money"  # paid after its deadline, and refunded
    DOUBLE = "double"  # paid twice, once refunded
    GIFT = "gift"  # delivered, and something given back
    AMOUNT = "amount"  # another amount came: a person decides
    PENDING = "pending"
    SET_ASIDE = "set aside"  # paid, and cannot be taken up
    HELD = "held"  # the game knows no such account
    UNKNOWN = "unknown"  # nobody knows what came of the purchase
    ACCEPTED = "accepted"  # the supplier is at it


#: Ends where money came and everything is over.
ENDED = (End.SUCCESS, End.PARTLY, End.FAILED, End.DOUBLE, End.GIFT)
UNDER_WAY = (End.SET_ASIDE, End.HELD, End.UNKNOWN, End.ACCEPTED)
_USUAL = {End.SUCCESS: 740, End.EXPIRED: 170, End.FAILED: 30, End.PARTLY: 20, End.GIFT: 10, End.DOUBLE: 8,
          End.LATE_MONEY: 6}  # fmt: skip
# One each among the last orders of the month that fit.
_SPECIAL = (
    End.PENDING, End.PENDING, End.ACCEPTED, End.UNKNOWN, End.HELD, End.SET_ASIDE, End.PENDING, End.AMOUNT, End.AMOUNT,
)  # fmt: skip


@dataclass
class Bought:
    """One order as it went; money in minor units of the region's currency."""

    at: datetime
    item: Item
    fields: list[dict[str, str]]
    nickname: str | None
    buyer: User | None
    email: str
    phone: str
    language: str
    quantity: int
    channel: Channel
    discount_minor: int
    fee_minor: int
    end: End
    paid_at: datetime
    ended_at: datetime
    delivered: int = 0
    takes_seconds: int = 0
    is_promo: bool = False

    @property
    def region(self) -> str:
        return self.item.price.region_id

    @property
    def currency(self) -> str:
        return self.item.price.region.currency

    @property
    def subtotal_minor(self) -> int:
        return self.item.price.price_minor * self.quantity

    @property
    def total(self) -> Money:
        return Money(self.subtotal_minor - self.discount_minor + self.fee_minor, self.currency)


@dataclass
class Paid:
    """A deposit into a wallet."""

    at: datetime
    member: User
    channel: Channel
    amount: Money
    fee: Money


@dataclass
class Month:
    orders: list[Bought] = field(default_factory=list)
    deposits: list[Paid] = field(default_factory=list)
    looked: list[Bought] = field(default_factory=list)  # asked for a price and left


def drawn(shop: Shop, members: list[tuple[User, int]], promo_least: int, promo_flat: int) -> Month:
    """The month that ends now; the same for the same catalogue and day."""
    return _Drawing(shop, members, promo_least, promo_flat).month()


class _Drawing:
    def __init__(self, shop: Shop, members: list[tuple[User, int]], promo_least: int, promo_flat: int) -> None:
        self.shop, self.members = shop, members
        self.promo = (promo_least, promo_flat)
        self.draw = random.Random(SEED)
        self.wallets: Counter[int] = Counter()
        self.specials = list(_SPECIAL)
        self.result = Month()

    def month(self) -> Month:
        for code, per_day in _PER_DAY.items():
            if self.shop.items[code]:
                for at in self._moments(code, per_day):
                    self._happen(code, at)
        self.result.orders.sort(key=lambda one: one.at)
        self.result.deposits.sort(key=lambda one: one.at)
        self._make_special()
        self._make_owed()
        return self.result

    def _moments(self, code: str, per_day: int) -> Iterator[datetime]:
        region = self.shop.regions[code]
        zone, today = regions.zone(region), regions.local_day(region, self.shop.now)
        moments = []
        for back in range(DAYS - 1, -1, -1):
            day = today - timedelta(days=back)
            lively = 1.35 if day.weekday() >= 5 else 1.0
            lively *= 1.3 if day.day >= 25 or day.day <= 2 else 1.0  # when wages have come
            lively *= 0.75 + 0.5 * (DAYS - back) / DAYS  # the shop is growing
            for _number in range(max(1, round(self.draw.gauss(per_day * lively, per_day / 6)))):
                hour = self.draw.choices(range(24), _HOURS)[0]
                clock = time(hour, self.draw.randrange(60), self.draw.randrange(60))
                at = datetime.combine(day, clock, tzinfo=zone)
                if at < self.shop.now - QUIET:
                    moments.append(at)
        return iter(sorted(moments))

    def _happen(self, code: str, at: datetime) -> None:
        draw = self.draw
        item = draw.choices(self.shop.items[code], [one.weight for one in self.shop.items[code]])[0]
        fields = self.shop.account(item.price.sku.product, draw)
        if fields is None:
            return
        buyer = self._buyer(code)
        quantity = (
            draw.choices((1, 2, 3, 5), (80, 12, 5, 3))[0] if buyer is None else draw.choices((1, 2, 4), (5, 3, 2))[0]
        )
        quantity = min(quantity, item.price.sku.max_quantity)
        bought = self._priced(code, at, item, fields, buyer, quantity)
        if bought is None:
            return
        if draw.random() < 0.36:
            self.result.looked.append(bought)
            return
        bought.end = draw.choices([*_USUAL], [*_USUAL.values()])[0]
        self._run(bought)
        if bought.ended_at < self.shop.now - timedelta(minutes=1):
            self.result.orders.append(bought)

    def _buyer(self, code: str) -> User | None:
        if self.draw.random() > 0.4:
            return None
        mine = [(user, weight) for user, weight in self.members if user.primary_region_id == code]
        return self.draw.choices([user for user, _w in mine], [weight for _u, weight in mine])[0] if mine else None

    def _priced(
        self, code: str, at: datetime, item: Item, fields: list[dict[str, str]], buyer: User | None, quantity: int
    ) -> Bought | None:
        draw, currency = self.draw, item.price.region.currency
        subtotal = item.price.price_minor * quantity
        least, flat = self.promo
        has_promo = code == "ID" and item.price.original_minor * quantity >= least and draw.random() < 0.3
        discount = min(flat, subtotal) if has_promo else 0
        by_balance = buyer is not None and draw.random() < 0.6
        total = Money(subtotal - discount, currency)
        if by_balance and buyer is not None and self.wallets[buyer.pk] < total.minor:
            by_balance = self._fill(code, at, buyer, total)
        channel = self.shop.way_to_pay(code, total, draw, balance=by_balance)
        if channel is None:
            return None
        fee = channel.fee_minor + Money(subtotal, currency).percent(channel.fee_percent).minor
        guest = f"{draw.choice(GUESTS)}{draw.randrange(1, 60)}@tamu.example"
        dial = item.price.region.dial_code
        return Bought(
            at=at, item=item, fields=fields, buyer=buyer,
            nickname=draw.choice(NICKNAMES) if item.price.sku.product.check_supplier else None,
            email=buyer.email if buyer else guest, phone=f"{dial}8{draw.randrange(10**8, 10**9)}",
            language="id" if code == "ID" and draw.random() < 0.85 else "en", quantity=quantity, channel=channel,
            discount_minor=discount, fee_minor=fee, end=End.SUCCESS, paid_at=at, ended_at=at, is_promo=has_promo,
        )  # fmt: skip

    def _fill(self, code: str, at: datetime, member: User, least: Money) -> bool:
        """The member paid in some minutes before; False where no channel takes that much."""
        step = {"IDR": 250_000}.get(least.currency, 10_000)
        amount = Money((least.minor // step + self.draw.randrange(1, 6)) * step, least.currency)
        ways = [
            one for one in self.shop.channels[code]
            if one.for_deposit and one.kind != Channel.Kind.BALANCE and one.min_minor <= amount.minor <= one.max_minor
        ]  # fmt: skip
        if not ways:
            return False
        channel = self.draw.choice(ways)
        fee = Money(channel.fee_minor, amount.currency) + amount.percent(channel.fee_percent)
        self.result.deposits.append(Paid(at - timedelta(minutes=15), member, channel, amount, fee))
        self.wallets[member.pk] += amount.minor
        return True

    def _run(self, bought: Bought) -> None:
        """When it was paid and over, and how much of it arrived."""
        draw = self.draw
        if bought.channel.kind == Channel.Kind.BALANCE:
            if bought.end in (End.EXPIRED, End.LATE_MONEY, End.DOUBLE):
                bought.end = End.SUCCESS
            bought.paid_at = bought.at
        else:
            bought.paid_at = bought.at + timedelta(seconds=draw.randrange(25, 700))
        if bought.end == End.GIFT and bought.buyer is not None:
            bought.end = End.SUCCESS
        if bought.end == End.PARTLY and bought.quantity == 1:
            bought.end = End.SUCCESS
        bought.takes_seconds = min(7_000, round(draw.lognormvariate(3.4, 0.9)) + 3)
        bought.ended_at = bought.paid_at + timedelta(seconds=bought.takes_seconds)
        bought.delivered = {
            End.PARTLY: draw.randrange(1, max(2, bought.quantity)), End.FAILED: 0,
        }.get(bought.end, bought.quantity)  # fmt: skip
        if bought.end in (End.EXPIRED, End.LATE_MONEY):
            bought.delivered = 0
            bought.ended_at = bought.at + timedelta(seconds=bought.channel.payment_seconds)
            bought.paid_at = bought.ended_at + timedelta(minutes=9)
        self._spend(bought)

    def _spend(self, bought: Bought) -> None:
        if bought.channel.kind == Channel.Kind.BALANCE and bought.buyer is not None:
            self.wallets[bought.buyer.pk] -= bought.total.minor
            # What comes back into the wallet later is not spent again: it may come after the next order.

    def _make_special(self) -> None:
        """The last orders of the month that fit stand where a person has something to do."""
        for bought in reversed(self.result.orders):
            if not self.specials:
                return
            wanted = self.specials[0]
            by_digiflazz = bought.item.supplied.account.code == "digiflazz"
            is_guest_by_gateway = bought.buyer is None and bought.channel.gateway != BALANCE
            fits = bought.end == End.SUCCESS and bought.quantity == 1 and bought.region == "ID"
            if wanted in (End.UNKNOWN, End.ACCEPTED):
                fits = fits and by_digiflazz
            if wanted in (End.PENDING, End.AMOUNT, End.SET_ASIDE):
                fits = fits and bought.channel.gateway != BALANCE
            if wanted == End.PENDING:
                fits = fits and is_guest_by_gateway
            if wanted == End.AMOUNT:
                fits = fits and bought.buyer is not None
            if fits:
                bought.end, bought.delivered = self.specials.pop(0), 0

    def _make_owed(self) -> None:
        """Of the last guests' orders two failed: one's money is on its way back, the other's guest has to be asked."""
        for by_gateway in (True, False):
            for bought in reversed(self.result.orders):
                is_guests = bought.buyer is None and bought.channel.gateway != BALANCE
                if is_guests and bought.end == End.SUCCESS and bought.channel.is_refundable is by_gateway:
                    bought.end, bought.delivered = End.FAILED, 0
                    break


def points_of(bought: Bought, goods: Money, known: rates.Rates) -> int:
    """The points that the member's level gives for goods of that worth."""
    assert bought.buyer is not None
    worth = goods.major * known.rate(goods.currency, levels.CURRENCY, bought.ended_at)
    return int(worth * levels.TERMS[bought.buyer.level].points_percent / 100)
