"""What the shop has earned of an order that ended, and what it owes back."""

from __future__ import annotations

from fractions import Fraction

from core.money import Money
from payments import refunds
from payments.models import Account, Capture, Refund
from payments.money_back import giving_back
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
    capture = _paying(order)
    if capture.amount_minor < order.total_minor:
        # Staff let less pay the order: the customer gets back of what came, the shop of what it added.
        came = Money(capture.amount_minor, order.currency).part(owed.minor, order.total_minor)
        ours, owed = owed - came, came
        if ours:
            goodwill = ledger.house(Account.Kind.GOODWILL, order.currency)
            ledger.transfer(f"missing-back:{order.number}", funds, goodwill, ours, "missing of a payment", order)
    key = f"undelivered:{order.number}"
    # The mail that tells how the order ended tells of its refund, too.
    return refunds.owe(order, capture.payment, owed, Refund.Why.NOT_DELIVERED, key, is_told=True)


def unsell(order: Order, key: str, cost: int | None = 0) -> Refund | None:
    """One delivered unit of an order that ended in SUCCESS came back: it counts as not delivered, its share of sales
    and fees has returned to customer funds and from there to the customer, never more than is left of what was paid.

    `cost`: what it had cost us, in minor units, which it no longer does. Called under the order's lock, once per `key`
    (the caller sees to that). None for an order that cost nothing.
    """
    left = order.arrived - Fraction(1, order.quantity)
    before, after = _worth_of_missing(order, order.arrived), _worth_of_missing(order, left)
    owed = min(after - before, giving_back.remaining(order))
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
        refund = refunds.owe(order, _paying(order).payment, owed, Refund.Why.NOT_DELIVERED, f"returned:{key}")
    orders.count_unit(order, delivered=-1, failed=1, cost=None if cost is None else -cost)
    return refund


def _paying(order: Order) -> Capture:
    """The capture that paid the order, its payment at hand."""
    paid = Capture.objects.filter(payment__order=order, effect__in=Capture.PAYING)
    return paid.select_related("payment__channel").get()
