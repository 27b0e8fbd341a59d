"""What visitors see of the ways to pay: one read for API and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Prefetch, Q

from core.models import Region
from core.money import Money
from core.translated import pick
from storefront.catalogue.closing import standing
from storefront.channels.models import Channel, ChannelCategory, ChannelClosure
from storefront.channels.services import PAYMENT_TYPES
from storefront.pictures import drawn, picture


@dataclass(frozen=True, slots=True)
class ChannelCategoryShown:
    code: str
    title: str
    icon: str
    position: int


@dataclass(frozen=True, slots=True)
class ChannelShown:
    """`fee` and `percent` of the subtotal make the fee; `least` and `most` are held against the total."""

    code: str
    kind: str
    name: str
    description: str
    instruction: str
    image: str
    currency: str
    fee: Money
    percent: Decimal
    least: Money
    most: Money
    is_featured: bool
    is_closed: bool
    closed_reason: str
    category_code: str
    category_title: str


def categories(region: Region, language: str, payment_type: str) -> list[ChannelCategoryShown]:
    """The categories that have a channel for that in the region, numbered from 1."""
    offered = Channel.objects.filter(
        category=OuterRef("pk"), region=region, is_active=True, **{PAYMENT_TYPES[payment_type]: True}
    )
    return [
        ChannelCategoryShown(
            code=row.code,
            title=pick(row.title, language),
            icon=drawn("channel-category", row.code, pick(row.title, "en")),
            position=number,
        )
        for number, row in enumerate(ChannelCategory.objects.filter(Exists(offered)), start=1)
    ]


def channels(
    region: Region, language: str, payment_type: str, *, now: datetime, category_code: str = ""
) -> list[ChannelShown]:
    """The region's channels for that, in the shop's order; closed ones too, marked so. Two SELECTs."""
    rows = (
        Channel.objects.filter(region=region, is_active=True, **{PAYMENT_TYPES[payment_type]: True})
        .select_related("category")
        .prefetch_related(Prefetch("closures", ChannelClosure.objects.filter(Q(region=None) | Q(region=region))))
        .order_by("category__position", "position", "pk")
    )
    if category_code:
        rows = rows.filter(category__code=category_code)
    return [_shown(row, region, language, now) for row in rows]


def _shown(row: Channel, region: Region, language: str, now: datetime) -> ChannelShown:
    shut = standing(row.closures.all(), region, now)
    return ChannelShown(
        code=row.code,
        kind=row.kind,
        name=row.name,
        description=pick(row.description, language),
        instruction=pick(row.instruction, language),
        image=picture(row.image, "channel", row.code, row.name),
        currency=region.currency,
        fee=Money(row.fee_minor, region.currency),
        percent=row.fee_percent,
        least=Money(row.min_minor, region.currency),
        most=Money(row.max_minor, region.currency),
        is_featured=row.is_featured,
        is_closed=shut is not None,
        closed_reason=pick(shut.reason, language) if shut else "",
        category_code=row.category.code,
        category_title=pick(row.category.title, language),
    )
