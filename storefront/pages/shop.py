"""Which shop a page belongs to, by the language and region in its address, and what stands around every page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import register_converter
from django.utils import formats, timezone, translation

from core import regions
from core.models import Region
from storefront.catalogue.services import closing_edges as product_edges
from storefront.channels.services import closing_edges as channel_edges
from storefront.content import shop as content
from storefront.pictures import absolute, drawn

SYMBOLS = {"IDR": "Rp", "MYR": "RM", "PHP": "₱", "SGD": "S$", "THB": "฿"}


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop as one language and region see it."""

    language: str
    region: Region

    @property
    def prefix(self) -> str:
        return f"/{self.language}-{self.region.code.lower()}/"

    def url(self, rest: str = "") -> str:
        return self.prefix + rest

    def clock(self, moment: datetime) -> str:
        """A moment as the region's clocks show it, with the day where it is another one."""
        local = moment.astimezone(ZoneInfo(self.region.time_zone))
        today = timezone.now().astimezone(ZoneInfo(self.region.time_zone)).date()
        pattern = "H:i" if local.date() == today else "j M, H:i"
        return f"{formats.date_format(local, pattern)} {local.tzname() or ''}".strip()


class ShopConverter:
    """`id-id` in an address; whether the shop sells there is for `in_shop` to say."""

    regex = "[a-z]{2,3}-[a-z]{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ShopConverter, "shop")


def shop_at(place: str) -> Shop:
    """The shop of an address's first part; Http404 where the language or region is not offered."""
    language, _, code = place.partition("-")
    region = next((region for region in regions.regions() if region.code == code.upper()), None)
    if region is None or language not in dict(settings.LANGUAGES):
        raise Http404
    return Shop(language, region)


def in_shop(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view with the address's shop as second argument and its language switched on."""

    @wraps(view)
    def page(request: HttpRequest, place: str, **rest: Any) -> HttpResponse:
        shop = shop_at(place)
        # Not only around the view: an error page for this address speaks its language too.
        translation.activate(shop.language)
        response = view(request, shop, **rest)
        response.headers["Content-Language"] = shop.language
        return response

    return page


def visitors_shop(request: HttpRequest) -> Shop:
    """The shop a visitor without an address is sent to: the last one by cookie, else by Accept-Language."""
    language, _, code = request.COOKIES.get("shop", "").partition("-")
    offered = {region.code: region for region in regions.regions()}
    region = offered.get(code.upper()) or regions.default()
    if language not in dict(settings.LANGUAGES):
        language = translation.get_language_from_request(request).split("-")[0]
    if language not in dict(settings.LANGUAGES):
        language = region.language
    return Shop(language, region)


def next_edge(request: HttpRequest) -> datetime | None:
    """When the pages of the request's region change by themselves: banners, closing times, the promos' next day."""
    shop = shop_at(request.path.split("/")[1])
    now = timezone.now()
    zone = ZoneInfo(shop.region.time_zone)
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)
    moments = [
        midnight,
        *content.edges(shop.region, now),
        *product_edges(shop.region, now),
        *channel_edges(shop.region, now),
    ]
    return min(moments)


def around(shop: Shop, rest: str = "", *, query: str = "", sold_in: Iterable[str] | None = None) -> dict[str, Any]:
    """The context of templates/base.html for the page at `rest` (the address behind the shop's prefix).

    `sold_in`: codes of the regions that have this page; links to the others lead to their home page.
    """
    tail = rest + (f"?{query}" if query else "")
    everywhere = regions.regions()
    here = {region.code for region in everywhere} if sold_in is None else set(sold_in)
    offered = [entry for entry in content.languages() if entry.code in dict(settings.LANGUAGES)]
    return {
        "shop": {"name": settings.SHOP_NAME},
        "language": shop.language,
        "region": {
            "code": shop.region.code,
            "country": shop.region.country,
            "currency": shop.region.currency,
            "symbol": SYMBOLS.get(shop.region.currency, shop.region.currency),
        },
        "regions": [
            {
                "code": region.code,
                "country": region.country,
                "currency": region.currency,
                "url": Shop(shop.language, region).url(tail if region.code in here else ""),
                "current": region.code == shop.region.code,
                "flag": drawn("flag", region.code),
            }
            for region in everywhere
        ],
        "languages": [
            {
                "code": entry.code,
                "name": entry.name,
                "url": Shop(entry.code, shop.region).url(tail),
                "current": entry.code == shop.language,
            }
            for entry in offered
        ],
        "home_url": shop.url(),
        "search_url": shop.url("search"),
        "track_url": shop.url("track"),
        "help_url": shop.url("help"),
        "status_url": shop.url("status"),
        "account_url": shop.url("account/"),
        "canonical": absolute(shop.url(quote(rest))),
        "alternates": [
            {
                "hreflang": f"{entry.code}-{region.code}",
                "url": absolute(Shop(entry.code, region).url(quote(rest))),
            }
            for region in everywhere
            if region.code in here
            for entry in offered
        ],
        "contacts": content.contacts(),
    }
