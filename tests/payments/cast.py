"""Who takes part in tests of payments: a customer with a quote, the order placed from it, what the gateway holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.money import Money
from payments import checkout, ledger_check
from payments.gateways.base import CaptureSeen
from payments.models import Account, Payment, Transfer
from payments.wallet import services as ledger
from storefront.inquiries import services as inquiries
from storefront.orders.models import Order
from tests.storefront import factories

TOTAL = 49796  # 49450 + 0.7 %


def token(**quote: Any) -> str:
    return inquiries.token_of(factories.inquiry(**quote))


def placed(**quote: Any) -> Order:
    """An order with a payment open at the sandbox's gateway."""
    return checkout.place(token(**quote), factories.client())


def unplaced(state: str = Payment.State.OPEN, **quote: Any) -> tuple[Order, Payment]:
    """An order and its payment without any gateway being asked."""
    order = factories.order(**quote)
    payment = Payment.objects.create(
        order=order,
        reference=order.number,
        channel=order.channel,
        gateway="xendit",
        amount_minor=order.total_minor,
        currency=order.currency,
        state=state,
        gateway_id=f"pr-{order.number}",
        expires_at=order.expires_at,
        not_before=timezone.now() + timedelta(seconds=10),
    )
    return order, payment


def second_attempt(order: Order, state: str = Payment.State.OPEN) -> Payment:
    return Payment.objects.create(
        order=order,
        attempt=2,
        reference=f"{order.number}-2",
        channel=order.channel,
        gateway="xendit",
        amount_minor=order.total_minor,
        currency=order.currency,
        state=state,
        gateway_id=f"pr-{order.number}-2",
        expires_at=order.expires_at,
    )


def money(minor: int = TOTAL, ref: str = "cptr-1", currency: str = "IDR") -> CaptureSeen:
    return CaptureSeen(ref, Money(minor, currency), timezone.now())


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def payment_of(order: Order) -> Payment:
    return Payment.objects.select_related("channel", "order").filter(order=order).order_by("-attempt")[0]


def overdue(order: Order) -> None:
    """The order's deadline passed a moment ago."""
    past = timezone.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(expires_at=past)
    Payment.objects.filter(order=order).update(expires_at=past, not_before=past)


def due_now() -> None:
    """Every payment is due to be looked at."""
    Payment.objects.update(not_before=timezone.now() - timedelta(seconds=1))


def standing(kind: Account.Kind, party: str = "", currency: str = "IDR") -> int:
    """What stands in a house account."""
    return ledger.balance(ledger.house(kind, currency, party)).minor


def books() -> dict[str, int]:
    """Every account that is not at zero."""
    sums = {account.key: ledger.balance(account).minor for account in Account.objects.all()}
    return {key: minor for key, minor in sums.items() if minor}


def nothing_moved() -> bool:
    return not Transfer.objects.exists()


def sound(order: Order) -> bool:
    assert ledger_check.problems_of(fresh(order)) == []
    return True
