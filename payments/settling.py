"""Money arrives: the only function that says so, and what follows from it.

Webhook, return page, poller and staff all come through `settle`. The gateway is right about money: a payment that
failed, expired or was superseded settles like any other when money is captured on it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Level, User
from core.cases import open_case
from core.errors import Refused
from core.money import Money
from core.wake import wake
from payments import mails, refunds
from payments.deposits import crediting as deposits
from payments.gateway_fees import services as gateway_fees
from payments.gateways.base import CaptureSeen
from payments.models import Account, Bill, Capture, Deposit, Payment, Refund, reference_of
from payments.schedule import NEVER, next_look
from payments.wallet import services as ledger
from storefront.catalogue.services import find_offer
from storefront.inquiries.services import unit_price
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos

logger = logging.getLogger(__name__)
# What stands as gateway on payments from a wallet: nobody outside is asked about them.
BALANCE = "balance"
State = Payment.State
Effect = Capture.Effect


@transaction.atomic
def settle(payment_id: int, capture: CaptureSeen, *, by: str = "gateway") -> bool:
    """The capture is counted and booked; True for the one call that counted it, however many see it.

    The order is PAID and about to be taken if this is its money: exactly its total, in time, or late while the item
    is still sold at no more than the quoted price and the promo slot can be had again. All else is owed back at once:
    too late, or a second time -> refund; another amount -> refund under review, with a case. Money for a deposit is
    in the wallet, whatever it is.
    """
    now = timezone.now()
    order_id, deposit_id = Payment.objects.values_list("order_id", "deposit_id").get(pk=payment_id)
    bill: Bill = orders.lock(order_id, with_promo=True) if deposit_id is None else deposits.lock(deposit_id)
    payment = _lock_payment(payment_id)
    # Under the bill's lock; that one capture counts once over all bills, the unique constraint says.
    if Capture.objects.filter(gateway=payment.gateway, gateway_ref=capture.ref).exists():
        return False
    if isinstance(bill, Deposit):
        row = _count(payment, capture, Effect.CREDITED, bill)
        _mark(payment, capture.amount, None, now)
        deposits.credit(bill, row, now)
        return True
    order = bill
    was_late = order.status == Order.Status.EXPIRED
    owed = _why_owed(order, payment, capture.amount, now)
    row = _count(payment, capture, Effect.SURPLUS if owed else Effect.LATE_PAID if was_late else Effect.PAID, order)
    _mark(payment, capture.amount, owed, now)
    if owed:
        review = owed == Refund.Why.AMOUNT
        refunds.owe(order, payment, capture.amount, owed, f"surplus:{row.pk}", review=review)
    else:
        pay(order, payment, by=by, reason="paid_late" if was_late else "paid", now=now)
    return True


def _count(payment: Payment, capture: CaptureSeen, effect: Effect, bill: Bill) -> Capture:
    """The capture has its row, its money stands in customer funds under the bill's name, and what the gateway keeps of
    it is booked."""
    row = Capture.objects.create(
        payment=payment,
        gateway=payment.gateway,
        gateway_ref=capture.ref,
        amount_minor=capture.amount.minor,
        currency=capture.amount.currency,
        effect=effect,
        captured_at=capture.at,
    )
    currency = capture.amount.currency
    ledger.transfer(
        f"capture:{payment.gateway}:{capture.ref}",
        ledger.house(Account.Kind.CLEARING, currency, payment.gateway),
        ledger.house(Account.Kind.FUNDS, currency),
        capture.amount,
        "capture",
        bill if isinstance(bill, Order) else None,
        note=payment.reference,
        deposit=bill if isinstance(bill, Deposit) else None,
    )
    gateway_fees.book(row, bill)
    return row


def settle_free(order: Order, now: datetime) -> None:
    """An order that costs nothing is PAID without a gateway. The caller holds its lock or has just made it."""
    orders.advance(order, Order.Status.PAID, by="checkout", reason="free", now=now)
    mails.order_paid(order)
    _wake(order)


def settle_by_balance(order: Order, user: User, now: datetime, *, attempt: int = 1) -> Payment:
    """The order is PAID from its buyer's wallet, with a payment that says so. The caller has made the order just now,
    or holds its lock and knows that no other payment is live.

    Raises INSUFFICIENT_BALANCE; the caller's transaction then has to be undone, and with it the order.
    """
    payment = Payment.objects.create(
        order=order,
        attempt=attempt,
        reference=reference_of(order.number, attempt),
        channel=order.channel,
        gateway=BALANCE,
        amount_minor=order.total_minor,
        currency=order.currency,
        state=State.SETTLED,
        received_minor=order.total_minor,
        expires_at=order.expires_at,
        not_before=NEVER,
        compare_at=None,
        created_at=now,
        settled_at=now,
        ended_at=now,
    )
    Capture.objects.create(
        payment=payment,
        gateway=BALANCE,
        gateway_ref=order.number,
        amount_minor=order.total_minor,
        currency=order.currency,
        effect=Effect.PAID,
        captured_at=now,
    )
    try:
        ledger.transfer(
            f"capture:{BALANCE}:{order.number}",
            ledger.wallet(user, order.currency),
            ledger.house(Account.Kind.FUNDS, order.currency),
            order.total,
            "purchase",
            order,
            note=payment.reference,
        )
    except ledger.Overdrawn as problem:
        raise insufficient_balance(order.total) from problem
    orders.advance(order, Order.Status.PAID, by="checkout", reason="paid", now=now)
    mails.order_paid(order)
    _wake(order)
    return payment


def insufficient_balance(total: Money) -> Refused:
    return Refused(
        "INSUFFICIENT_BALANCE",
        _("Your balance is too low for this."),
        details=_("The total is %(amount)s.") % {"amount": total},
    )


def _lock_payment(payment_id: int) -> Payment:
    """The payment, locked; the caller has locked its order before."""
    return Payment.objects.select_for_update(of=("self",), no_key=True).select_related("channel").get(pk=payment_id)


def _why_owed(order: Order, payment: Payment, amount: Money, now: datetime) -> Refund.Why | None:
    """Why the money cannot pay the order; None if it does (the promo slot of a late one is then held again)."""
    if order.paid_at is not None:
        return Refund.Why.DOUBLE
    if amount != Money(payment.amount_minor, payment.currency) or amount != order.total:
        return Refund.Why.AMOUNT
    if order.status == Order.Status.EXPIRED and not _holds_still(order, now):
        return Refund.Why.LATE
    return None


def _holds_still(order: Order, now: datetime) -> bool:
    """Whether what was quoted can still be sold: item open, price no higher, promo slot held again."""
    try:
        offer = find_offer(order.product_code, order.sku_code, order.region_id, now)
        if unit_price(offer, order.user) > Money(order.unit_price_minor, order.currency):
            return False
        promos.retake(order.number, now)
    except Refused as reason:
        logger.info("late money for %s goes back: %s", order.number, reason.code)
        return False
    return True


def _mark(payment: Payment, amount: Money, owed: Refund.Why | None, now: datetime) -> None:
    if owed == Refund.Why.AMOUNT:
        # The gateway is done with it and the order is not paid: the customer has to open another payment.
        if payment.state in Payment.LIVE:
            payment.state, payment.ended_at = State.FAILED, now
            payment.error = f"{amount} came in"
    else:
        payment.state, payment.settled_at = State.SETTLED, payment.settled_at or now
        payment.ended_at = payment.ended_at or now
    if amount.currency == payment.currency:
        payment.received_minor += amount.minor
    payment.polls = 0
    payment.not_before = next_look(
        0, is_live=False, is_settled=payment.state == State.SETTLED, expires_at=payment.expires_at, now=now
    )
    payment.save(update_fields=["state", "settled_at", "ended_at", "error", "received_minor", "polls", "not_before"])


def pay(order: Order, payment: Payment, *, by: str, reason: str, now: datetime) -> None:
    """The order, locked with its promo and with its total in customer funds, is PAID and about to be taken."""
    orders.advance(order, Order.Status.PAID, by=by, reason=reason, now=now)
    # Another attempt that is still open could be paid too: the next look cancels it at its gateway.
    order.payments.filter(state__in=Payment.LIVE).exclude(pk=payment.pk).update(not_before=now)
    mails.order_paid(order)
    _wake(order)


def _wake(order: Order) -> None:
    """Somebody takes the order up; of a ROYAL member through the queue that others do not fill."""
    if order.user is not None and order.user.level == Level.ROYAL:
        wake("fulfilment.take", "priority", Level.ROYAL.value)
    else:
        wake("fulfilment.take", "topups")


def strange_money(party: str, reference: str, evidence: dict[str, str]) -> None:
    """Staff know of money that belongs to nothing of ours."""
    open_case(
        "strange-money",
        f"strange-money:{party}:{reference}"[:120],
        f"{party} speaks of a payment that we do not know: {reference}",
        evidence=evidence,
        actions="Look it up at the gateway. If it is a customer's, find the order and refund it there.",
    )
