"""Opening a payment at the gateway: by whoever claimed the row, while others wait for the row without a lock.

A claim that is older than the gateway's time-out is taken over as a new attempt with a reference of its own; money
that comes on any reference ever given out still counts (settling).
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from payments import mails
from payments.deposits import crediting as deposits
from payments.gateways import for_code
from payments.gateways.base import Charge, GatewayNotReached, GatewayRefused, GatewayUnavailable, Opened
from payments.looking import seek
from payments.models import Bill, Deposit, Payment, reference_of
from payments.schedule import NEVER, next_look
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
State = Payment.State
# Beyond the gateway's time-out: for what happens around the call.
_MARGIN_S = 5.0
_FIRST_PAUSE_S = 0.03
_LONGEST_PAUSE_S = 0.5
REFUSED = "refused: "
_SEEK_AFTER = timedelta(seconds=15)


def new_attempt(bill: Bill, attempt: int, now: datetime) -> Payment:
    """One more attempt to have the bill paid by its channel, claimed by the caller, who opens it after commit.

    The caller holds the bill's lock (or has just made it) and knows that no other attempt is live.
    """
    payment = Payment(
        order=bill if isinstance(bill, Order) else None,
        deposit=bill if isinstance(bill, Deposit) else None,
        attempt=attempt,
        reference=reference_of(bill.number, attempt),
        channel=bill.channel,
        gateway=bill.channel.gateway,
        gateway_channel=bill.channel.gateway_channel or bill.channel.code,
        amount_minor=bill.total_minor,
        currency=bill.currency,
        state=State.OPENING,
        claimed_at=now,
        expires_at=bill.expires_at,
        not_before=next_look(0, is_live=True, is_settled=False, expires_at=bill.expires_at, now=now),
        created_at=now,
    )
    payment.save(force_insert=True)
    return payment


def ensure_open(bill: Bill) -> Payment | None:
    """The bill's newest payment, open if the bill still waits for money: opened by this call, or by another one
    that it waited for. While money of another amount stands on the bill nothing new is opened. Raises
    PAYMENT_UNAVAILABLE or INVALID_PAYMENT_METHOD as whoever called the gateway learnt.
    """
    begun = time.monotonic()
    pause = _FIRST_PAUSE_S
    waited_for = 0
    while True:
        newest = bill.payments.select_related("channel").order_by("-attempt").first()
        if newest is not None and newest.state == State.OPENING and not is_stale(newest, timezone.now()):
            if time.monotonic() - begun > patience_s(newest.gateway):
                raise unavailable(bill)
            waited_for = newest.pk
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            continue
        if waited_for:
            bill.refresh_from_db(fields=["status", "paid_at", "ended_at", "updated_at"])
        is_payable = bill.status == Order.Status.PENDING and bill.expires_at > timezone.now() and bill.total_minor > 0
        if newest is not None and (newest.state in (State.OPEN, State.SETTLED) or not is_payable):
            return newest
        if newest is not None and newest.pk == waited_for and newest.state == State.FAILED:
            raise _told(bill, newest)
        if not is_payable or holds_money(bill):
            return newest
        if newest is not None and not newest.gateway_id and newest.not_before < NEVER:
            # Status first, then another attempt: what was never answered may stand there, and may even be paid.
            _ask_after(bill, newest)
            bill.refresh_from_db(fields=["status", "paid_at", "ended_at", "updated_at"])
            if bill.status != Order.Status.PENDING:
                return newest
        claimed = _claim(bill, newest)
        if claimed is not None:
            return open_claimed(bill, claimed)


def open_claimed(bill: Bill, payment: Payment) -> Payment:
    """The claimed payment is open at the gateway and its instructions are stored. No transaction may be open.

    When the gateway does not answer or refuses, the attempt is over, the bill stays PENDING, and this raises
    PAYMENT_UNAVAILABLE or INVALID_PAYMENT_METHOD.
    """
    try:
        opened = for_code(payment.gateway).create(_charge(bill, payment))
    except GatewayNotReached as problem:
        logger.warning("%s could not be opened: %s", payment.reference, problem)
        _give_up(payment, str(problem))
        raise unavailable(bill) from problem
    except GatewayUnavailable as problem:
        logger.warning("%s was not answered: %s", payment.reference, problem)
        _give_up(payment, str(problem), is_unknown=True)
        raise unavailable(bill) from problem
    except GatewayRefused as problem:
        logger.error("%s was refused: %s", payment.reference, problem)
        _give_up(payment, REFUSED + str(problem))
        raise refused(bill, problem.code) from problem
    if _store(payment, opened):
        return payment
    _withdraw(payment, opened)
    newest = ensure_open(bill)
    if newest is None:
        raise unavailable(bill)
    return newest


def _ask_after(bill: Bill, payment: Payment) -> None:
    try:
        seek(payment)
    except GatewayUnavailable as problem:
        logger.warning("%s could not be asked after: %s", payment.reference, problem)
        raise unavailable(bill) from problem


def holds_money(bill: Bill) -> bool:
    """Whether money came in for the bill. While the bill still waits, that is money of another amount: staff decide
    what becomes of it, and nobody is asked to pay a second time meanwhile."""
    return bill.payments.filter(received_minor__gt=0).exists()


def is_stale(payment: Payment, now: datetime) -> bool:
    """Whether whoever claimed the payment must have died or given up by now."""
    return payment.claimed_at is None or payment.claimed_at + timedelta(seconds=patience_s(payment.gateway)) <= now


def patience_s(gateway: str) -> float:
    """How long somebody who waits for another's call waits."""
    return for_code(gateway).timeout_s + _MARGIN_S


def unavailable(bill: Bill) -> Refused:
    return Refused(
        "PAYMENT_UNAVAILABLE",
        _("This way to pay does not answer right now. Nothing was charged. Try again, or choose another way to pay."),
        extra={"invoiceNumber": bill.number},
    )


def phone_needed(channel_name: str) -> Refused:
    """Of a channel that asks on the customer's phone, without a number to ask on."""
    message = _("%(channel)s needs your phone number. Please choose another way to pay.")
    return Refused("INVALID_PAYMENT_METHOD", message % {"channel": channel_name})


def refused(bill: Bill, code: str = "") -> Refused:
    message = _("%(channel)s cannot be used for this order. Please choose another way to pay.")
    refusal = Refused("INVALID_PAYMENT_METHOD", message % {"channel": bill.channel_name})
    if "PHONE_REQUIRED" in code:
        refusal = phone_needed(bill.channel_name)
    refusal.extra["invoiceNumber"] = bill.number
    return refusal


def _told(bill: Bill, payment: Payment) -> Refused:
    """What the one who called the gateway was told, for those who waited."""
    if payment.error.startswith(REFUSED):
        return refused(bill, payment.error)
    return unavailable(bill)


def _is_payable(bill: Bill, now: datetime) -> bool:
    return bill.status == Order.Status.PENDING and bill.expires_at > now and bill.total_minor > 0


@transaction.atomic
def _claim(unlocked: Bill, seen: Payment | None) -> Payment | None:
    """A new attempt of ours, in place of a stale claim if there is one; None when somebody else was quicker."""
    bill = deposits.lock(unlocked.pk) if isinstance(unlocked, Deposit) else orders.lock(unlocked.pk)
    now = timezone.now()
    if not _is_payable(bill, now):
        return None
    newest = bill.payments.select_for_update(no_key=True).order_by("-attempt").first()
    if (newest.pk if newest else 0) != (seen.pk if seen else 0):
        return None
    if newest is None:
        return new_attempt(bill, 1, now)
    if newest.state == State.OPENING and is_stale(newest, now):
        # It may have been made at the gateway, but nobody was ever shown it; it is looked for.
        newest.state, newest.ended_at, newest.error = State.FAILED, now, "superseded"
        newest.not_before = now + _SEEK_AFTER
        newest.save(update_fields=["state", "ended_at", "error", "not_before"])
    elif newest.state in (*Payment.LIVE, State.SETTLED) or holds_money(bill):
        return None
    return new_attempt(bill, newest.attempt + 1, now)


def _charge(bill: Bill, payment: Payment) -> Charge:
    return Charge(
        reference=payment.reference,
        amount=bill.total,
        country=bill.region_id,
        channel=payment.gateway_channel or payment.channel.code,
        kind=payment.channel.kind,
        description=f"{settings.SHOP_NAME} {bill.number}",
        expires_at=payment.expires_at,
        return_url=mails.page_url(bill),
        locale=bill.language,
        payer_name=settings.SHOP_NAME.upper(),
        payer_phone=bill.phone,
        payer_email=bill.email,
    )


def _mine(payment: Payment) -> dict[str, object]:
    return {"pk": payment.pk, "state": State.OPENING, "claimed_at": payment.claimed_at}


def _give_up(payment: Payment, error: str, *, is_unknown: bool = False) -> None:
    """The attempt is over. Where nobody knows whether it was made, it is looked for from now on."""
    now = timezone.now()
    Payment.objects.filter(**_mine(payment)).update(
        state=State.FAILED, ended_at=now, error=error[:2000], not_before=now + _SEEK_AFTER if is_unknown else NEVER
    )


def _store(payment: Payment, opened: Opened) -> bool:
    now = timezone.now()
    shown = {
        "qr_string": opened.qr_string,
        "account_number": opened.account_number,
        "biller_code": opened.biller_code,
        "payment_code": opened.payment_code,
        "redirect_url": opened.redirect_url,
        "deeplink": opened.deeplink,
    }
    stored: dict[str, object] = {
        "state": State.OPEN,
        "gateway_id": opened.gateway_id,
        "instructions": {name: value for name, value in shown.items() if value},
        "opened_at": now,
        "not_before": next_look(0, is_live=True, is_settled=False, expires_at=payment.expires_at, now=now),
    }
    if not Payment.objects.filter(**_mine(payment)).update(**stored):
        return False
    for name, value in stored.items():
        setattr(payment, name, value)
    return True


def _withdraw(payment: Payment, opened: Opened) -> None:
    """Too late: another attempt took over. Nobody will be shown this one; if money comes all the same, it is found."""
    now = timezone.now()
    later = next_look(0, is_live=False, is_settled=False, expires_at=payment.expires_at, now=now)
    Payment.objects.filter(pk=payment.pk, gateway_id="").update(gateway_id=opened.gateway_id, not_before=later)
    try:
        for_code(payment.gateway).withdraw(opened.gateway_id)
    except GatewayUnavailable as problem:
        logger.warning("%s could not be withdrawn: %s", payment.reference, problem)
