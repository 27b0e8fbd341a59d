"""What the shop has earned of an order that ended, and what it owes back."""

from __future__ import annotations

from fractions import Fraction

from core.money import Money
from payments import refunds
from payments.models import Account, Capture, Payment, Refund
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order


def undelivered(order: Order) -> Money:
    """What the units, and the pieces of units, that did not arrive were worth of the total, half up (decisions:
    Money)."""
    return _worth_of_missing(order, order.arrived)


def _worth_of_missing(order: Order, arrived: Fraction) -> Money:
    missing = 1 - arrived
    return order.total.part(missing.numerator, missing.denominator)


def _fee_earned(order: Order, arrived: Fraction, kept: Money) -> Money:
    return min(Money(order.fee_minor, order.currency).part(arrived.numerator, arrived.denominator), kept)


def book(order: Order) -> Refund | None:
    """The ended order's money has left customer funds: delivered share to sales and fees, the rest owed as a refund.

    Called once under the order's lock by whoever ended it (SUCCESS or FAILED); a second call changes nothing.
    Returns the refund, if one is owed.
    """
    if not order.total:
        return None
    owed = undelivered(order)
    kept = order.total - owed
    fee = _fee_earned(order, order.arrived, kept)
    funds = ledger.house(Account.Kind.FUNDS, order.currency)
    if fee:
        fees = ledger.house(Account.Kind.FEES, order.currency)
        ledger.transfer(f"fees:{order.number}", funds, fees, fee, "payment fee", order)
    if kept - fee:
        sales = ledger.house(Account.Kind.SALES, order.currency)
        ledger.transfer(f"sales:{order.number}", funds, sales, kept - fee, "sale", order)
    if not owed:
        return None
    return refunds.owe(order, _paid_by(order), owed, Refund.Why.NOT_DELIVERED, f"undelivered:{order.number}")


def unsell(order: Order, key: str, cost: int | None = 0) -> Refund | None:
    """One delivered unit of an order that ended in SUCCESS came back: it counts as not delivered, its share of sales
    and fees has returned to customer funds and from there to the customer, never more than is left of what was paid.

    `cost`: what it had cost us, in minor units, which it no longer does. Called under the order's lock, once per `key`
    (the caller sees to that). None for an order that cost nothing.
    """
    left = order.arrived - Fraction(1, order.quantity)
    before, after = _worth_of_missing(order, order.arrived), _worth_of_missing(order, left)
    given = sum(order.refunds.exclude(key__startswith="surplus:").values_list("amount_minor", flat=True))
    owed = min(after - before, order.total - Money(given, order.currency))
    refund = None
    if owed:
        earned = _fee_earned(order, order.arrived, order.total - before)
        fee = min(earned - _fee_earned(order, left, order.total - after), owed)
        funds = ledger.house(Account.Kind.FUNDS, order.currency)
        if fee:
            fees = ledger.house(Account.Kind.FEES, order.currency)
            ledger.transfer(f"fees-back:{key}", fees, funds, fee, "payment fee back", order)
        if owed - fee:
            sales = ledger.house(Account.Kind.SALES, order.currency)
            ledger.transfer(f"sales-back:{key}", sales, funds, owed - fee, "sale back", order)
        refund = refunds.owe(order, _paid_by(order), owed, Refund.Why.NOT_DELIVERED, f"returned:{key}")
    orders.count_unit(order, delivered=-1, failed=1, cost=None if cost is None else -cost)
    return refund


def _paid_by(order: Order) -> Payment:
    """The payment whose money paid the order."""
    paid = Capture.objects.filter(
        payment__order=order, effect__in=[Capture.Effect.PAID, Capture.Effect.LATE_PAID]
    ).select_related("payment__channel")
    return paid.get().payment
