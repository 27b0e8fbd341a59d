"""Unpaid orders end: after a last look, and only once their payment can no longer be made at the gateway."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from payments import mails
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable, Standing
from payments.looking import claim, end, look
from payments.models import Payment
from payments.opening import is_stale
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
# A gateway that is away, or that says a payment is just in progress, holds an order this long past its deadline.
PATIENCE = timedelta(minutes=15)


def expire_due(limit: int = 50) -> int:
    """Orders past their deadline were ended, those without a live payment first; how many ended."""
    now = timezone.now()
    overdue = Order.objects.filter(status=Order.Status.PENDING, expires_at__lte=now).order_by("expires_at")
    live = Payment.objects.filter(order=OuterRef("pk"), state__in=Payment.LIVE)
    ended = 0
    for order_id in list(overdue.filter(~Exists(live)).values_list("pk", flat=True)[:limit]):
        ended += _expire_safely(order_id, now)
    waiting = Payment.objects.filter(
        state__in=Payment.LIVE, not_before__lte=now, order__status=Order.Status.PENDING, order__expires_at__lte=now
    )
    for payment in list(waiting.select_related("order").order_by("not_before")[:limit]):
        if claim(payment) and _is_void(payment, now):
            ended += _expire_safely(payment.order_id, now)
    return ended


def _is_void(payment: Payment, now: datetime) -> bool:
    """Whether the customer can surely not pay it any more, or we have waited long enough to find out."""
    is_overdue = payment.order.expires_at + PATIENCE <= now
    if not payment.gateway_id:
        # Whoever is calling the gateway to open it is not disturbed for as long as that call may take.
        return is_overdue or is_stale(payment, now)
    try:
        looked = look(payment, by="expiry")
        if looked.standing == Standing.PAID:
            return False
        if looked.standing != Standing.OPEN:
            return True
        return for_code(payment.gateway).cancel(payment.gateway_id) or is_overdue
    except GatewayUnavailable as problem:
        logger.warning("%s: the gateway is away at its deadline: %s", payment.reference, problem)
        return is_overdue
    except Exception:
        logger.exception("%s could not be ended", payment.reference)
        return False


def _expire_safely(order_id: int, now: datetime) -> bool:
    try:
        return expire(order_id, now)
    except Exception:
        logger.exception("order %s could not be ended", order_id)
        return False


@transaction.atomic
def expire(order_id: int, now: datetime) -> bool:
    """The unpaid order is over, its payments too, its promo slot is free and a mail is queued. False if it was paid,
    or had ended, before this call got its lock."""
    order = orders.lock(order_id, with_promo=True)
    if order.status != Order.Status.PENDING or order.expires_at > now:
        return False
    for payment in order.payments.filter(state__in=Payment.LIVE):
        end(payment, Payment.State.EXPIRED)
    orders.expire(order, by="expiry", now=now)
    mails.order_expired(order)
    return True
