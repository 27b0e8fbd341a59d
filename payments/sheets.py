"""Sheets of the ways to pay. They stand here, not with the goods: whether a gateway can do it is asked of gateways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.sheets.columns import Amount, Line, Part, RowNumber, of_model
from core.sheets.links import Link
from core.sheets.sheet import Sheet, by_code
from payments.offers import problems_of
from storefront.channels.models import Channel, ChannelCategory, ChannelClosure
from storefront.sheets.goods import CLOSURE_COLUMNS, REGION, closure_rule, code, regions
from storefront.sheets.shown import channels

_AMOUNTS = {"fee_minor": "fee", "min_minor": "min_amount", "max_minor": "max_amount"}


def _channel(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    for attribute, problem in problems_of(row, row.region_id):
        yield _AMOUNTS.get(attribute, attribute), problem


def _closure(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    yield from closure_rule(row, line)
    if row.region_id is not None and row.region_id != row.channel.region_id:
        yield "region", str(_("The channel is of another region."))


CHANNELS = Sheet(
    "channels",
    _("payment channels"),
    Channel,
    ("code", "region"),
    "code__in",
    [
        code(30),
        REGION,
        Link("category", needed=True, by=("category",), told=_("code of the category")),
        *of_model(Channel, "kind", "name", "description", "instruction"),
        Amount("fee", "fee_minor", told=_("in the region's currency")),
        *of_model(Channel, "fee_percent"),
        Amount("min_amount", "min_minor", needed=True),
        Amount("max_amount", "max_minor", needed=True),
        *of_model(
            Channel, "gateway", "gateway_channel", "bank_name", "is_refundable", "refund_days", "for_purchase",
            "for_deposit", "payment_seconds", "is_featured", "is_active", "position",
        ),
    ],
    lambda: Channel.objects.select_related("region", "category").order_by("region", "code"),
    {"region": regions, "category": by_code(lambda: ChannelCategory.objects.all())},
    _channel,
    is_money=True,
)  # fmt: skip

CHANNEL_CLOSURES = Sheet(
    "channel_closures",
    _("closing times of channels"),
    ChannelClosure,
    ("id",),
    "pk__in",
    [
        RowNumber("id", is_key=True, told=_("empty: a new one")),
        Part("channel_region", "channel.region_id", needed=True, told=_("region of the channel")),
        Link(
            "channel", needed=True, by=("channel_region", "channel"), path=("region_id", "code"),
            told=_("code of the channel"),
        ),
        *CLOSURE_COLUMNS,
    ],
    lambda: ChannelClosure.objects.select_related("channel__region", "region").order_by("pk"),
    {"channel": channels, "region": regions},
    _closure,
)  # fmt: skip
