"""Pages of an order for its owner alone: the browser that ordered, its member, or whoever holds the signed link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.visitors import member_of
from core.errors import Refused
from core.web import throttle
from core.web.client import client_of
from storefront.orders import invoice as invoices
from storefront.orders.models import Order
from storefront.orders.services import clean_number
from storefront.pages.shop import Shop, around, in_shop


@dataclass(frozen=True, slots=True)
class Owned:
    """An order in the hands of its owner. `key` is the signed link's, "" without."""

    shop: Shop
    order: Order
    key: str

    def url(self, rest: str = "", **query: str) -> str:
        """The address of the order's page, or of one of the pages under it, that keeps the owner's key."""
        address = self.shop.url(f"invoices/{self.order.number}") + (f"/{rest}" if rest else "")
        asked = query | ({"key": self.key} if self.key else {})
        return f"{address}?{urlencode(asked)}" if asked else address

    def back(self) -> HttpResponse:
        return HttpResponseRedirect(self.url())

    def show(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        order = self.order
        given = around(self.shop, f"invoices/{order.number}") | {"canonical": "", "alternates": []}
        given |= {
            "order": order,
            "item": f"{order.sku_name} · {order.product_name}",
            "back_url": self.url(),
            "here_url": request.get_full_path(),
        }
        return render(request, f"fulfilment/{template}.html", given | context, status=status)

    def refused(self, request: HttpRequest, refusal: Refused) -> HttpResponse:
        context = around(self.shop) | {
            "message": refusal.message,
            "details": refusal.details,
            "back_url": self.url(),
        }
        return render(request, "payments/refused.html", context, status=refusal.status)


OwnersView = Callable[[HttpRequest, Owned], HttpResponse]


def owners_only(view: OwnersView) -> Callable[..., HttpResponse]:
    """The view for the order's owner; to everybody else there is no such page. Posts are counted per address."""

    @never_cache
    @require_http_methods(["GET", "POST"])
    @in_shop
    @wraps(view)
    def page(request: HttpRequest, shop: Shop, number: str) -> HttpResponse:
        client, key = client_of(request), request.GET.get("key", "")[:100]
        throttle.check("order_help" if request.method == "POST" else "reads", client.address_key, client.device_key)
        order = (
            Order.objects.filter(number=clean_number(number))
            .select_related("product", "region", "promo", "channel", "user")
            .first()
        )
        if order is None or not invoices.is_owner(order, client, key=key, user=member_of(request)):
            raise Http404
        response = view(request, Owned(shop, order, key))
        # The address may carry the key: no other site hears of it.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return page
