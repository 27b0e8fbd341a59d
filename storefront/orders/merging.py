"""Guests have no account: the e-mail address of their orders is who they are. Two of one person become one."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import User
from core import audit
from core.errors import Refused
from storefront.orders import search_words
from storefront.orders.models import Order

MOST_ORDERS = 500


def of_guest(email: str) -> QuerySet[Order]:
    """The orders that somebody without an account placed with that address."""
    return Order.objects.annotate(written=Lower("email")).filter(written=email.strip().lower(), user=None)


@transaction.atomic
def merge(
    email: str,
    into: str,
    by: str,
    why: str,
    *,
    unsettled: Callable[[list[int]], list[str]] = lambda ids: [],
) -> int:
    """The guest orders of `email` are those of the address `into`: a member's who has proved it (then the orders are
    the member's), or another guest's; how many moved, 0 where they had before.

    `unsettled` names what of the orders' money is on its way to the old address. Raises Refused with that, where the
    new address belongs to nobody, to a member who has not proved it, or for too many orders.
    """
    old, new = email.strip().lower(), into.strip().lower()
    if not old or old == new:
        raise Refused("VALIDATION_ERROR", _("Name the other address of the same person."))
    found = list(of_guest(old).select_for_update(of=("self",), no_key=True).order_by("pk")[: MOST_ORDERS + 1])
    if len(found) > MOST_ORDERS:
        raise Refused("VALIDATION_ERROR", _("That address has more than %(most)d orders.") % {"most": MOST_ORDERS})
    member = User.objects.filter(email=new).first()
    if member is not None and (member.email_verified_at is None or member.is_staff):
        raise Refused("VALIDATION_ERROR", _("That member has not proved the address: the orders stay the guest's."))
    if member is None and not of_guest(new).exists():
        raise Refused("VALIDATION_ERROR", _("Nobody has ordered with that address."))
    ids = [order.pk for order in found]
    if ids and (open_ones := unsettled(ids)):
        raise Refused("VALIDATION_ERROR", " ".join([_("Not now: nothing has moved."), *open_ones]))
    for order in found:
        order.email = new
        search_words.index(order)
    moved = Order.objects.filter(pk__in=ids).update(email=new, **({"user": member} if member else {}))
    if moved:
        numbers = [order.number for order in found]
        after = {"email": new, "member": member.public_id if member else None, "orders": numbers}
        audit.record(by, "guests merged", f"guest:{old}"[:120], before={"email": old}, after=after, why=why)
    return moved
