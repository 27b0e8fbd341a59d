"""The invoice of an order: who may see all of it, and what it says (API §19 and §20). The door stands in payments.

Whoever knows only the number sees contact data masked (F19): a number is read over a shoulder or sent to a friend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.models import User
from core import phones
from core.errors import not_found
from core.money import Money
from core.web.client import Client
from storefront.orders import timeline
from storefront.orders.models import Order
from storefront.orders.services import clean_number

_view = signing.Signer(salt="storefront.invoice")


def find(number: str) -> Order:
    """The order of that number with its events at hand, in two statements. Raises NOT_FOUND."""
    order = Order.objects.filter(number=clean_number(number)).prefetch_related("events").first()
    if order is None:
        raise not_found()
    return order


def view_key(order: Order) -> str:
    """The key that a link in a mail carries: whoever has it may see the whole invoice."""
    return _view.signature(order.number)


def is_owner(order: Order, client: Client, *, key: str = "", user: User | None = None) -> bool:
    """Whether all of the invoice may be shown: to the member, the browser that ordered, or the holder of a mail's link.

    A device named in a header proves nothing; only the signed cookie does.
    """
    return bool(known_as(order, client, key=key, user=user))


def known_as(order: Order, client: Client, *, key: str = "", user: User | None = None) -> str:
    """By what whoever asks is known as the order's owner, for a log: the member's id, "browser" or "link"; empty for a
    stranger."""
    if user is not None and order.user_id == user.pk:
        return str(user.pk)
    if order.owner and client.owner_key and constant_time_compare(order.owner, client.owner_key):
        return "browser"
    if key and constant_time_compare(key, view_key(order)):
        return "link"
    return ""


def shown_status(order: Order) -> str:
    """The state as the API names it: PAID is told as PROCESSING (decisions, API)."""
    return Order.Status.PROCESSING if order.status == Order.Status.PAID else order.status


def _pricing(order: Order) -> dict[str, Any]:
    return {
        "subtotal": Money(order.subtotal_minor, order.currency),
        "discount": Money(order.discount_minor, order.currency),
        "paymentFee": Money(order.fee_minor, order.currency),
        "total": order.total,
        "currency": order.currency,
    }


def brief(order: Order, payment: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What every answer says of an order; `payment` adds to its channel."""
    return {
        "invoiceNumber": order.number,
        "status": shown_status(order),
        "productCode": order.product_code,
        "productName": order.product_name,
        "skuCode": order.sku_code,
        "skuName": order.sku_name,
        "quantity": order.quantity,
        "account": {"nickname": order.nickname, "inputs": order.inputs},
        "pricing": _pricing(order),
        "payment": {"code": order.channel_code, "name": order.channel_name, **(payment or {})},
    }


def placed(order: Order, payment: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `order` of API §19, for the one who has just placed it; `payment` adds instruction, qrCode ... expiredAt."""
    return {
        **brief(order, payment),
        "contact": {"email": order.email, "phoneNumber": order.phone or None},
        "createdAt": order.created_at,
        "expiredAt": order.expires_at,
    }


def view(order: Order, *, is_full: bool, payment: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The invoice of API §20 in the active language; moments and amounts are left for the renderer to write.

    `payment` adds what the door knows of the payment; it belongs on a PENDING invoice only. `promo` is null without
    one; `payment.paidAt` and `completedAt` are there once they have happened. The phone number is as dialled at home.
    """
    answer = brief(order, payment if order.status == Order.Status.PENDING else None)
    if order.paid_at is not None:
        answer["payment"]["paidAt"] = order.paid_at
    answer |= {
        "promo": {"code": order.promo_code, "discountAmount": Money(order.discount_minor, order.currency)}
        if order.promo_code
        else None,
        "contact": contact(order, is_full=is_full),
        "units": units(order),
        "timeline": timeline.steps(order),
        "createdAt": order.created_at,
        "expiredAt": order.expires_at,
    }
    if order.ended_at is not None:
        answer["completedAt"] = order.ended_at
    return answer


def contact(order: Order, *, is_full: bool) -> dict[str, str | None]:
    """Where the buyer is reached, masked for strangers; the number national, null where none was given."""
    if is_full:
        return {"email": order.email, "phoneNumber": phones.national(order.phone) if order.phone else None}
    return {
        "email": phones.mask_email(order.email) if order.email else "",
        "phoneNumber": phones.mask_phone(order.phone) if order.phone else None,
    }


def units(order: Order) -> dict[str, int]:
    """How many of the units arrived, were given up (their money is paid back), and are still under way; `partly`, only
    where there are such, counts those of which some pieces arrived and the others are paid back.

    An order that ended unpaid has nothing under way and nothing to pay back.
    """
    if order.status == Order.Status.EXPIRED:
        return {"delivered": 0, "refunded": 0, "pending": 0}
    counted = {
        "delivered": order.delivered,
        "refunded": order.failed,
        "pending": order.quantity - order.delivered - order.failed - order.partly,
    }
    return counted | ({"partly": order.partly} if order.partly else {})
