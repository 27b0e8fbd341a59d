"""The account's first page: balance, level, points, the last orders and what is done most often."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.pages.common import count, to
from core.errors import Refused
from core.money import Money
from core.periods import Period
from payments.pages.account.common import account_page, moment, page_of, show
from payments.pages.account.deposits import waiting
from payments.pages.account.orders import row
from payments.pages.account.standing import points_shown, standing
from payments.wallet.services import balances
from storefront.orders import history
from storefront.orders.players import LONGEST_NAME, SavedPlayer, rename, saved_players, take_out
from storefront.pages.shop import Shop
from storefront.pictures import picture

_LAST = 4
_PLAYERS = 4


@require_GET
@account_page
def overview(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    kept = balances(user)
    currency = shop.region.currency
    rows = history.transactions(user, shop.region, Period())
    context = {
        "member": user,
        "balance": str(kept.get(currency, Money(0, currency))),
        "others": [str(money) for code, money in sorted(kept.items()) if code != currency and money],
        "waiting": waiting(shop, user),
        "orders": [row(shop, order) for order in page_of(rows, slice(_LAST), "product")],
        "players": [player(shop, saved) for saved in saved_players(user, shop.region, most=_PLAYERS)],
        "membership": standing(user),
        "points": points_shown(user, shop),
    }
    return show(request, shop, "overview", context, rest="")


def player(shop: Shop, saved: SavedPlayer) -> dict[str, Any]:
    """The context of account/partials/player.html."""
    product = saved.product
    return {
        "name": saved.name,
        "number": saved.number,
        "own_name": saved.own_name,
        "values": " · ".join(saved.values.values()) if saved.name != " · ".join(saved.values.values()) else "",
        "product": product.name,
        "item": saved.item,
        "picture": picture(product.thumbnail, "product", product.code, product.name, product.artwork),
        "at": moment(shop, saved.at),
        "again_url": shop.url(f"{product.slug}?again={saved.number}"),
    }


@require_GET
@account_page
def players(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """Everybody the member has bought for, to buy for again."""
    return _players(request, shop, user)


def _players(request: HttpRequest, shop: Shop, user: User, refusal: Refused | None = None) -> HttpResponse:
    context = {
        "players": [player(shop, saved) for saved in saved_players(user, shop.region)],
        "longest_name": LONGEST_NAME,
        "problem": str(next(iter(refusal.fields.values()), refusal.message)) if refusal else "",
        "done": request.GET.get("done", ""),
    }
    return show(request, shop, "players", context, rest="players", status=refusal.status if refusal else 200)


@require_POST
@account_page
def change_player(request: HttpRequest, shop: Shop, user: User, number: str) -> HttpResponse:
    """The player of one of the member's orders is called otherwise, or out of sight."""
    count(request, "reads")
    is_removal = request.POST.get("do") == "remove"
    try:
        if is_removal:
            take_out(user, number)
        else:
            rename(user, number, request.POST.get("name", ""))
    except Refused as refusal:
        if refusal.status == 404:
            raise Http404 from refusal
        return _players(request, shop, user, refusal)
    return to(shop, "players", done="removed" if is_removal else "renamed")
