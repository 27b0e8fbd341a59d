"""Would this order get that promo, and why not: the same questions a quote asks, of an order nobody has placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.money import Money
from storefront.catalogue.services import find_offer
from storefront.channels import services as channels
from storefront.inquiries.services import level_price, promo_use
from storefront.players import services as players
from storefront.promos import services as promos
from storefront.promos.models import Promo


@dataclass(frozen=True, slots=True)
class Imagined:
    """An order as somebody might place it. `level` "": a guest; `holder`: counted as the device and network of the
    order of that number, "" as nobody's; `data` empty: uses per account are not counted."""

    product_code: str
    sku_code: str
    region_code: str
    payment_code: str
    quantity: int = 1
    level: str = ""
    data: Mapping[str, Any] | None = None
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the order would cost, and what every rule of the promo says. `discount` is what it would get if all held."""

    promo: Promo
    verdicts: list[promos.Verdict]
    subtotal: Money
    discount: Money
    fee: Money

    @property
    def gets_it(self) -> bool:
        return not any(verdict.refusal for verdict in self.verdicts)

    @property
    def total(self) -> Money:
        return self.subtotal - (self.discount if self.gets_it else Money(0, self.subtotal.currency)) + self.fee


def simulate(promo_code: str, order: Imagined, language: str, now: datetime) -> Simulated:
    """What the promo would do for `order` at `now`, by the code a quote goes through; nothing is written or taken.

    Raises what a quote would: PROMO_NOT_FOUND (not for one that is switched off: its verdict says so), NOT_FOUND,
    SKU_UNAVAILABLE, INVALID_PAYMENT_METHOD, VALIDATION_ERROR for inputs of the account that cannot be.
    """
    found = promos.find(promo_code, also_off=True)
    offer = find_offer(order.product_code, order.sku_code, order.region_code, now, language)
    channel = channels.find_channel(order.payment_code, order.region_code)
    fields = list(offer.product.fields.all())
    values = players.read_fields(fields, order.data, offer.region) if order.data else []
    device, address = promos.signals_of(order.holder) if order.holder else ("", "")
    subtotal = level_price(offer, order.level) * order.quantity
    use = promo_use(
        offer, channel, subtotal, values, quantity=order.quantity, device=device, address=address, level=order.level
    )
    return Simulated(
        promo=found.promo,
        verdicts=[promos.switched(found.promo), *promos.verdicts(found, use, now)],
        subtotal=subtotal,
        discount=promos.discount(found.promo, subtotal),
        fee=channels.fee(channel, subtotal),
    )
