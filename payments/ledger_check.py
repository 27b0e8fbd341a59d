"""Proofs of invariant 3: what the ledger, the captures and the cached balances must say together."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Case, F, Q, Sum, When

from core.money import Money
from payments.models import Account, Capture, Payment, Refund, Transfer
from storefront.orders.models import Order


def funds_of(order: Order) -> dict[str, int]:
    """What stands in customer funds for the order, in minor units by currency; nothing but zero once it has ended."""
    moved = Case(When(target__kind=Account.Kind.FUNDS, then=F("amount_minor")), default=-F("amount_minor"))
    rows = (
        Transfer.objects.filter(order=order)
        .filter(Q(source__kind=Account.Kind.FUNDS) | Q(target__kind=Account.Kind.FUNDS))
        .values_list("currency")
        .annotate(left=Sum(moved))
        .order_by("currency")
    )
    return dict(rows)


def received(reference: str) -> Money | None:
    """What we counted as received for one reference that a gateway was given; None if it was never ours."""
    payment = Payment.objects.filter(reference=reference).first()
    return Money(payment.received_minor, payment.currency) if payment else None


def problems_of(order: Order) -> list[str]:
    """What is wrong with the order's money; empty when all is well."""
    found = []
    funds = funds_of(order)
    if order.has_ended and any(funds.values()):
        found.append(f"{order.number} has ended, and {funds} stands in customer funds")
    if (
        order.status in (Order.Status.PAID, Order.Status.PROCESSING)
        and funds.get(order.currency, 0) != order.total_minor
    ):
        found.append(f"{order.number} is paid, and {funds} stands in customer funds instead of {order.total_minor}")
    for payment in order.payments.all():
        captured = payment.captures.filter(currency=payment.currency).aggregate(sum=Sum("amount_minor"))["sum"] or 0
        if captured != payment.received_minor:
            found.append(f"{payment.reference} received {payment.received_minor}, its captures say {captured}")
    for capture in Capture.objects.filter(payment__order=order):
        booked = Transfer.objects.filter(key=f"capture:{capture.gateway}:{capture.gateway_ref}").first()
        if booked is None or booked.amount_minor != capture.amount_minor:
            found.append(f"capture {capture.gateway_ref} is not booked as it came in")
    owed = order.refunds.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    moved = Transfer.objects.filter(order=order, target__kind=Account.Kind.REFUNDS).aggregate(sum=Sum("amount_minor"))
    if owed != (moved["sum"] or 0):
        found.append(f"{order.number} owes {owed} back, the ledger says {moved['sum']}")
    for refund in order.refunds.filter(state=Refund.State.DONE):
        if not Transfer.objects.filter(key=f"refund:{refund.key}").exists():
            found.append(f"refund {refund.reference} is done but not booked")
    return found


def wallet_problems() -> list[str]:
    """Wallets whose cached balance is not the sum of their rows."""
    found = []
    for account in Account.objects.filter(kind=Account.Kind.WALLET).annotate(came=Sum("incoming__amount_minor")):
        went = account.outgoing.aggregate(sum=Sum("amount_minor"))["sum"] or 0
        if account.balance_minor != (account.came or 0) - went:
            found.append(f"{account.key} says {account.balance_minor}, its rows say {(account.came or 0) - went}")
    return found


def differences(truth: Mapping[str, Money]) -> list[str]:
    """Where a gateway's truth (reference -> money received) and ours part; the rest is equal."""
    found = []
    for reference, amount in truth.items():
        ours = received(reference)
        if amount and ours != amount:
            found.append(f"{reference}: the gateway has {amount}, we counted {ours}")
    counted = Payment.objects.filter(received_minor__gt=0).values_list("reference", "received_minor", "currency")
    for reference, minor, currency in counted:
        if reference not in truth or not truth[reference]:
            found.append(f"{reference}: we counted {Money(minor, currency)}, the gateway has nothing")
    return found


def order_problems() -> list[str]:
    """What is wrong with the money of all orders, in three statements whatever their number; empty when all is well."""
    found = []
    moved = Case(When(target__kind=Account.Kind.FUNDS, then=F("amount_minor")), default=-F("amount_minor"))
    left = (
        Transfer.objects.filter(order__status__in=[Order.Status.SUCCESS, Order.Status.FAILED, Order.Status.EXPIRED])
        .filter(Q(source__kind=Account.Kind.FUNDS) | Q(target__kind=Account.Kind.FUNDS))
        .values_list("order__number", "order__status", "currency")
        .annotate(left=Sum(moved))
        .exclude(left=0)
    )
    for number, status, currency, minor in left:
        found.append(f"{number} is {status}, and {minor} {currency} minor units stand in customer funds")
    counted = (
        Payment.objects.values_list("reference", "received_minor")
        .annotate(captured=Sum("captures__amount_minor"))
        .filter(Q(received_minor__gt=0) | Q(captured__gt=0))
        .exclude(captured=F("received_minor"))
    )
    for reference, minor, captured in counted:
        found.append(f"{reference} received {minor}, its captures say {captured}")
    unbooked = Refund.objects.filter(state=Refund.State.DONE).exclude(
        order__transfers__key__in=Transfer.objects.filter(source__kind=Account.Kind.REFUNDS).values("key")
    )
    for reference in unbooked.values_list("reference", flat=True):
        found.append(f"refund {reference} is done but not booked")
    return found
