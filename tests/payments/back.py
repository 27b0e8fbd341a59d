"""Who takes part in tests of money that goes back: orders that ended, guests to be paid, two persons of staff."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission

from accounts.models import User
from payments import sales
from payments.models import Payout, Refund
from payments.money_back import claims, destinations
from payments.settling import settle
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.payments.cast import fresh, money, unplaced
from tests.storefront import factories

ACCOUNT = destinations.Destination("BCA", "0123456789", "Ani Budi")


def sold(*, delivered: int = 1, **quote: Any) -> Order:
    """An order that was paid and ended, with so many of its units delivered."""
    order, payment = unplaced(**quote)
    settle(payment.pk, money(order.total_minor, ref=f"cptr-{order.number}"))
    order = fresh(order)
    orders.advance(order, "PROCESSING", by="test")
    orders.count_unit(order, delivered=delivered, failed=order.quantity - delivered)
    orders.advance(order, "SUCCESS" if delivered else "FAILED", by="test")
    sales.book(order)
    return order


def claimable(**quote: Any) -> Refund:
    """What a guest is owed whose channel takes nothing back."""
    order = sold(delivered=0, channel=factories.channel("BCA_VA", kind="VA"), **quote)
    return Refund.objects.get(order=order)


def claimed(**quote: Any) -> Payout:
    return claims.to_account(claimable(**quote).pk, ACCOUNT)


def staff(name: str, *rights: str) -> User:
    """A person of staff who may prepare and approve pay-outs up to the limit, and whatever `rights` says."""
    user = User.objects.create(email=f"{name}@shop.example", is_staff=True)
    codes = [
        *("view_payout", "change_payout", "approve_payout", "view_refund", "change_refund", "add_refund"),
        *("view_order", *rights),
    ]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    return user


def again(refund: Refund) -> Refund:
    return Refund.objects.get(pk=refund.pk)
