"""The page behind a guest's link: where a refund goes that its channel cannot take back, and how far it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.visitors import member_of
from core.errors import Refused
from core.web import throttle
from core.web.client import client_of
from payments.models import Refund
from payments.money_back import claims, destinations, links
from payments.pages.refund_context import shown, steps_of
from storefront.pages.shop import Shop, around, in_shop

_TYPED = ("method", "number", "holder")


@never_cache
@require_http_methods(["GET", "POST"])
@in_shop
def claim(request: HttpRequest, shop: Shop, token: str) -> HttpResponse:
    """Two ways to choose from; the account is shown once more before it counts. Afterwards: where the refund stands."""
    client = client_of(request)
    throttle.check("orders" if request.method == "POST" else "reads", client.address_key)
    refund = links.opened(token)
    if refund is None:
        raise Http404
    user = member_of(request)
    here = f"refunds/{token}"
    if request.method != "POST":
        return _page(request, shop, here, refund, user)
    try:
        if request.POST.get("into") == "wallet":
            if user is None:
                return HttpResponseRedirect(_sign_in(shop, here))
            claims.into_wallet(refund.pk, user)
            return HttpResponseRedirect(shop.url(here))
        typed = [request.POST.get(name, "")[:100] for name in _TYPED]
        codes = {method.code for method in claims.methods(refund)}
        destination = destinations.checked(refund.order.region_id, typed[0] if typed[0] in codes else "", *typed[1:])
        if "confirmed" not in request.POST:
            return _page(request, shop, here, refund, user, asked=destination)
        claims.to_account(refund.pk, destination)
    except Refused as refusal:
        refund.refresh_from_db()
        return _page(request, shop, here, refund, user, refusal=refusal)
    return HttpResponseRedirect(shop.url(here))


def _sign_in(shop: Shop, here: str) -> str:
    return shop.url("account/sign-in?" + urlencode({"next": shop.url(here)}))


def _page(
    request: HttpRequest,
    shop: Shop,
    here: str,
    refund: Refund,
    user: User | None,
    *,
    asked: destinations.Destination | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    order = refund.order
    typed = {name: request.POST.get(name, "")[:100] for name in _TYPED}
    methods = claims.methods(refund)
    context: dict[str, Any] = around(shop, here) | {"canonical": "", "alternates": []}
    context |= {
        "claim_url": shop.url(here),
        "refund": shown(refund, is_owner=True),
        "amount": str(refund.amount),
        "order": {
            "number": order.number,
            "item": f"{order.sku_name} · {order.product_name}",
            "url": f"/{order.language}-{order.region_id.lower()}/invoices/{order.number}",
        },
        "timeline": [entry for _at, entry in steps_of([refund], shop)],
        "member": user.email if user else "",
        "sign_in_url": _sign_in(shop, here),
        "register_url": shop.url("account/register?" + urlencode({"next": shop.url(here)})),
        "banks": [one for one in methods if not one.is_wallet],
        "wallets": [one for one in methods if one.is_wallet],
        "asked": asked and {"name": destinations.name_of(asked.method), "number": asked.number, "holder": asked.holder},
        "typed": typed,
        "errors": refusal.fields if refusal else {},
        "error": "" if refusal is None or refusal.fields else str(refusal.message),
    }
    response = render(request, "payments/claim.html", context, status=refusal.status if refusal else 200)
    # The address carries what claims the money: no other site hears of it.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
