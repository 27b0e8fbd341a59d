"""Staff let another amount than the order's total pay it: what is missing is the shop's, what is too much goes back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.approvals import limits
from core.errors import Refused
from core.money import Money
from payments import own_account, refunds, settling
from payments.models import Account, Capture, Payment, Refund
from payments.money_back import second_person, steps
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos

_PREFIX = "surplus:"


@transaction.atomic
def accept(refund_id: int, by: str, why: str) -> Order:
    """The order is PAID with what came in by the wrong amount, and is delivered like any other.

    Raises Refused where the refund is not of a wrong amount under review, the order was paid meanwhile or its promo
    slot is gone, or more is missing than staff may give; and for an order of one's own.
    """
    order = orders.lock(Refund.objects.values_list("order_id", flat=True).get(pk=refund_id), with_promo=True)
    refund = steps.locked(refund_id)
    refund.order = order
    own_account.ensure_not_their_order(order, by)
    if refund.state != Refund.State.REVIEW or refund.why != Refund.Why.AMOUNT:
        raise Refused("VALIDATION_ERROR", _("This refund does not wait for a decision."))
    if order.paid_at is not None or order.status not in (Order.Status.PENDING, Order.Status.EXPIRED):
        raise Refused("VALIDATION_ERROR", _("The order has been paid meanwhile: this money can only go back."))
    if refund.currency != order.currency:
        raise Refused("VALIDATION_ERROR", _("Money in another currency can only go back."))
    missing = order.total.minor - refund.amount_minor
    if missing > 0 and not limits.allows(second_person.REFUND, Money(missing, order.currency)):
        raise Refused("VALIDATION_ERROR", _("More is missing than you may give. Let all of it go back."))
    now = timezone.now()
    if order.status == Order.Status.EXPIRED and order.promo_id is not None:
        promos.retake(order.number, now)
    refunds.withdraw(refund, Account.Kind.FUNDS, by=by, reason=why)
    capture = Capture.objects.get(pk=refund.key.removeprefix(_PREFIX))
    Capture.objects.filter(pk=capture.pk).update(effect=Capture.Effect.ACCEPTED)
    payment = capture.payment
    Payment.objects.filter(pk=payment.pk).update(state=Payment.State.SETTLED, settled_at=now, error="")
    if missing > 0:
        ledger.transfer(
            f"missing:{capture.pk}",
            ledger.house(Account.Kind.GOODWILL, order.currency),
            ledger.house(Account.Kind.FUNDS, order.currency),
            Money(missing, order.currency),
            "missing of a payment",
            order,
            note=payment.reference,
        )
    settling.pay(order, payment, by=by, reason="accepted", now=now)
    if missing < 0:
        excess = Money(-missing, order.currency)
        refunds.owe(order, payment, excess, Refund.Why.AMOUNT, f"excess:{capture.pk}", by=by)
    return order
