"""What the invoice says about each step, by reason code, in the reader's language. Stages may add reasons to the rows;
a code without a sentence of its own is told by the state it led to."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from storefront.orders.models import Order, OrderEvent

_BY_STATUS: dict[str, str | Promise] = {
    Order.Status.PENDING: _("Order created, waiting for payment"),
    Order.Status.PAID: _("Payment received"),
    Order.Status.PROCESSING: _("Processing your order"),
    Order.Status.SUCCESS: _("%(item)s has been added to your account"),
    Order.Status.FAILED: _("Your order could not be delivered. Your money is on its way back."),
    Order.Status.EXPIRED: _("Not paid in time, the order was closed"),
}
_BY_REASON: dict[str, str | Promise] = {
    "free": _("Nothing to pay"),
    "paid_late": _("Payment received after the deadline, the order goes on"),
    "codes_ready": _("Your code is ready"),
    "accepted": _("Not the exact amount, but our staff let it pay the order"),
    "partly": _("%(delivered)d of %(quantity)d delivered; the rest is paid back."),
    "in_part": _("A part of it was delivered; the rest is paid back."),
    "out_of_stock": _("Sold out at our supplier. Your money is on its way back."),
    "wrong_account": _("The game does not know this account. Your money is on its way back."),
    "account_corrected": _("You corrected the account; we go on with the new one"),
    "account_changed": _("Our staff put the account right; we go on with the new one"),
    "cancelled": _("Cancelled as you asked. Your money is on its way back."),
    "cancelled_by_shop": _("We had to cancel it. Your money is on its way back."),
}
# For orders that cost nothing: there is no money to come back.
_FREE: dict[str, str | Promise] = {
    Order.Status.FAILED: _("Your order could not be delivered."),
    "wrong_account": _("The game does not know this account."),
    "cancelled": _("Cancelled as you asked."),
    "cancelled_by_shop": _("We had to cancel it."),
    "partly": _("%(delivered)d of %(quantity)d delivered."),
    "in_part": _("A part of it was delivered."),
}


class Step(TypedDict):
    """One entry of the timeline (API §20); `status` keeps PAID apart from PROCESSING."""

    status: str
    message: str
    timestamp: datetime


def message(order: Order, event: OrderEvent) -> str:
    """The sentence for a step, in the active language."""
    words = {
        "item": order.sku_name,
        "delivered": order.delivered,
        "failed": order.failed,
        "quantity": order.quantity,
    }
    told = _BY_REASON.get(event.reason) or _BY_STATUS[event.after]
    if not order.total_minor:
        told = _FREE.get(event.reason) or _FREE.get(event.after) or told
    return str(told) % words


def steps(order: Order) -> list[Step]:
    """All steps of the order, oldest first; one statement, none where events are prefetched."""
    return [
        {"status": event.after, "message": message(order, event), "timestamp": event.at} for event in order.events.all()
    ]
