"""Nobody gives money to themselves: staff who buy in the shop are helped by a colleague, like any customer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import Refused
from core.staff_tokens.services import is_same_person
from storefront.orders.models import Order


def ensure_not_theirs(email: str, by: str) -> None:
    """Raises Refused where `by` (a login, or a token's name) stands for whose address `email` is."""
    if by and is_same_person(by, email.lower()):
        raise Refused("FORBIDDEN", _("This money would be your own: a colleague has to see to it."))


def ensure_not_their_order(order: Order, by: str) -> None:
    """As `ensure_not_theirs`, for who placed the order, as a member or with the address of the login."""
    ensure_not_theirs(order.email, by)
    if order.user is not None:
        ensure_not_theirs(order.user.email, by)
