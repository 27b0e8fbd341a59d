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
from fulfilment.pricing.models import MarginRule
from payments.gateway_fees import services as gateway_fees
from payments.gateway_fees.models import GatewayFee
from storefront.catalogue import members
from storefront.channels.models import Channel
from storefront.promos.models import Promo

Fees = MarginRule.Fees
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


@dataclass(frozen=True, slots=True)
class Charge:
    """A channel that takes `least` or more (fee included), what it asks of customers, and what it may cost the shop:
    the whole fee, or what the gateway keeps beyond it (`net_...`). Flat parts in minor units, shares of the amount."""

    name: str
    least: int
    flat: Decimal
    share: Decimal
    net_flat: Decimal = Decimal(0)
    net_share: Decimal = Decimal(0)


def charge_of(channel: Channel, agreed: GatewayFee | None) -> Charge:
    """Without terms that were agreed with the gateway, what customers pay is taken for what it keeps."""
    flat, share = Decimal(channel.fee_minor), Decimal(channel.fee_percent) / 100
    if agreed is None:
        return Charge(channel.name, channel.min_minor, flat, share)
    kept = Decimal(agreed.percent) / 100  # of the amount with the customer's fee on top
    net_flat = agreed.fixed_minor + kept * flat - flat
    # A share below nothing would let the fee fall while the price rises.
    net_share = max(kept * (1 + share) - share, Decimal(0))
    return Charge(channel.name, channel.min_minor, flat, share, net_flat, net_share)


class Burdens:
    """All discounts, promos and channels, read once."""

    def __init__(self, now: datetime) -> None:
        self._discounts = members.all_percents()
        self._charges: dict[str, list[Charge]] = {}
        agreed = gateway_fees.all_terms(now)
        offered = Channel.objects.filter(is_active=True, for_purchase=True).exclude(kind=Channel.Kind.BALANCE)
        for channel in offered:
            self._charges.setdefault(channel.region_id, []).append(charge_of(channel, agreed.get(channel.pk)))
        self._promos: dict[str, list[tuple[Promo, frozenset[int]]]] = {}
        alive = Promo.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True)
        for promo in alive.prefetch_related("products"):
            if not _is_used_up(promo):
                only = frozenset(product.pk for product in promo.products.all())
                self._promos.setdefault(promo.region_id, []).append((promo, only))

    def payers(self, region: str, product_id: int) -> list[str]:
        """Who may pay otherwise than a guest: levels with a discount or a promo of their own; "" first."""
        everybody = len(self._of(region, product_id, ""))
        return [
            level
            for level in PAYERS
            if not level
            or (product_id, level) in self._discounts
            or len(self._of(region, product_id, level)) != everybody
        ]

    def paid(
        self, level: str, price: Money, listed: Money, region: str, product_id: int, most: int,
        *, fees: str, promo: bool,
    ) -> Paid:  # fmt: skip
        """What one unit brings where a buyer of `level` buys up to `most` of them; `listed` is the struck price.

        `fees` (MarginRule.Fees) and `promo` say which of these count.
        """
        off = self._discounts.get((product_id, level), Decimal(0))
        unit = members.price(price, off)
        return Paid(
            level,
            off,
            unit.minor,
            _worst_promo(self._of(region, product_id, level), unit, listed, most) if promo else Worst(),
            _worst_fee(self._charges.get(region, []), unit, most, fees),
        )

    def _of(self, region: str, product_id: int, level: str) -> list[Promo]:
        return [
            promo
            for promo, only in self._promos.get(region, [])
            if (not only or product_id in only) and (not promo.levels or level in promo.levels)
        ]


def _is_used_up(promo: Promo) -> bool:
    is_spent = promo.budget_minor and promo.given_minor >= promo.budget_minor
    return bool(is_spent or (promo.max_usage and promo.used >= promo.max_usage))


def _worst_fee(offered: Iterable[Charge], unit: Money, most: int, fees: str = Fees.WHOLE) -> Worst:
    """The most that a channel's fee takes of one unit, rounded up for one. A channel that does not take so little is
    used for more units at once; that it may not take so much is passed over, so that no fee falls as prices rise."""
    worst = Worst()
    if fees == Fees.NONE:
        return worst
    for one in offered:
        fewest = 1
        if unit.minor < one.least:
            fewest = max(1, up((one.least - 1 - one.flat) / (unit.minor * (1 + one.share))))
        if fewest > most:
            continue
        flat, share = (one.flat, one.share) if fees == Fees.WHOLE else (one.net_flat, one.net_share)
        # What the shop pays on top weighs most for the fewest units; what it gains, least for the most.
        each = up(flat / (fewest if flat > 0 else most) + unit.minor * share)
        worst = Worst(each, one.name) if each > worst.minor else worst
    return worst


def _worst_promo(those: Sequence[Promo], unit: Money, listed: Money, most: int) -> Worst:
    """The dearest promo of one unit, as storefront.promos computes it, rounded up for one: at the fewest units that it
    asks for its flat part and its cap weigh most."""
    worst = Worst()
    for promo in those:
        fewest = max(1, -(-promo.min_minor // max(listed.minor, 1)))
        if fewest > most:
            continue
        off = Decimal(promo.flat_minor) / fewest + unit.minor * Decimal(promo.percent) / 100
        if promo.max_discount_minor:
            off = min(off, Decimal(promo.max_discount_minor) / fewest)
        each = min(up(off), unit.minor)
        worst = Worst(each, promo.code) if each > worst.minor else worst
    return worst
