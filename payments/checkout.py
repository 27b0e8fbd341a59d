"""From a quote to an order that can be paid: once per token, however often and at once it is posted."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from core.web.client import Client
from payments import opening, settling
from payments.models import Payment
from storefront.channels.models import Channel
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos

logger = logging.getLogger(__name__)


def place(token: str, client: Client, user: User | None = None) -> Order:
    """The one order of this validation token, with a payment open at the gateway if it still waits to be paid.

    By balance it is PAID at once. Raises INVALID_TOKEN, TOKEN_EXPIRED (no order came of it in time),
    PROMO_LIMIT_REACHED, INSUFFICIENT_BALANCE (the token stays good) and INVALID_PAYMENT_METHOD with nothing moved;
    PAYMENT_UNAVAILABLE when the gateway does not answer, and INVALID_PAYMENT_METHOD with
    `invoiceNumber` when it refuses: the order then stays PENDING, and the same token tries again.
    """
    return place_with_payment(token, client, user)[0]


def place_with_payment(token: str, client: Client, user: User | None = None) -> tuple[Order, Payment | None]:
    """As `place`; also the newest payment attempt, None for an order that cost nothing."""
    inquiry_id = inquiries.open_token(token)
    now = timezone.now()
    with transaction.atomic():
        inquiry = inquiries.lock(inquiry_id)
        if inquiry.user_id is not None and (user is None or user.pk != inquiry.user_id):
            raise inquiries.invalid_token()
        is_new = not Order.objects.filter(inquiry=inquiry).exists()
        payment = None
        if is_new:
            order, payment = _create(inquiry, client, user, now)
        else:
            order = Order.objects.select_related("channel").get(inquiry=inquiry)
    if is_new:
        return order, opening.open_claimed(order, payment) if payment and payment.state in Payment.LIVE else payment
    return order, opening.ensure_open(order)


def _create(inquiry: Inquiry, client: Client, user: User | None, now: datetime) -> tuple[Order, Payment | None]:
    """Order, promo slot and a payment claimed by us to be opened, or paid by balance: all rows of one transaction."""
    if inquiry.expires_at <= now:
        raise Refused(
            "TOKEN_EXPIRED",
            _("The price was held for you as long as we could. Please check your order again."),
            details=_("The validation token has expired."),
        )
    is_by_balance = inquiry.channel.kind == Channel.Kind.BALANCE
    if is_by_balance and user is None:
        raise Refused("INVALID_PAYMENT_METHOD", _("This way to pay is not offered here. Please choose another one."))
    number = orders.new_number()
    device, address = client.device_key or inquiry.device, client.address_key or inquiry.address
    if inquiry.promo_id is not None:
        promos.take(
            inquiry.promo_id, number, inquiries.promo_target(inquiry), device, address, now,
            discount_minor=inquiry.discount_minor,
        )  # fmt: skip
    order = orders.create_from(
        inquiry, number=number, owner=client.owner_key, now=now, user=user, device=device, address=address
    )
    if not order.total:
        settling.settle_free(order, now)
        return order, None
    if is_by_balance and user is not None:
        return order, settling.settle_by_balance(order, user, now)
    return order, opening.new_attempt(order, 1, now)
