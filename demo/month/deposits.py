"""What members paid into their wallets in the month: quotes, deposits, payments, captures, and what they moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.money import Money
from demo.month.books import Books, Kind
from demo.month.fees import Fees
from demo.month.payments import is_asked_about
from demo.month.plan import Paid
from demo.month.written import BATCH, number_of
from payments.deposits.models import Deposit, DepositInquiry
from payments.models import Capture, Payment
from payments.schedule import NEVER

_IN_A_MINUTE = timedelta(minutes=1)


def write_deposits(found: Sequence[Paid], books: Books, fees: Fees, now: datetime) -> None:
    """They stand, all credited, and what they moved is in the books."""
    quotes = [_quote(one) for one in found]
    DepositInquiry.objects.bulk_create(quotes, batch_size=BATCH)
    deposits = [
        _deposit(one, quote, number_of("DEP", place))
        for place, (one, quote) in enumerate(zip(found, quotes, strict=True))
    ]
    Deposit.objects.bulk_create(deposits, batch_size=BATCH)
    payments = [_payment(one, now) for one in deposits]
    Payment.objects.bulk_create(payments, batch_size=BATCH)
    captures = [
        Capture(
            payment=payment, gateway=payment.gateway, gateway_ref=f"demo-{payment.reference}",
            amount_minor=payment.amount_minor, currency=payment.currency, effect="CREDITED",
            captured_at=payment.settled_at, created_at=payment.settled_at or now,
        )
        for payment in payments
    ]  # fmt: skip
    Capture.objects.bulk_create(captures, batch_size=BATCH)
    for deposit, capture in zip(deposits, captures, strict=True):
        _book(deposit, capture, books)
        fees.book(capture, deposit=deposit)


def _quote(one: Paid) -> DepositInquiry:
    return DepositInquiry(
        user=one.member, region_id=one.channel.region_id, channel=one.channel, currency=one.amount.currency,
        amount_minor=one.amount.minor, fee_minor=one.fee.minor, created_at=one.at,
        expires_at=one.at + timedelta(minutes=15),
    )  # fmt: skip


def _deposit(one: Paid, quote: DepositInquiry, number: str) -> Deposit:
    return Deposit(
        number=number, inquiry=quote, user=one.member, region_id=one.channel.region_id,
        channel=one.channel, channel_code=one.channel.code, channel_name=one.channel.name, status="SUCCESS",
        currency=one.amount.currency, amount_minor=one.amount.minor, fee_minor=one.fee.minor,
        total_minor=one.amount.minor + one.fee.minor, credited_minor=one.amount.minor, created_at=one.at,
        expires_at=one.at + timedelta(seconds=one.channel.payment_seconds), paid_at=one.at + _IN_A_MINUTE,
        ended_at=one.at + _IN_A_MINUTE, updated_at=one.at + _IN_A_MINUTE,
    )  # fmt: skip


def _payment(one: Deposit, now: datetime) -> Payment:
    return Payment(
        deposit=one, reference=one.number, channel=one.channel, gateway=one.channel.gateway,
        gateway_channel=one.channel.gateway_channel, amount_minor=one.total_minor, currency=one.currency,
        state="SETTLED", received_minor=one.total_minor, expires_at=one.expires_at, not_before=NEVER,
        gateway_id="" if is_asked_about(one.created_at, now) else f"demo-{one.number[3:15].lower()}",
        compare_at=None, created_at=one.created_at, opened_at=one.created_at, settled_at=one.paid_at,
        ended_at=one.paid_at,
    )  # fmt: skip


def _book(deposit: Deposit, capture: Capture, books: Books) -> None:
    at, currency = capture.created_at, deposit.currency
    came, fee = Money(capture.amount_minor, currency), Money(deposit.fee_minor, currency)
    funds = books.house(Kind.FUNDS, currency)
    clearing = books.house(Kind.CLEARING, currency, capture.gateway)
    key = f"capture:{capture.gateway}:{capture.gateway_ref}"
    books.move(at, key, clearing, funds, came, "capture", deposit=deposit, note=deposit.number)
    fees = books.house(Kind.FEES, currency)
    books.move(at, f"fees:{deposit.number}", funds, fees, fee, "payment fee", deposit=deposit)
    wallet = books.wallet(deposit.user, currency)
    books.move(at, f"deposit:{capture.pk}", funds, wallet, came - fee, "deposit", deposit=deposit, note=deposit.number)
