"""What Prometheus is told about fulfilment, computed when it asks."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Min
from django.utils import timezone

from core.figures import gauge
from core.pulse.calls import FEWEST
from fulfilment import funds, lately
from fulfilment.circuit import Standing, standing
from fulfilment.codes import shelf
from fulfilment.models import Attempt, CodeStock, SupplierAccount, TopUp
from storefront.orders.models import Order

_OPEN = (TopUp.State.QUEUED, TopUp.State.SENDING, TopUp.State.UNKNOWN, TopUp.State.ACCEPTED)


def _topups() -> Mapping[str, float]:
    counted = dict(TopUp.objects.filter(state__in=_OPEN).values_list("state").annotate(Count("pk")).order_by())
    return {state.lower(): float(counted.get(state, 0)) for state in _OPEN}


def _unknown_age() -> float:
    oldest = Attempt.objects.filter(state=Attempt.State.UNKNOWN).aggregate(oldest=Min("sent_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _untaken_age() -> float:
    oldest = Order.objects.filter(status=Order.Status.PAID).aggregate(oldest=Min("paid_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _poll_age() -> Mapping[str, float]:
    now = timezone.now()
    accounts = SupplierAccount.objects.filter(is_active=True, polled_at__isnull=False)
    return {one.code: (now - one.polled_at).total_seconds() for one in accounts if one.polled_at}


def _balance() -> Mapping[str, float]:
    accounts = SupplierAccount.objects.filter(is_active=True, balance_minor__isnull=False)
    return {one.code: float(one.balance_minor or 0) for one in accounts}


def _codes_left() -> Mapping[str, float]:
    stocks = CodeStock.objects.select_related("product")
    return {one.product.code: float(shelf.for_sale(one.product).count()) for one in stocks}


def _circuits() -> Mapping[str, float]:
    now, open_by = timezone.now(), {Standing.CLOSED: 0.0, Standing.HALF_OPEN: 0.5, Standing.OPEN: 1.0}
    accounts = SupplierAccount.objects.filter(is_active=True)
    return {one.code: open_by[standing(one, now)] for one in accounts if not one.is_stock}


def _watched() -> list[tuple[SupplierAccount, lately.Health]]:
    return [(one, lately.of(one)) for one in SupplierAccount.objects.filter(is_active=True) if not one.is_stock]


def _success() -> Mapping[str, float]:
    return {one.code: seen.fine / seen.calls for one, seen in _watched() if seen.calls >= FEWEST}


def _latency() -> Mapping[str, float]:
    return {one.code: seen.p95 for one, seen in _watched() if seen.p95 is not None}


def _hours_left() -> Mapping[str, float]:
    now = timezone.now()
    accounts = SupplierAccount.objects.filter(is_active=True, balance_minor__isnull=False)
    left = {one.code: funds.hours_left(one, now) for one in accounts}
    return {code: hours for code, hours in left.items() if hours is not None}


def register() -> None:
    gauge("gerbang_codes_left", "Voucher codes in stock that can be sold.", _codes_left)
    gauge("gerbang_topups", "Top-ups that have not ended, by state.", _topups)
    gauge("gerbang_unknown_age_seconds", "Age of the oldest purchase with unknown outcome.", _unknown_age)
    gauge("gerbang_paid_not_taken_age_seconds", "How long the oldest paid order waits to be taken up.", _untaken_age)
    gauge("gerbang_supplier_poll_age_seconds", "Since a supplier's history was last read.", _poll_age)
    gauge("gerbang_supplier_balance_minor", "Our balance at suppliers, in minor units.", _balance)
    gauge("gerbang_supplier_circuit", "0: closed, 0.5: one purchase may try, 1: open (nothing is bought).", _circuits)
    gauge("gerbang_supplier_success_ratio", "Of an hour's purchases, how many were answered well (0-1).", _success)
    gauge("gerbang_supplier_p95_seconds", "Time of a purchase that one in twenty passes, of the last hour.", _latency)
    gauge("gerbang_supplier_hours_left", "Hours for which the balance bears the last hours' pace.", _hours_left)
