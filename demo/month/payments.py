"""The month's payments of orders, and what came in for them. No sweep looks at one: docs/demo.md."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from core.money import Money
from demo.month.plan import End
from demo.month.written import BATCH, Written
from payments.models import Capture, Payment
from payments.schedule import NEVER
from payments.settling import BALANCE
from storefront.channels.models import Channel

# The nightly proof asks gateways about payments that got money within a day.
_ASKED_FOR = timedelta(hours=30)


def write_payments(written: Sequence[Written], now: datetime) -> None:
    """Each order has its payment, the one that was paid twice has a second."""
    rows = []
    for one in written:
        order, end = one.order, one.bought.end
        one.payment = _payment(one, 1, {
            End.EXPIRED: "EXPIRED", End.AMOUNT: "FAILED", End.PENDING: "OPEN",
        }.get(end, "SETTLED"), now)  # fmt: skip
        if end == End.AMOUNT:
            one.payment.error = f"{_came(one)} came in"
        rows.append(one.payment)
        if end == End.DOUBLE:
            one.second = _payment(one, 2, "SETTLED", now)
            one.second.created_at = order.created_at + timedelta(seconds=20)
            rows.append(one.second)
    Payment.objects.bulk_create(rows, batch_size=BATCH)


def write_captures(written: Sequence[Written]) -> None:
    """What came in for an order stands beside its payments."""
    rows = []
    for one in written:
        for payment, effect in _paying(one):
            at = one.bought.paid_at + timedelta(seconds=30 * (payment.attempt - 1))
            capture = Capture(
                payment=payment, gateway=payment.gateway,
                gateway_ref=one.order.number if payment.gateway == BALANCE else f"demo-{payment.reference[4:]}",
                amount_minor=_came(one).minor, currency=one.order.currency, effect=effect, captured_at=at,
                created_at=at,
            )  # fmt: skip
            one.captures.append(capture)
            rows.append(capture)
    Capture.objects.bulk_create(rows, batch_size=BATCH)


def is_asked_about(created_at: datetime, now: datetime) -> bool:
    """Whether the nightly proof would ask the gateway about a payment of then, were it to have a gateway's id."""
    return created_at >= now - _ASKED_FOR


def _payment(one: Written, attempt: int, state: str, now: datetime) -> Payment:
    order, channel, bought = one.order, one.bought.channel, one.bought
    is_balance = channel.gateway == BALANCE
    is_paid = state == "SETTLED"
    has_id = not is_balance and not is_asked_about(order.created_at, now)
    received = _came(one).minor if is_paid or bought.end == End.AMOUNT else 0
    ended = bought.paid_at if is_paid else order.ended_at
    return Payment(
        order=order, attempt=attempt, reference=order.number if attempt == 1 else f"{order.number}-{attempt}",
        channel=channel, gateway=channel.gateway, gateway_channel=channel.gateway_channel,
        amount_minor=order.total_minor, currency=order.currency, state=state,
        gateway_id=f"demo-{order.number[4:16].lower()}-{attempt}" if has_id else "",
        instructions=_instructions(channel, order.number), received_minor=received, expires_at=order.expires_at,
        not_before=order.expires_at if state == "OPEN" else NEVER, compare_at=None, created_at=order.created_at,
        opened_at=None if is_balance else order.created_at, settled_at=bought.paid_at if is_paid else None,
        ended_at=None if state == "OPEN" else ended,
    )  # fmt: skip


def _came(one: Written) -> Money:
    total = one.bought.total
    return total - Money(max(1, total.minor // 10), total.currency) if one.bought.end == End.AMOUNT else total


def _paying(one: Written) -> Iterable[tuple[Payment, str]]:
    assert one.payment is not None
    end = one.bought.end
    if end in (End.EXPIRED, End.PENDING):
        return
    yield one.payment, "SURPLUS" if end in (End.LATE_MONEY, End.AMOUNT) else "PAID"
    if one.second is not None:
        yield one.second, "SURPLUS"


def _instructions(channel: Channel, number: str) -> dict[str, str]:
    digits = str(int(hashlib.sha256(number.encode()).hexdigest()[:12], 16))
    return {"account_number": f"8808{digits[:12]}"} if channel.kind == Channel.Kind.VA else {}
