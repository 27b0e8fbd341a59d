"""How a deposit ends: with its money in the wallet, or without any. Called by payments.settling, expiry and looking.

A deposit has no price that may have changed meanwhile: money that comes for it, however late, is the member's.
"""

from __future__ import annotations

from datetime import datetime

from core.cases import open_case
from core.money import Money
from payments import mails
from payments.deposits.models import Deposit
from payments.models import Account, Capture, Payment
from payments.wallet import services as ledger

Status = Deposit.Status


def lock(deposit_id: int) -> Deposit:
    """The deposit, locked until the caller's transaction ends; before its payment and the wallet (lock order)."""
    rows = Deposit.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("user", "channel").get(pk=deposit_id)


def credit(deposit: Deposit, capture: Capture, now: datetime) -> None:
    """The captured money has left customer funds for the wallet, the deposit is SUCCESS, and a mail says so.

    The fee is kept where exactly the total came, the first time. Any other money is credited whole, and a case tells
    staff: nobody chose to pay a fee on it. The caller holds the deposit's lock, has written the capture and booked it
    into customer funds.
    """
    came = Money(capture.amount_minor, capture.currency)
    is_as_asked = deposit.paid_at is None and came == deposit.total
    fee = Money(deposit.fee_minor if is_as_asked else 0, came.currency)
    funds = ledger.house(Account.Kind.FUNDS, came.currency)
    if fee:
        fees = ledger.house(Account.Kind.FEES, came.currency)
        ledger.transfer(f"fees:{deposit.number}", funds, fees, fee, "payment fee", deposit=deposit)
    wallet = ledger.wallet(deposit.user, came.currency)
    ledger.transfer(
        f"deposit:{capture.pk}",
        funds,
        wallet,
        came - fee,
        "deposit",
        note=capture.payment.reference,
        deposit=deposit,
    )
    if not is_as_asked:
        _tell_staff(deposit, capture, came)
    mails.deposit_credited(deposit, came, came - fee, str(capture.pk), is_as_asked=is_as_asked)
    if came.currency != deposit.currency:
        return
    deposit.credited_minor += (came - fee).minor
    deposit.status, deposit.updated_at = Status.SUCCESS, now
    deposit.paid_at, deposit.ended_at = deposit.paid_at or now, deposit.ended_at or now
    deposit.save(update_fields=["credited_minor", "status", "updated_at", "paid_at", "ended_at"])
    deposit.payments.filter(state__in=Payment.LIVE).exclude(pk=capture.payment_id).update(not_before=now)


def close(deposit: Deposit, status: Deposit.Status, now: datetime) -> bool:
    """A PENDING deposit is over without money; False if it had ended before. The caller holds its lock."""
    if deposit.status != Status.PENDING:
        return False
    deposit.status, deposit.ended_at, deposit.updated_at = status, now, now
    deposit.save(update_fields=["status", "ended_at", "updated_at"])
    return True


def _tell_staff(deposit: Deposit, capture: Capture, came: Money) -> None:
    open_case(
        "deposit-odd",
        f"deposit-odd:{capture.pk}",
        f"A deposit was paid differently than asked: {deposit.number}",
        about=deposit.number,
        evidence={
            "deposit": deposit.number,
            "payment": capture.payment.reference,
            "asked": str(deposit.total),
            "came": str(came),
            "paid_before": deposit.paid_at is not None,
        },
        actions="All of it is in the customer's wallet, without a fee. Pay it back on request.",
    )
