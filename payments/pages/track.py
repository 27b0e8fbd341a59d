"""Where is my order: by its number, or by the e-mail address with a one-time code."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from core.errors import Refused
from core.web import throttle
from core.web.client import client_of
from payments.money_back import words
from storefront.orders import finding
from storefront.orders import invoice as invoices
from storefront.orders.models import Order
from storefront.orders.services import find_for_track
from storefront.pages.shop import Shop, around, in_shop


@never_cache
@in_shop
def track(request: HttpRequest, shop: Shop) -> HttpResponse:
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        client = client_of(request)
        throttle.check("resend", client.address_key, client.device_key)
        try:
            found = _answer(request, shop, context)
        except Refused as refusal:
            status = refusal.status
            context["error"] = next(iter(refusal.fields.values()), refusal.message)
        else:
            if found is not None:
                return found
    page = around(shop, "track") | context
    return render(request, "payments/track.html", page, status=status)


def _answer(request: HttpRequest, shop: Shop, context: dict[str, Any]) -> HttpResponse | None:
    """The page of the order that was asked for; else `context` says how it goes on."""
    number, email = request.POST.get("number", "").strip(), request.POST.get("email", "").strip()[:254]
    code = request.POST.get("code", "").strip()[:20]
    context |= {"number": number[:40], "email": email}
    if number:
        try:
            order = find_for_track(number)
        except Refused as refusal:
            raise Refused("NOT_FOUND", _("We do not know this order number. Compare it with your mail.")) from refusal
        return HttpResponseRedirect(_url(shop, order))
    if email and code:
        context["asked"] = True
        context["orders"] = [
            {
                "number": order.number,
                "item": f"{order.sku_name} · {order.product_name}",
                "total": str(order.total),
                "status": order.get_status_display(),
                "refunds": [words.told(refund) for refund in words.told_refunds(order)],
                "at": shop.clock(order.created_at),
                "url": f"{_url(shop, order)}?key={invoices.view_key(order)}",
            }
            for order in finding.orders_of(email, code)
        ]
        return None
    if email:
        finding.send_code(email, shop.language)
        context["asked"] = True
        return None
    raise Refused("VALIDATION_ERROR", _("Type an order number or your e-mail address."))


def _url(shop: Shop, order: Order) -> str:
    return Shop(shop.language, order.region).url(f"invoices/{order.number}")
