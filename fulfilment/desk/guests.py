"""Two addresses of one guest made one, once no money is on its way to either by a link that a mail carried."""

from __future__ import annotations

from django.utils.translation import gettext as _

from payments.models import Refund
from storefront.orders import merging


def merge(email: str, into: str, by: str, why: str) -> int:
    """As `storefront.orders.merging.merge`; refused, too, while money goes back to one of the orders."""
    return merging.merge(email, into, by, why, unsettled=_unsettled)


def _unsettled(order_ids: list[int]) -> list[str]:
    going = Refund.objects.filter(order__in=order_ids).exclude(state__in=Refund.ENDED).order_by("id")
    references = list(going.values_list("reference", flat=True)[:5])
    return [_("Money is on its way back: %(numbers)s.") % {"numbers": ", ".join(references)}] if references else []
