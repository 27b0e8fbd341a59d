"""What follows from a delivery promise: its customer is told when it is missed, and may cancel while nothing is out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import poison
from core.errors import Refused
from fulfilment import finishing, standing, taking
from fulfilment.models import Delay
from payments import mails
from storefront.orders import services as orders
from storefront.orders.models import Order

CANCELLED = "cancelled"
_RUNNING = (Order.Status.PAID, Order.Status.PROCESSING)


def cancel(order: Order, *, by: str = "customer") -> None:
    """What of the order was not delivered is cancelled and owed back; surely nothing of it was or will be sent.

    Raises CANNOT_CANCEL while the promise holds, and where a unit is, or may be, with a supplier; nothing has moved.
    """
    if order.status == Order.Status.PAID:
        # Never taken up, though long overdue: its units are made to be cancelled like any others.
        taking.take_one(order.pk)
        order = Order.objects.select_related("product").get(pk=order.pk)
    seen = standing.of(order)
    if seen is None or not seen.may_cancel or not finishing.fail_waiting(order.pk, CANCELLED, by):
        raise Refused(
            "CANNOT_CANCEL",
            _("The order cannot be cancelled any more."),
            details=_("It is being sent just now, or has ended. Its page says where it stands."),
        )


def late(now: datetime) -> QuerySet[Order]:
    """Orders whose product's promise is over, each with the moment it ended as `over_at`; also such as have ended."""
    span = ExpressionWrapper(F("product__promise_seconds") * Value(timedelta(seconds=1)), output_field=DurationField())
    over_at = ExpressionWrapper(F("paid_at") + span, output_field=DateTimeField())
    return Order.objects.annotate(over_at=over_at).filter(over_at__lt=now)


def tell_late(limit: int = 100, now: datetime | None = None) -> int:
    """Whoever's promise is over has been told so, and why, once; how many were told."""
    moment = now or timezone.now()
    # A failure counts against the notice, not the order: that is delivered all the same.
    untold = late(moment).filter(delay=None).exclude(pk__in=poison.resting(Delay))
    told = 0
    # One state at a time: each has an index of its own.
    found = [untold.filter(status=status).order_by("id").values_list("pk", flat=True)[:limit] for status in _RUNNING]
    for order_id in [pk for ids in found for pk in ids]:
        with poison.counted(Delay, order_id):
            told += _tell_late(order_id, moment)
    return told


@transaction.atomic
def _tell_late(order_id: int, moment: datetime) -> bool:
    order = orders.lock(order_id)
    seen = standing.of(order, moment)
    if seen is None or not seen.is_over:
        return False
    _delay, is_new = Delay.objects.get_or_create(order=order, defaults={"reason": seen.reason, "at": moment})
    if is_new and seen.reason != standing.Reason.ACCOUNT:  # of an account they were told when it was refused
        with translation.override(order.language):
            mails.order_late(order, standing.because(seen.reason), may_cancel=seen.may_cancel)
    return is_new


def tell_held(order: Order) -> None:
    """The customer knows, once, that the game knows no such account and what to do about it."""
    mails.order_held(order)
