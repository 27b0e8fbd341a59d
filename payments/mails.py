"""The mails an order causes, in the order's language; each goes out once, queued in the transaction that causes it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation

from core import mail
from core.money import Money
from storefront.orders import invoice, timeline
from storefront.orders.models import Order


def invoice_url(order: Order, *, with_key: bool = False) -> str:
    """The order's page; with its key, whoever holds the link sees what only the owner may."""
    page = f"{settings.PUBLIC_BASE_URL}/{order.language}-{order.region_id.lower()}/invoices/{order.number}"
    return f"{page}?key={invoice.view_key(order)}" if with_key else page


def context(order: Order, refund: Money | None = None) -> dict[str, Any]:
    """What the templates mail/order_*.{txt,html} show, as plain JSON; `refund` is what goes back to the customer."""
    with translation.override(order.language):
        last = order.events.last()
        return {
            "shop": settings.SHOP_NAME,
            "number": order.number,
            "product": order.product_name,
            "item": order.sku_name,
            "quantity": order.quantity,
            "delivered": order.delivered,
            "nickname": order.nickname or "",
            "inputs": order.inputs,
            "total": str(order.total),
            "channel": order.channel_name,
            "url": invoice_url(order, with_key=True),
            "timeline": timeline.message(order, last) if last else "",
            "refund": str(refund) if refund else "",
        }


def order_paid(order: Order) -> None:
    _queue(order, "order_paid", context(order))


def order_expired(order: Order) -> None:
    _queue(order, "order_expired", context(order))


def order_done(order: Order, refund: Money | None = None) -> None:
    """All or some units arrived; `refund` is what the rest was worth."""
    _queue(order, "order_done", context(order, refund))


def order_failed(order: Order, refund: Money | None = None) -> None:
    _queue(order, "order_failed", context(order, refund))


def _queue(order: Order, template: str, filled: dict[str, Any]) -> None:
    if order.email:
        mail.queue(f"{template}:{order.number}", order.email, order.language, template, filled, about=order.number)
