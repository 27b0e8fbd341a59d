"""Payment channels and promo codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.models import Region
from core.money import Money
from demo.catalogue.channels import CATEGORIES, CHANNELS, REFUND_DAYS
from demo.catalogue.promos import PROMOS, Code
from demo.catalogue.shapes import both
from demo.loading.base import RATES_SINCE
from demo.loading.rows import upsert
from payments.models import GatewayFee
from storefront.catalogue.models import Product
from storefront.channels.models import Channel, ChannelCategory, ChannelClosure
from storefront.promos.models import Promo, PromoSlot

Channels = dict[tuple[str, str], Channel]


def load_channels(regions: Mapping[str, Region]) -> Channels:
    """Channels by (code, region)."""
    categories = {
        row.code: row
        for row in upsert(
            [ChannelCategory(code=code, title=title, position=place) for place, (code, title) in enumerate(CATEGORIES,
                1)],
            ["code"],
            ["title", "position"],
        )
    }  # fmt: skip
    rows = []
    for position, pay in enumerate(CHANNELS, start=1):
        currency = regions[pay.region].currency
        rows.append(
            Channel(
                code=pay.code,
                region=regions[pay.region],
                category=categories[pay.category],
                kind=pay.kind,
                name=pay.name,
                description=pay.description,
                instruction=pay.instruction,
                fee_minor=Money.of(pay.fee, currency).minor,
                fee_percent=Decimal(pay.percent),
                min_minor=Money.of(pay.least, currency).minor,
                max_minor=Money.of(pay.most, currency).minor,
                gateway=pay.gateway,
                gateway_channel=pay.gateway_channel,
                bank_name=pay.bank,
                is_refundable=pay.is_refundable,
                refund_days=REFUND_DAYS.get(pay.kind, 3),
                for_deposit=pay.for_deposit,
                payment_seconds=pay.seconds,
                is_featured=pay.is_featured,
                position=position,
            )
        )
    kept = {"id", "code", "region", "image", "is_active"}
    columns = [column.name for column in Channel._meta.concrete_fields if column.name not in kept]
    stored = upsert(rows, ["code", "region"], columns)
    channels = {(row.code, row.region_id): row for row in stored}
    _agree_fees(stored)
    ChannelClosure.objects.update_or_create(
        channel=channels["LINKAJA", "ID"],
        closed_from=time(23, 50),
        closed_until=time(0, 20),
        defaults={
            "reason": both("LinkAja dipelihara setiap malam, 23.50 sampai 00.20.", "LinkAja rests from 23:50 to 00:20.")
        },
    )
    return channels


def _agree_fees(channels: Sequence[Channel]) -> None:
    """What the gateways keep: somewhat less than customers pay for it. Terms that are there stay."""
    GatewayFee.objects.bulk_create(
        [
            GatewayFee(
                channel=row, fixed_minor=row.fee_minor * 9 // 10, valid_from=RATES_SINCE,
                percent=(Decimal(row.fee_percent) * 9 / 10).quantize(Decimal("0.001")),
            )
            for row in channels
            if row.kind != Channel.Kind.BALANCE
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _end(promo: Code, region: Region, now: datetime) -> datetime:
    """The last second of next year, or of last month, by the region's clocks."""
    local = now.astimezone(ZoneInfo(region.time_zone))
    if promo.ends == "over":
        return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(seconds=1)
    return local.replace(year=local.year + 1, month=12, day=31, hour=23, minute=59, second=59, microsecond=0)


def load_promos(
    regions: Mapping[str, Region], products: Mapping[str, Product], channels: Channels, now: datetime
) -> int:
    """How many promos stand. What has been used of them already is not set back."""
    for position, promo in enumerate(PROMOS, start=1):
        region = regions[promo.region]
        row, made = Promo.objects.update_or_create(
            code=promo.code,
            defaults={
                "region": region,
                "title": promo.title,
                "description": promo.description,
                "note": promo.note,
                "days": list(promo.days),
                "max_usage": promo.max_usage,
                "max_daily_usage": promo.max_daily_usage,
                "max_usage_per_id": promo.per_id,
                "max_usage_per_device": promo.per_device,
                "max_usage_per_ip": promo.per_address,
                "expires_at": _end(promo, region, now),
                "min_minor": Money.of(promo.least, region.currency).minor,
                "max_discount_minor": Money.of(promo.most, region.currency).minor,
                "flat_minor": Money.of(promo.flat, region.currency).minor,
                "percent": Decimal(promo.percent),
                "position": position,
            },
        )
        if promo.products:
            row.products.set([products[code] for code in promo.products])
        if promo.channels:
            row.channels.set([channels[code, promo.region] for code in promo.channels])
        if made and promo.is_used_up:
            for number in range(promo.max_usage):
                PromoSlot.objects.create(
                    promo=row, holder=f"DEMO-{promo.code}-{number + 1}", day=now.date(), target=f"demo-{number + 1}"
                )
            row.used = promo.max_usage
            row.save(update_fields=["used"])
    return len(PROMOS)
