"""Whether a gateway can do what a channel of the shop says it does, whoever writes the channel: a form, a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from payments.gateways import CODES, for_code, offer
from payments.settling import BALANCE
from storefront.channels.models import Channel


def problems_of(channel: Any, region_code: str) -> Iterable[tuple[str, str]]:
    """(column, problem) of a channel as it would stand, in that region."""
    least, most = channel.min_minor, channel.max_minor
    if isinstance(least, int) and isinstance(most, int) and most < least:
        yield "max_minor", _("The most is not less than the least.")
    if channel.kind == Channel.Kind.BALANCE:
        if channel.gateway not in (None, "", BALANCE):
            yield "gateway", _("The balance is the shop's own: no gateway stands behind it.")
    elif not channel.gateway_channel:
        yield "gateway_channel", _("The gateway needs its own code for this channel.")
    elif channel.gateway and region_code:
        yield from _of_offer(channel, region_code)


def _of_offer(channel: Any, region_code: str) -> Iterable[tuple[str, str]]:
    """The gateway has that channel, in that country, of that kind, and can do what the shop says it can."""
    if channel.gateway not in CODES:
        yield "gateway", _("Only the balance stands with the shop itself.")
        return
    offered = offer(channel.gateway, region_code, channel.gateway_channel)
    if offered is None or offered.kind != channel.kind:
        fitting = [one.code for one in for_code(channel.gateway).offers(region_code) if one.kind == channel.kind]
        words = {"gateway": channel.gateway, "codes": ", ".join(fitting) or "–", "region": region_code}
        text = _("%(gateway)s has no such channel of this kind in %(region)s. It has: %(codes)s")
        yield "gateway_channel", text % words
    elif channel.is_refundable and not offered.is_refundable:
        text = _("%(gateway)s takes nothing back on this channel.")
        yield "is_refundable", text % {"gateway": channel.gateway}
