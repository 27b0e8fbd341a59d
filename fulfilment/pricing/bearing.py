"""What a price has to bear before anything is earned: members' discounts, promos, the fee of a payment channel.

What is known is read here: discounts and their caps, promos that are entered (also those that begin later), channels
that are offered. Not knowable beforehand, and said so on the page: promos entered later, points, what the rate does
until an order is sent. The worst of each is taken, at the quantity that makes it worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from accounts.models import Level
from core.money import Money
from fulfilment.pricing.arithmetic import up
from storefront.catalogue import members
from storefront.channels import services as channels
from storefront.channels.models import Channel
from storefront.promos.models import Promo

#: Who buys: guests and Classic members ("") at the public price, the levels at theirs.
PAYERS = ("", Level.PRESTIGE.value, Level.ROYAL.value)


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that one of several may take of a unit's price, and what that one is called ("": none takes any)."""

    minor: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What is left of a public price when a member of `level` buys: `price` is the level's own, `promo` and `fee` the
    worst that come off it; in minor units, per unit."""

    level: str
    off: Decimal
    price: int
    promo: Worst
    fee: Worst

    @property
    def left(self) -> int:
        return self.price - self.promo.minor - self.fee.minor


class Burdens:
    """All discounts, promos and channels, read once."""

    def __init__(self, now: datetime) -> None:
        self._discounts = members.all_percents()
        self._channels: dict[str, list[Channel]] = {}
        offered = Channel.objects.filter(is_active=True, for_purchase=True).exclude(kind=Channel.Kind.BALANCE)
        for channel in offered:
            self._channels.setdefault(channel.region_id, []).append(channel)
        self._promos: dict[str, list[tuple[Promo, frozenset[int]]]] = {}
        alive = Promo.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True)
        for promo in alive.prefetch_related("products"):
            if promo.max_usage and promo.used >= promo.max_usage:
                continue
            only = frozenset(product.pk for product in promo.products.all())
            self._promos.setdefault(promo.region_id, []).append((promo, only))

    def paid(
        self,
        level: str,
        price: Money,
        listed: Money,
        region: str,
        product_id: int,
        most: int,
        *,
        fees: bool,
        promo: bool,
    ) -> Paid:
        """What one unit brings where a buyer of `level` buys up to `most` of them; `listed` is the struck price.

        `fees`, `promo`: whether these count, or are borne by customers and the shop.
        """
        off = self._discounts.get((product_id, level), Decimal(0))
        unit = members.price(price, off)
        return Paid(
            level,
            off,
            unit.minor,
            _worst_promo(self._of(region, product_id, level), unit, listed, most) if promo else Worst(),
            _worst_fee(self._channels.get(region, []), unit, most) if fees else Worst(),
        )

    def _of(self, region: str, product_id: int, level: str) -> list[Promo]:
        return [
            promo
            for promo, only in self._promos.get(region, [])
            if (not only or product_id in only) and (not promo.levels or level in promo.levels)
        ]


def _worst_fee(offered: Iterable[Channel], unit: Money, most: int) -> Worst:
    """The dearest fee of one unit, as storefront.channels computes it, rounded up for one. A channel that does not take
    so little is used for more units at once; that it may not take so much is passed over, so that a fee never falls
    while the price rises."""
    worst = Worst()
    for channel in offered:
        for count in range(1, most + 1):
            total = unit * count
            if (total + channels.fee(channel, total)).minor < channel.min_minor:
                continue
            each = up(Decimal(channel.fee_minor) / count + unit.minor * Decimal(channel.fee_percent) / 100)
            worst = Worst(each, channel.name) if each > worst.minor else worst
            break
    return worst


def _worst_promo(those: Sequence[Promo], unit: Money, listed: Money, most: int) -> Worst:
    """The dearest promo of one unit, as storefront.promos computes it, rounded up for one: at the fewest units that it
    asks for its flat part and its cap weigh most."""
    worst = Worst()
    for promo in those:
        count = max(1, -(-promo.min_minor // max(listed.minor, 1)))
        if count > most:
            continue
        off = Decimal(promo.flat_minor) / count + unit.minor * Decimal(promo.percent) / 100
        if promo.max_discount_minor:
            off = min(off, Decimal(promo.max_discount_minor) / count)
        each = min(up(off), unit.minor)
        worst = Worst(each, promo.code) if each > worst.minor else worst
    return worst
