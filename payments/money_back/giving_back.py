"""Money that staff give back of an order that has ended, all or a part, never more than is left of what was paid.

The same words again give nothing again (F17): the key is the order, the amount, and how many refunds the giver had
seen. Of two persons at once one wins (F18): the other has seen one refund too few and looks again.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from core import audit
from core.approvals import limits
from core.errors import Refused
from core.money import Money
from payments import own_account, refunds
from payments.models import Capture, Refund
from payments.money_back import second_person
from storefront.orders import services as orders
from storefront.orders.models import Order


def remaining(order: Order) -> Money:
    """What came in for the order, less what went back or is on its way; in the order's currency."""
    came = Capture.objects.filter(payment__order=order, currency=order.currency)
    owed = order.refunds.filter(currency=order.currency).exclude(state=Refund.State.WITHDRAWN)
    return Money(_sum(came) - _sum(owed), order.currency)


def seen(order: Order) -> int:
    """How many refunds the order has: what the next one's giver must have seen."""
    return order.refunds.count()


def ensure_left(order: Order, amount: Money) -> Money:
    """What is left of the locked order's money. Raises Refused for an order under way, whose refund comes by itself,
    and for more than that."""
    if not order.has_ended:
        raise Refused("VALIDATION_ERROR", _("This order is under way: what is not delivered goes back by itself."))
    left = remaining(order)
    if amount.minor <= 0 or amount.currency != order.currency or amount > left:
        raise Refused("VALIDATION_ERROR", _("No more than %(left)s is left to give back.") % {"left": left})
    return left


@transaction.atomic
def give_back(order_id: int, amount: Money, *, seen: int, by: str, why: str) -> tuple[Refund, bool]:
    """`amount` goes back to the customer, and whether this call gave it. Above the staff's limit it waits for a second
    person.

    `seen`: how many refunds of the order the giver saw. Raises Refused for an order under way (its refund comes by
    itself), for more than is left, where the order got another refund meanwhile, and for an
    order of the giver's own.
    """
    order = orders.lock(order_id)
    own_account.ensure_not_their_order(order, by)
    key = f"staff:{order.number}:{seen}:{amount.minor}"
    earlier = Refund.objects.filter(key=key).first()
    if earlier is not None:
        return earlier, False
    if order.has_ended and seen != order.refunds.count():
        raise Refused("VALIDATION_ERROR", _("This order got another refund meanwhile. Look at what is left."))
    left = ensure_left(order, amount)
    paid = Capture.objects.filter(payment__order=order, effect__in=Capture.PAYING).select_related("payment__channel")
    # Together with what staff gave of this order before: many small gifts are no way around the limit.
    review = not limits.allows(second_person.REFUND, Money(amount.minor + _given(order), order.currency))
    refund = refunds.owe(order, paid.get().payment, amount, Refund.Why.GOODWILL, key, review=review, by=by)
    if review:
        second_person.ask(refund, by, why)
    audit.record(by, "refund.give_back", refund.reference, before=str(left), after=str(left - amount), why=why)
    return refund, True


def _given(order: Order) -> int:
    gifts = order.refunds.filter(currency=order.currency, why=Refund.Why.GOODWILL)
    return _sum(gifts.exclude(state=Refund.State.WITHDRAWN))


def _sum(rows: QuerySet[Capture] | QuerySet[Refund]) -> int:
    return rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0
