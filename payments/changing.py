"""Another way to pay for an order that is not paid yet: quoted anew, shown, and only then changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from core.money import Money
from payments import opening, settling
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable, Standing, Withdrawal
from payments.looking import end, look
from payments.models import Payment
from payments.wallet.services import balances
from storefront.channels import services as channels
from storefront.channels.models import Channel
from storefront.orders import services as orders
from storefront.orders.models import Order


@dataclass(frozen=True, slots=True)
class Requote:
    """What the same order costs by another channel."""

    channel: Channel
    fee: Money
    total: Money


def requote(order: Order, code: str, user: User | None = None) -> Requote:
    """The order's price by channel `code`; nothing moves. One promo, no new deadline.

    By balance only for its own member, `user`. Raises INVALID_PAYMENT_METHOD, AMOUNT_TOO_LOW/HIGH,
    PROMO_NOT_APPLICABLE for a promo tied to the present channel, INSUFFICIENT_BALANCE.
    """
    _ensure_payable(order)
    now = timezone.now()
    channel = channels.find_channel(code, order.region_id)
    channels.ensure_open(channel, now, get_language() or "en")
    is_by_balance = channel.kind == Channel.Kind.BALANCE
    if is_by_balance and (user is None or user.pk != order.user_id):
        raise Refused("INVALID_PAYMENT_METHOD", _("This way to pay is not offered here. Please choose another one."))
    if not channels.reaches(channel, order.phone):
        raise opening.phone_needed(channel.name)
    if order.promo is not None and order.promo.channels.exists():
        raise Refused(
            "PROMO_NOT_APPLICABLE",
            _("Your promo code holds for %(channel)s only.") % {"channel": order.channel_name},
        )
    subtotal = Money(order.subtotal_minor, order.currency)
    fee = channels.fee(channel, subtotal)
    total = subtotal - Money(order.discount_minor, order.currency) + fee
    channels.check_limits(channel, total)
    if is_by_balance and user is not None and balances(user).get(order.currency, Money(0, order.currency)) < total:
        # The transfer itself decides; here it saves the payment that is open from being cancelled for nothing.
        raise settling.insufficient_balance(total)
    return Requote(channel, fee, total)


def change_channel(order: Order, code: str, shown: Money, user: User | None = None) -> Order:
    """The unpaid order is to be paid by channel `code`, at the total that was `shown`, by the first deadline; by
    balance it is PAID at once.

    The old payment has been cancelled at its gateway first; if it turns out to be paid, the order is, and comes back
    unchanged. Raises as `requote`; INVALID_PAYMENT_METHOD also when the old payment is just in progress, and
    VALIDATION_ERROR when the total is no longer what was shown.
    """
    quoted = requote(order, code, user)
    if quoted.total != shown:
        raise Refused("VALIDATION_ERROR", _("The price has changed. Please look at it again."))
    for payment in order.payments.filter(state__in=Payment.LIVE):
        _close(order, payment)
    changed = _change(order.pk, quoted, user)
    if changed is not None:
        order, payment = changed
        if payment.state in Payment.LIVE:
            opening.open_claimed(order, payment)
        return order
    order.refresh_from_db()
    return order


def _close(order: Order, payment: Payment) -> None:
    """The old payment cannot be paid any more, or what was paid on it is settled. Raises when nobody can tell."""
    if not payment.gateway_id:
        if not opening.is_stale(payment, timezone.now()):
            raise _in_progress(order)
        end(payment, Payment.State.CANCELLED, "another channel")
        return
    gateway = for_code(payment.gateway)
    try:
        withdrawn = gateway.withdraw(payment.gateway_id)
        looked = look(payment, by="customer")
    except GatewayUnavailable as problem:
        raise opening.unavailable(order) from problem
    is_open = looked.standing == Standing.OPEN
    if looked.standing == Standing.HELD or (is_open and withdrawn == Withdrawal.BUSY):
        raise _in_progress(order)
    if is_open or withdrawn == Withdrawal.VOID:
        # Void, or beyond recall and not shown any more; money that comes on it all the same is found and settled.
        end(payment, Payment.State.CANCELLED, "another channel")


@transaction.atomic
def _change(order_id: int, quoted: Requote, user: User | None) -> tuple[Order, Payment] | None:
    order = orders.lock(order_id)
    now = timezone.now()
    newest = order.payments.order_by("-attempt").first()
    is_free = newest is None or newest.state not in (*Payment.LIVE, Payment.State.SETTLED)
    if order.status != Order.Status.PENDING or order.expires_at <= now or not is_free:
        return None
    order.channel = quoted.channel
    order.channel_code, order.channel_name = quoted.channel.code, quoted.channel.name
    order.fee_minor, order.total_minor, order.updated_at = quoted.fee.minor, quoted.total.minor, now
    order.save(update_fields=["channel", "channel_code", "channel_name", "fee_minor", "total_minor", "updated_at"])
    attempt = newest.attempt + 1 if newest else 1
    if quoted.channel.kind == Channel.Kind.BALANCE and user is not None:
        return order, settling.settle_by_balance(order, user, now, attempt=attempt)
    return order, opening.new_attempt(order, attempt, now)


def _ensure_payable(order: Order) -> None:
    if order.status != Order.Status.PENDING or order.expires_at <= timezone.now() or not order.total_minor:
        raise Refused("INVALID_PAYMENT_METHOD", _("This order does not wait for a payment any more."))
    if opening.holds_money(order):
        raise Refused("INVALID_PAYMENT_METHOD", _("Your money is here, and somebody is looking at it."))


def _in_progress(order: Order) -> Refused:
    return Refused(
        "INVALID_PAYMENT_METHOD",
        _("A payment by %(channel)s is just in progress. Please wait a moment.") % {"channel": order.channel_name},
    )
