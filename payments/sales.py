"""What the shop has earned of an order that ended, and what it owes back."""

from __future__ import annotations

from core.money import Money
from payments import refunds
from payments.models import Account, Capture, Refund
from payments.wallet import services as ledger
from storefront.orders.models import Order


def undelivered(order: Order) -> Money:
    """What the units that did not arrive were worth of the total, half up (decisions: Money)."""
    if not order.delivered:
        return order.total
    return order.total.part(order.quantity - order.delivered, order.quantity)


def book(order: Order) -> Refund | None:
    """The ended order's money has left customer funds: delivered share to sales and fees, the rest owed as a refund.

    Called once under the order's lock by whoever ended it (SUCCESS or FAILED); a second call changes nothing.
    Returns the refund, if one is owed.
    """
    if not order.total:
        return None
    owed = undelivered(order)
    kept = order.total - owed
    fee = min(Money(order.fee_minor, order.currency).part(order.delivered, order.quantity), kept)
    funds = ledger.house(Account.Kind.FUNDS, order.currency)
    if fee:
        fees = ledger.house(Account.Kind.FEES, order.currency)
        ledger.transfer(f"fees:{order.number}", funds, fees, fee, "payment fee", order)
    if kept - fee:
        sales = ledger.house(Account.Kind.SALES, order.currency)
        ledger.transfer(f"sales:{order.number}", funds, sales, kept - fee, "sale", order)
    if not owed:
        return None
    paid = Capture.objects.filter(
        payment__order=order, effect__in=[Capture.Effect.PAID, Capture.Effect.LATE_PAID]
    ).select_related("payment__channel")
    return refunds.owe(order, paid.get().payment, owed, Refund.Why.NOT_DELIVERED, f"undelivered:{order.number}")
