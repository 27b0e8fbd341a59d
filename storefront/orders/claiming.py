"""Orders of a guest who became a member: theirs from when they have proved the address the orders were placed with."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import User
from core import audit
from core.errors import Refused
from storefront.orders.models import Order


def claim(user: User) -> int:
    """How many guests' orders with the member's proven address are the member's now; 0 for an address not proved."""
    if user.email_verified_at is None:
        return 0
    orders = Order.objects.annotate(address_typed=Lower("email")).filter(address_typed=user.email.lower(), user=None)
    return orders.update(user=user)


@transaction.atomic
def give(user: User, by: str, why: str) -> int:
    """As `claim`, by a member of staff. Raises Refused for an address that is not proved."""
    if user.email_verified_at is None:
        raise Refused("VALIDATION_ERROR", _("That member has not proved the address: the orders stay the guest's."))
    count = claim(user)
    if count:
        audit.record(by, "guest orders taken over", f"user:{user.public_id}", after={"orders": count}, why=why)
    return count
