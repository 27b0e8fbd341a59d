"""The month's quotes and orders, and the steps that each order went through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from core import rates
from core.web.client import digest
from demo.month import plan
from demo.month.plan import Bought, End, Month
from demo.month.purchases import unit_cost
from demo.month.written import BATCH, Written, number_of
from payments.settling import BALANCE
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order, OrderEvent
from storefront.promos.models import Promo


def write_orders(month: Month, promo: Promo, now: datetime, known: rates.Rates) -> list[Written]:
    """The month's quotes, those nobody took up among them, and its orders stand, each with its steps; the orders."""
    quotes = [_quote(one, promo) for one in month.orders]
    left = [_quote(one, promo) for one in month.looked]
    Inquiry.objects.bulk_create([*quotes, *left], batch_size=BATCH)
    orders = [
        _order(one, quote, number_of("GATE", place), now, known)
        for place, (one, quote) in enumerate(zip(month.orders, quotes, strict=True))
    ]
    Order.objects.bulk_create(orders, batch_size=BATCH)
    written = [Written(one, order) for one, order in zip(month.orders, orders, strict=True)]
    _write_steps(written)
    return written


def _quote(one: Bought, promo: Promo) -> Inquiry:
    price, sku = one.item.price, one.item.price.sku
    return Inquiry(
        user=one.buyer, region_id=price.region_id, product=sku.product, sku=sku, channel=one.channel,
        promo=promo if one.is_promo else None, fields=one.fields, nickname=one.nickname,
        account_region=price.region_id if one.nickname else "", quantity=one.quantity, currency=one.currency,
        unit_price_minor=price.price_minor, list_price_minor=price.original_minor,
        subtotal_minor=one.subtotal_minor, discount_minor=one.discount_minor, fee_minor=one.fee_minor,
        total_minor=one.total.minor, email=one.email, phone=one.phone, language=one.language,
        owner=digest("owner", one.email), device=digest("device", one.email), address=digest("address", one.email),
        created_at=one.at - timedelta(seconds=40), expires_at=one.at + timedelta(minutes=15),
    )  # fmt: skip


def _order(one: Bought, quote: Inquiry, number: str, now: datetime, known: rates.Rates) -> Order:
    sku, values = one.item.price.sku, {entry["key"]: entry["value"] for entry in one.fields}
    status = {
        End.FAILED: "FAILED", End.EXPIRED: "EXPIRED", End.LATE_MONEY: "EXPIRED", End.AMOUNT: "EXPIRED",
        End.PENDING: "PENDING", End.SET_ASIDE: "PAID", End.HELD: "PROCESSING", End.UNKNOWN: "PROCESSING",
        End.ACCEPTED: "PROCESSING",
    }.get(one.end, "SUCCESS")  # fmt: skip
    deadline = one.at + timedelta(seconds=one.channel.payment_seconds or 3600)
    if one.end == End.PENDING:
        deadline = now + timedelta(hours=20)
    is_paid = one.end in (*plan.ENDED, *plan.UNDER_WAY)
    ended_at = one.ended_at if status in ("SUCCESS", "FAILED", "EXPIRED") else None
    if one.end == End.AMOUNT:
        ended_at = min(deadline, now - timedelta(minutes=1))
    return Order(
        number=number, inquiry=quote, user=one.buyer, region_id=quote.region_id,
        product=sku.product, sku=sku, channel=one.channel, promo=quote.promo, status=status,
        product_code=sku.product.code, product_name=sku.product.title, sku_code=sku.code, sku_name=sku.name,
        channel_code=one.channel.code, channel_name=one.channel.name,
        promo_code=quote.promo.code if quote.promo else "", fields=one.fields,
        player_id=values.get(sku.product.player_field, ""), zone=values.get(sku.product.zone_field, ""),
        nickname=one.nickname, account_region=quote.account_region, quantity=one.quantity,
        delivered=one.delivered if is_paid else 0,
        failed=one.quantity - one.delivered if is_paid and ended_at else 0, currency=one.currency,
        unit_price_minor=quote.unit_price_minor, list_price_minor=quote.list_price_minor,
        subtotal_minor=one.subtotal_minor, discount_minor=one.discount_minor, fee_minor=one.fee_minor,
        total_minor=one.total.minor, cost_minor=unit_cost(one, known) * one.delivered if is_paid else 0,
        email=one.email, phone=one.phone, language=one.language, owner=quote.owner, device=quote.device,
        address=quote.address, created_at=one.at, updated_at=ended_at or one.paid_at, expires_at=deadline,
        paid_at=one.paid_at if is_paid else None, ended_at=ended_at,
    )  # fmt: skip


def _write_steps(written: Sequence[Written]) -> None:
    rows: list[OrderEvent] = []
    for one in written:
        order, before = one.order, ""
        for after, reason, by, at in _steps(one):
            rows.append(OrderEvent(order=order, before=before, after=after, by=by, reason=reason, at=at))
            before = after
    rows.sort(key=lambda row: row.at)
    OrderEvent.objects.bulk_create(rows, batch_size=BATCH)


def _steps(one: Written) -> Iterable[tuple[str, str, str, datetime]]:
    order = one.order
    yield "PENDING", "created", "customer", order.created_at
    if order.paid_at:
        yield "PAID", "paid", "checkout" if one.bought.channel.gateway == BALANCE else "gateway", order.paid_at
        if order.status == "PAID":
            return
        yield "PROCESSING", "taken", "fulfilment", order.paid_at + timedelta(seconds=1)
    if order.ended_at:
        reason = {"SUCCESS": "partly" if order.failed else "delivered", "FAILED": "undelivered"}
        by = "fulfilment" if order.paid_at else "clock"
        yield order.status, reason.get(order.status, "expired"), by, order.ended_at
