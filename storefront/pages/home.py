"""The doors to the shop's front: home, search, help, and where / leads."""

from __future__ import annotations

from hashlib import blake2s
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from core.web import prebuilt
from storefront.catalogue import shop as catalogue
from storefront.catalogue.search import find
from storefront.content import shop as content
from storefront.pages.cards import percent_off, tile
from storefront.pages.shop import Shop, around, in_shop, next_edge, visitors_shop

# Names of icons in static/icons/sprite.svg, by category code.
CATEGORY_ICONS = {"top-up-game": "gamepad-2", "voucher": "gift", "e-money": "wallet", "streaming": "monitor"}
MOST_DEALS = 12
MOST_SUGGESTED = 6


def root(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(visitors_shop(request).url())
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.headers["Cache-Control"] = "no-store"
    return response


@prebuilt.page(edge=next_edge)
@in_shop
def home(request: HttpRequest, shop: Shop) -> HttpResponse:
    now = timezone.now()
    cards = catalogue.products(shop.region, shop.language, now)
    deals = [card for card in catalogue.discounted(shop.region, shop.language, now) if card.is_available]
    deals.sort(key=lambda card: -card.discount)
    return render(
        request,
        "storefront/home.html",
        around(shop)
        | {
            "popup": _popup(shop),
            "banners": content.banners(shop.region, shop.language, now),
            "popular": [tile(shop, card) for card in cards if card.is_popular],
            "promos": [
                {
                    "sku_name": card.name,
                    "product_name": card.product_name,
                    "url": shop.url(f"{card.product_slug}?sku={card.code}"),
                    "price": str(card.price),
                    "original_price": str(card.original),
                    "discount_percent": percent_off(card.discount),
                    "image": card.image,
                }
                for card in _one_of_each(deals)
            ],
            "categories": [
                {
                    "title": category.title,
                    "code": category.code,
                    "description": category.description,
                    "icon": CATEGORY_ICONS.get(category.code, "layout-grid"),
                    "products": [tile(shop, card) for card in cards if card.category_code == category.code],
                }
                for category in catalogue.categories(shop.region, shop.language)
            ],
        },
    )


def _popup(shop: Shop) -> dict[str, str] | None:
    """The popup of the day. Only here: on the way to paying nothing stands in the way."""
    popup = content.popup(shop.region, shop.language, timezone.now())
    if popup is None:
        return None
    return {
        "title": popup.title,
        "content": popup.content,
        "image": popup.image,
        "href": popup.href,
        # Another text is another popup: it shows once more.
        "key": blake2s(f"{popup.title}{popup.content}".encode(), digest_size=6).hexdigest(),
    }


def _one_of_each(deals: list[catalogue.SkuCard]) -> list[catalogue.SkuCard]:
    """The best deal of each product: a dozen of one game says less than a dozen of games."""
    best: dict[str, catalogue.SkuCard] = {}
    for card in deals:
        best.setdefault(card.product_code, card)
    return list(best.values())[:MOST_DEALS]


@prebuilt.page(params=("q",), edge=next_edge)
@in_shop
def search(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The page with what was found; for the type-ahead (htmx) only the list."""
    query = " ".join(request.GET.get("q", "").split())[:60]
    cards = catalogue.products(shop.region, shop.language, timezone.now())
    found = find(cards, query) if query else []
    if request.headers.get("HX-Request"):
        context: dict[str, Any] = {"query": query, "results": [tile(shop, card) for card in found[:MOST_SUGGESTED]]}
        return render(request, "storefront/fragments/search_results.html", context)
    shown = found if query else cards
    return render(
        request,
        "storefront/search.html",
        around(shop, "search", query=request.GET.urlencode())
        | {
            "query": query,
            "results": [tile(shop, card) for card in shown],
            "popular": [] if shown else [tile(shop, card) for card in cards if card.is_popular],
        },
    )


@prebuilt.page(edge=next_edge)
@in_shop
def help_page(request: HttpRequest, shop: Shop) -> HttpResponse:
    context = around(shop, "help") | {"faq": content.questions(shop.language)}
    return render(request, "storefront/help.html", context)
