"""The page that shows the codes of an order: to its owner, on request, each time with a row in the log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.visitors import member_of
from core.errors import Refused
from core.translated import pick
from core.web.client import client_of
from fulfilment.codes import revealing
from fulfilment.pages.owner import Owned, owners_only
from storefront.orders import invoice as invoices


@owners_only
def codes(request: HttpRequest, owned: Owned) -> HttpResponse:
    """The codes in clear, on a POST; a GET (a reload, a shared address) only leads to the invoice."""
    if request.method == "GET":
        return owned.back()
    order, client = owned.order, client_of(request)
    who = invoices.known_as(order, client, key=owned.key, user=member_of(request))
    context = {
        "codes": [],
        "quantity": order.quantity,
        "how_to_redeem": pick(order.product.how_to_redeem, owned.shop.language) or [],
    }
    try:
        context["codes"] = revealing.reveal(order, _unit(request), by=who, address=client.address)
    except Refused as refusal:
        return owned.show(request, "codes", context | {"message": refusal.message}, refusal.status)
    return owned.show(request, "codes", context)


def _unit(request: HttpRequest) -> int | None:
    """The unit whose code is asked for; None for all of them, 0 (no order has it) for what names none: a code that is
    shown cannot be given back, so nothing is shown by mistake."""
    asked = request.POST.get("unit", "")
    if not asked:
        return None
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 0
