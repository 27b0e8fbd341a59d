"""Looking payments up at their gateway: after a hint, when a customer asks, on a schedule while money may come."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core import poison, stopping
from core.cases import open_case
from core.money import Money
from payments.deposits import crediting as deposits
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable, Hold, Looked, Standing, Withdrawal
from payments.models import Bill, Deposit, Payment
from payments.schedule import NEVER, next_look
from payments.settling import settle
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
State = Payment.State
# How often one customer may make us ask the gateway.
ASKED_EVERY = timedelta(seconds=5)
POLLED_AT_ONCE = 20
_ENDED = {
    Standing.FAILED: State.FAILED,
    Standing.EXPIRED: State.EXPIRED,
    Standing.CANCELLED: State.CANCELLED,
}


def look(payment: Payment, payment_id: str = "", *, by: str = "gateway") -> Looked:
    """What the gateway says now is settled or ended here too. No transaction may be open. Raises GatewayUnavailable.

    `payment_id`: a payment at the gateway that a hint spoke of.
    """
    looked = for_code(payment.gateway).look_up(payment.gateway_id, payment_id)
    accept(payment, looked, by=by)
    return looked


def seek(payment: Payment) -> bool:
    """Whether the gateway has a payment whose opening was never answered; if so it is known by its number from now
    on, looked up, and withdrawn if it is not paid: nobody was shown how to pay it.

    No transaction may be open. Raises GatewayUnavailable. Where the gateway cannot be asked by our reference it is not
    looked for again: only a webhook could tell of it.
    """
    gateway = for_code(payment.gateway)
    found = gateway.find(payment.reference)
    nameless = Payment.objects.filter(pk=payment.pk, gateway_id="")
    if found is None:
        nameless.exclude(state__in=Payment.LIVE).update(not_before=NEVER)
        return False
    if not found:
        return False
    if nameless.update(gateway_id=found[:80]):
        payment.gateway_id = found[:80]
        logger.warning("%s was made after all: %s", payment.reference, found)
    if look(payment, by="poll").standing == Standing.OPEN:
        gateway.withdraw(payment.gateway_id)
    return True


def accept(payment: Payment, looked: Looked, *, by: str = "gateway") -> None:
    """Every capture is settled; a payment that ended without money is ended. A late 'failed' undoes nothing (F10):
    only a live payment ends, and only its own row (F11)."""
    if looked.standing != Standing.REVERSED:
        for capture in looked.captures:
            settle(payment.pk, capture, by=by)
    _note_hold(payment, looked)
    if _was_taken_back(payment, looked):
        _reversed(payment, looked)
    if not looked.captures and looked.standing in _ENDED and end(payment, _ENDED[looked.standing]):
        _end_deposit(payment, failed=looked.standing == Standing.FAILED)


def _note_hold(payment: Payment, looked: Looked) -> None:
    """Why money that is there does not count yet stands on the row, which is looked at again when the wait is over."""
    hold = looked.hold.value if looked.hold else ""
    held = Payment.objects.filter(pk=payment.pk).exclude(hold=hold, held_until=looked.held_until)
    if not held.update(hold=hold, held_until=looked.held_until):
        return
    payment.hold, payment.held_until = hold, looked.held_until
    if looked.held_until is not None:
        Payment.objects.filter(pk=payment.pk).update(not_before=looked.held_until + timedelta(seconds=1))
    if looked.hold == Hold.CHALLENGE:
        open_case(
            "payment-challenge",
            f"payment-challenge:{payment.pk}",
            f"{payment.gateway} holds a card payment until somebody decides: {payment.reference}",
            about=payment.bill.number,
            evidence=_evidence(payment, looked),
            actions="Accept or deny it in the gateway's dashboard. What you decide there is seen here by itself.",
        )


def _was_taken_back(payment: Payment, looked: Looked) -> bool:
    """Whether money that counted here is no longer the shop's."""
    is_gone = looked.standing == Standing.REVERSED or (not looked.captures and looked.standing in _ENDED)
    return is_gone and payment.captures.exists()


def _reversed(payment: Payment, looked: Looked) -> None:
    open_case(
        "payment-reversed",
        f"payment-reversed:{payment.pk}",
        f"{payment.gateway} took a payment back after it had counted: {payment.reference}",
        about=payment.bill.number,
        evidence=_evidence(payment, looked),
        actions="Stop what is not delivered yet; ask the gateway why, and contest it there if the goods went out.",
    )


def _evidence(payment: Payment, looked: Looked) -> dict[str, str]:
    return {
        "payment": payment.reference,
        "gateway": payment.gateway,
        "gateway_id": payment.gateway_id,
        "amount": str(Money(payment.amount_minor, payment.currency)),
        "order": payment.bill.status,
        "standing": looked.standing,
        "note": looked.note,
    }


def end(payment: Payment, state: State, error: str = "") -> bool:
    """A live payment is over without money; True if this call ended it. Money that still comes counts (`settle`)."""
    now = timezone.now()
    later = next_look(0, is_live=False, is_settled=False, expires_at=payment.expires_at, now=now)
    live = Payment.objects.filter(pk=payment.pk, state__in=Payment.LIVE)
    return bool(
        live.update(
            state=state,
            ended_at=now,
            error=error[:2000],
            polls=0,
            not_before=later if payment.gateway_id else NEVER,
        )
    )


@transaction.atomic
def _end_deposit(payment: Payment, *, failed: bool) -> None:
    """A deposit is not tried again: with its payment it has failed or expired, unless another attempt is open."""
    if payment.deposit_id is None:
        return
    deposit = deposits.lock(payment.deposit_id)
    if not deposit.payments.filter(state__in=Payment.LIVE).exists():
        deposits.close(deposit, Deposit.Status.FAILED if failed else Deposit.Status.EXPIRED, timezone.now())


def check_again(bill: Bill) -> bool:
    """The bill's payments were looked up because somebody waits for it; at most every few seconds, else False."""
    now = timezone.now()
    rows = bill.payments.exclude(gateway_id="").exclude(state=State.SETTLED)
    asked = False
    for payment in rows.filter(Q(looked_at=None) | Q(looked_at__lte=now - ASKED_EVERY))[:3]:
        mine = Payment.objects.filter(pk=payment.pk, looked_at=payment.looked_at)
        if not mine.update(looked_at=now):
            continue
        try:
            look(payment, by="customer")
        except GatewayUnavailable as problem:
            logger.warning("%s could not be looked up: %s", payment.reference, problem)
        asked = True
    return asked


def poll_due(limit: int = POLLED_AT_ONCE) -> int:
    """Payments whose time has come were looked up at their gateways; how many had come up. Where as many had as fit,
    there may be more.

    Live ones often, those that ended seldom and for 72 hours: money may come late, and webhooks may not come at all.
    With a backlog, customers who wait for their money to be seen come first; ended ones still get their share.
    """
    now = timezone.now()
    due = Payment.objects.filter(not_before__lte=now).exclude(
        # At its deadline a payment is the expiry's to look at, which also ends it.
        state__in=Payment.LIVE,
        order__status=Order.Status.PENDING,
        order__expires_at__lte=now,
    )
    due = due.exclude(state__in=Payment.LIVE, deposit__status=Deposit.Status.PENDING, deposit__expires_at__lte=now)
    due = due.exclude(pk__in=poison.resting(Payment))
    due = due.select_related("order", "deposit").order_by("not_before")
    live, ended = list(due.filter(state__in=Payment.LIVE)[:limit]), list(due.exclude(state__in=Payment.LIVE)[:limit])
    for_ended = min(len(ended), max(limit - len(live), limit // 4))
    found = [*live[: limit - for_ended], *ended[:for_ended]]
    for payment in found:
        if stopping.is_asked() or not claim(payment):
            continue  # another poller has it: nobody's backlog ends because two met on one row
        with poison.counted(Payment, payment.pk, about=payment.bill.number):
            try:
                _poll(payment)
            except GatewayUnavailable as problem:
                logger.warning("%s could not be looked up: %s", payment.reference, problem)
    return len(found)


def claim(payment: Payment) -> bool:
    """True for one poller: the next look has been pushed forward before this one begins (style: poison rows)."""
    now = timezone.now()
    later = next_look(
        payment.polls,
        is_live=payment.state in Payment.LIVE,
        is_settled=payment.state == State.SETTLED,
        expires_at=payment.expires_at,
        now=now,
    )
    mine = Payment.objects.filter(pk=payment.pk, state=payment.state, not_before=payment.not_before)
    return mine.update(not_before=later, polls=F("polls") + 1) == 1


def _poll(payment: Payment) -> None:
    if not payment.gateway_id:
        # One that is just being opened is its opener's; one that was never answered is looked for.
        if payment.state not in Payment.LIVE:
            seek(payment)
        return
    looked = look(payment, by="poll")
    is_superfluous = payment.bill.paid_at is not None and looked.standing == Standing.OPEN
    if is_superfluous and for_code(payment.gateway).withdraw(payment.gateway_id) == Withdrawal.VOID:
        end(payment, State.CANCELLED, "paid another way")
