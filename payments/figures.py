"""What Prometheus is told about payments, computed when it asks."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Min
from django.utils import timezone

from core.figures import gauge
from core.models import InboxMessage, StaffCase
from core.pulse import calls
from payments import gateway_stops, proving
from payments.gateways import CODES
from payments.models import Payment, Refund
from storefront.orders.models import Order


def _unpaid() -> float:
    return float(Order.objects.filter(status=Order.Status.PENDING).count())


def _overdue_age() -> float:
    now = timezone.now()
    unpaid = Order.objects.filter(status=Order.Status.PENDING, expires_at__lte=now)
    oldest = unpaid.aggregate(oldest=Min("expires_at"))["oldest"]
    return (now - oldest).total_seconds() if oldest else 0.0


def _inbox_age() -> Mapping[str, float]:
    """Seconds since the oldest message that is not worked off came in, by party."""
    waiting = InboxMessage.objects.filter(state=InboxMessage.State.NEW)
    now = timezone.now()
    oldest = waiting.values_list("party").annotate(oldest=Min("received_at")).order_by()
    return {party: (now - received_at).total_seconds() for party, received_at in oldest}


def _live_payments() -> Mapping[str, float]:
    counted = dict(Payment.objects.filter(state__in=Payment.LIVE).values_list("state").annotate(Count("pk")).order_by())
    return {state.lower(): float(counted.get(state, 0)) for state in Payment.LIVE}


def _open_refunds() -> Mapping[str, float]:
    waiting = [state for state in Refund.State.values if state not in Refund.ENDED]
    counted = dict(Refund.objects.filter(state__in=waiting).values_list("state").annotate(Count("pk")).order_by())
    return {state.lower(): float(counted.get(state, 0)) for state in waiting}


def _broken_ledgers() -> float:
    return float(StaffCase.objects.filter(kind=proving.CASE, state=StaffCase.State.OPEN).count())


def _gateway_success() -> Mapping[str, float]:
    seen = {code: calls.window(code) for code in CODES}
    return {code: one.fine / one.calls for code, one in seen.items() if one.calls >= calls.FEWEST}


def _gateway_latency() -> Mapping[str, float]:
    seen = {code: calls.window(code) for code in CODES}
    return {code: one.p95 for code, one in seen.items() if one.p95 is not None}


def _gateways_closed() -> Mapping[str, float]:
    closed = gateway_stops.closed_since()
    return {code: float(code in closed) for code in CODES}


def register() -> None:
    gauge("gerbang_ledger_broken", "Open cases of a ledger that does not hold; anything but 0 rings.", _broken_ledgers)
    gauge("gerbang_orders_unpaid", "Orders that wait for money.", _unpaid)
    gauge("gerbang_order_overdue_age_seconds", "How long the oldest unpaid order is past its deadline.", _overdue_age)
    gauge("gerbang_inbox_age_seconds", "Age of the oldest message that is not worked off, by party.", _inbox_age)
    gauge("gerbang_payments_live", "Payments that may be paid in time, by state.", _live_payments)
    gauge("gerbang_refunds_open", "Refunds whose money has not gone, by state.", _open_refunds)
    gauge("gerbang_gateway_success_ratio", "Of an hour's calls, how many were answered well (0-1).", _gateway_success)
    gauge("gerbang_gateway_p95_seconds", "Time of a call that one in twenty passes.", _gateway_latency)
    gauge("gerbang_gateway_closed", "1: staff closed all channels of the gateway.", _gateways_closed)
