"""Orders of a guest who became a member: theirs from when they have proved the address the orders were placed with."""

from __future__ import annotations

from django.db.models.functions import Lower

from accounts.models import User
from storefront.orders.models import Order


def claim(user: User) -> int:
    """How many guests' orders with the member's proven address are the member's now; 0 for an address not proved."""
    if user.email_verified_at is None:
        return 0
    orders = Order.objects.annotate(address_typed=Lower("email")).filter(address_typed=user.email.lower(), user=None)
    return orders.update(user=user)
