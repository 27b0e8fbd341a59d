"""Unpaid orders and deposits end: after a last look, once their payment can no longer be made at the gateway."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core import poison
from payments import mails
from payments.deposits import crediting as deposits
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable, Standing, Withdrawal
from payments.looking import claim, end, look
from payments.models import Deposit, Payment
from payments.opening import is_stale
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
# A gateway that is away, or that says a payment is just in progress, holds an order this long past its deadline.
PATIENCE = timedelta(minutes=15)
# Money that is there but held back (a card under review, a transfer that may be reversed) holds it longer.
HELD_FOR = timedelta(hours=24)


def expire_due(limit: int = 50) -> int:
    """Orders and deposits past their deadline were ended, those without a live payment first; how many ended."""
    now = timezone.now()
    ended = 0
    for model, act in ((Order, expire), (Deposit, expire_deposit)):
        overdue = model._default_manager.filter(status="PENDING", expires_at__lte=now).order_by("expires_at")
        overdue = overdue.exclude(pk__in=poison.resting(model))
        live = Payment.objects.filter(state__in=Payment.LIVE, **{f"{model._meta.model_name}_id": OuterRef("pk")})
        for pk in list(overdue.filter(~Exists(live)).values_list("pk", flat=True)[:limit]):
            with poison.counted(model, pk):
                ended += act(pk, now)
    waiting = Payment.objects.filter(state__in=Payment.LIVE, not_before__lte=now).select_related("order", "deposit")
    waiting = waiting.exclude(pk__in=poison.resting(Payment))
    for_orders = waiting.filter(order__status=Order.Status.PENDING, order__expires_at__lte=now)
    for_deposits = waiting.filter(deposit__status=Deposit.Status.PENDING, deposit__expires_at__lte=now)
    for payment in [*for_orders.order_by("not_before")[:limit], *for_deposits.order_by("not_before")[:limit]]:
        if not claim(payment):
            continue
        bill, is_void = payment.bill, False
        with poison.counted(Payment, payment.pk, about=bill.number):
            is_void = _is_void(payment, now)
        if is_void:
            with poison.counted(type(bill), bill.pk):
                ended += (expire if payment.order_id else expire_deposit)(bill.pk, now)
    return ended


def _is_void(payment: Payment, now: datetime) -> bool:
    """Whether the customer can surely not pay it any more, or we have waited long enough to find out."""
    is_overdue = payment.bill.expires_at + PATIENCE <= now
    if not payment.gateway_id:
        # Whoever is calling the gateway to open it is not disturbed for as long as that call may take.
        return is_overdue or is_stale(payment, now)
    try:
        looked = look(payment, by="expiry")
        if looked.standing in (Standing.PAID, Standing.REVERSED):
            return False
        if looked.standing == Standing.HELD:
            # The customer has paid: somebody else has to decide, and the order waits for that.
            return payment.bill.expires_at + HELD_FOR <= now
        if looked.standing != Standing.OPEN:
            return True
        # What this gateway never withdraws ends by itself at about the deadline; money after it is late money.
        return for_code(payment.gateway).withdraw(payment.gateway_id) != Withdrawal.BUSY or is_overdue
    except GatewayUnavailable as problem:
        logger.warning("%s: the gateway is away at its deadline: %s", payment.reference, problem)
        return is_overdue


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


@transaction.atomic
def expire_deposit(deposit_id: int, now: datetime) -> bool:
    """The unpaid deposit is over, its payments too. False if it was paid, or had ended, before this call's lock."""
    deposit = deposits.lock(deposit_id)
    if deposit.status != Deposit.Status.PENDING or deposit.expires_at > now:
        return False
    for payment in deposit.payments.filter(state__in=Payment.LIVE):
        end(payment, Payment.State.EXPIRED)
    return deposits.close(deposit, Deposit.Status.EXPIRED, now)
