"""What the account's pages share: who may see them, where they lead back to, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import sessions, signing_in
from accounts.models import User
from accounts.visitors import member_of
from core.web import throttle
from core.web.client import client_of
from storefront.pages.shop import Shop, around, in_shop

MemberPage = Callable[..., HttpResponse]


def show(
    request: HttpRequest, shop: Shop, template: str, context: dict[str, Any], *, rest: str, status: int = 200
) -> HttpResponse:
    """The page at account/`rest`; never found by search engines, never kept, never told to other sites."""
    given = around(shop, f"account/{rest}") | {"canonical": "", "alternates": []} | context
    response = render(request, f"accounts/{template}.html", given, status=status)
    # Addresses here carry tokens: no other site hears of them. ("no-referrer" would hide our own forms' origin, too.)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def to(shop: Shop, rest: str = "", **query: str) -> HttpResponse:
    asked = {name: value for name, value in query.items() if value}
    return HttpResponseRedirect(shop.url(f"account/{rest}") + (f"?{urlencode(asked)}" if asked else ""))


def onward(request: HttpRequest, shop: Shop) -> str:
    """Where a sign-in leads: the page that asked for it, as far as it is ours, else the account."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked[:500]
    return shop.url("account/")


def count(request: HttpRequest, rule: str) -> None:
    """Raises RATE_LIMIT_EXCEEDED, as the API does for the same act."""
    client = client_of(request)
    throttle.check(rule, client.address_key, client.device_key)


def members_only(view: Callable[[HttpRequest, Shop, User], HttpResponse]) -> MemberPage:
    """The view with the member as third argument; guests are led through the sign-in and back."""

    @wraps(view)
    def page(request: HttpRequest, shop: Shop, **rest: Any) -> HttpResponse:
        user = member_of(request)
        if user is None:
            return to(shop, "sign-in", next=request.get_full_path() if request.method == "GET" else "")
        session_id = signing_in.browser_session_id(request)
        if session_id:
            sessions.seen(session_id)
        return view(request, shop, user, **rest)

    return page


def member_act(view: Callable[..., HttpResponse]) -> MemberPage:
    """A view that changes something of the member's: posted, never kept, with shop and member as further arguments."""
    page: MemberPage = never_cache(require_POST(in_shop(members_only(view))))
    return page
