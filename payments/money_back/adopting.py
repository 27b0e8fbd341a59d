"""A refund that somebody made in the gateway's dashboard: the books take it over."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.money import Money
from payments import refunds
from payments.models import Payment, Refund
from payments.money_back import giving_back, steps
from storefront.orders import services as orders

State = Refund.State
# A gift that waits for its second person is not paid by somebody's having paid it.
_WAITING = (State.DUE, State.CLAIMABLE, State.REVIEW)


@transaction.atomic
def adopt(payment_id: int, amount: Money, key: str, *, by: str, why: str) -> Refund:
    """`amount` of the payment, which the gateway gave back without being asked by us, is booked as given back.

    A refund of just that amount that we owe and have not sent is done by it. Else it is a gift of the shop's, once per
    `key`. Raises Refused for a deposit's payment, for an order under way (what is not delivered would go back once
    more), and for more than is left of what was paid: then the customer has it twice.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.order_id is None:
        raise Refused("VALIDATION_ERROR", _("A deposit's money stands in the wallet. Take it out there, then explain."))
    orders.lock(payment.order_id)
    same = Refund.objects.filter(payment=payment, amount_minor=amount.minor, currency=amount.currency)
    waiting = same.filter(state__in=_WAITING).exclude(state=State.REVIEW, why=Refund.Why.GOODWILL).order_by("id")
    if (found := waiting.values_list("pk", flat=True).first()) is not None:
        refund = steps.locked(found)
        if refund.state == State.DUE:
            steps.move(refund, State.SENDING)
    else:
        refund = _gift(payment, amount, key, by)
    audit.record(by, "refund.adopt", refund.reference, before=refund.state, after=State.DONE, why=why)
    steps.paid_by_gateway(refund, by=by, note=why)
    return refund


def _gift(payment: Payment, amount: Money, key: str, by: str) -> Refund:
    order = payment.order
    assert order is not None  # the caller has looked
    giving_back.ensure_left(order, amount)
    return refunds.enter(order, payment, amount, Refund.Why.GOODWILL, key, state=State.DUE, by=by)
