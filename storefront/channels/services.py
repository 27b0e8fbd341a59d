"""Which ways to pay there are, what they cost, and what they take."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.errors import Refused
from core.kept import kept
from core.models import Region
from core.money import Money
from core.translated import pick
from payments.gateways import offer
from storefront.catalogue.closing import Closed, edges, standing
from storefront.channels.models import Channel, ChannelClosure

#: What a payment may be for, by the API's words.
PAYMENT_TYPES = {"purchase": "for_purchase", "deposit": "for_deposit"}


def find_channel(code: str, region_code: str, payment_type: str = "purchase") -> Channel:
    """The active channel of that code in the region, with region and closing times at hand; as the customer saw it
    (core.kept), else two SELECTs.

    `payment_type`: a key of PAYMENT_TYPES. Raises INVALID_PAYMENT_METHOD where it is not offered there or for that.
    Whether it is closed at the moment says `closed`, or `ensure_open`.
    """

    def read() -> Channel | None:
        offered = Channel.objects.filter(code=code, region_id=region_code, is_active=True, region__is_active=True)
        return offered.select_related("region").prefetch_related("closures").first()

    channel = kept(("channel", code, region_code), read)
    if channel is None or not getattr(channel, PAYMENT_TYPES[payment_type]):
        raise Refused("INVALID_PAYMENT_METHOD", _("This way to pay is not offered here. Please choose another one."))
    return channel


def only_region(code: str) -> str | None:
    """The code of the one region in which a channel of that code is offered; None where there are several or none."""

    def read() -> list[str]:
        return list(Channel.objects.filter(code=code, is_active=True).values_list("region_id", flat=True)[:2])

    regions = kept(("only region", code), read) or []
    return regions[0] if len(regions) == 1 else None


def fee(channel: Channel, subtotal: Money) -> Money:
    """What paying `subtotal` (before any promo) by this channel costs the customer, half up once (decisions: money)."""
    return Money(channel.fee_minor, subtotal.currency) + subtotal.percent(channel.fee_percent)


def check_limits(channel: Channel, total: Money) -> None:
    """Raises AMOUNT_TOO_LOW or AMOUNT_TOO_HIGH where the channel does not take `total` (fee included).

    A total of nothing is taken by every channel: nothing is asked of it.
    """
    least, most = Money(channel.min_minor, total.currency), Money(channel.max_minor, total.currency)
    if total and total < least:
        raise Refused(
            "AMOUNT_TOO_LOW",
            _("%(channel)s takes %(amount)s or more.") % {"channel": channel.name, "amount": least},
            details=_("The total is %(amount)s.") % {"amount": total},
        )
    if most < total:
        raise Refused(
            "AMOUNT_TOO_HIGH",
            _("%(channel)s takes %(amount)s at most.") % {"channel": channel.name, "amount": most},
            details=_("The total is %(amount)s.") % {"amount": total},
        )


def closed(channel: Channel, now: datetime) -> Closed | None:
    """Whether maintenance or a cut-off closes the channel. One SELECT, none where closures are prefetched."""
    return standing(channel.closures.all(), channel.region, now)


def reaches(channel: Channel, phone: str) -> bool:
    """Whether the channel can ask the customer: one that asks on the phone needs a number (E.164) of the region."""
    offered = offer(channel.gateway, channel.region_id, channel.gateway_channel)
    return offered is None or not offered.needs_phone or phone.startswith(channel.region.dial_code)


def ensure_open(channel: Channel, now: datetime, language: str = "en") -> None:
    """Raises INVALID_PAYMENT_METHOD with the reason that staff wrote where the channel is closed now."""
    if shut := closed(channel, now):
        raise Refused(
            "INVALID_PAYMENT_METHOD",
            _("%(channel)s is closed right now. Please choose another way to pay.") % {"channel": channel.name},
            details=pick(shut.reason, language),
        )


def closing_edges(region: Region, now: datetime) -> list[datetime]:
    """Moments after `now` at which a channel of the region may close or open."""
    return edges(ChannelClosure.objects.filter(channel__region=region, channel__is_active=True), region, now)
