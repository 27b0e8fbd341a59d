"""/{language}-{region}/status: what works right now, and what did not lately. The same ready bytes for every guest."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.alerts import notices
from core.translated import pick
from core.web import prebuilt
from fulfilment import working
from fulfilment.working import Shown, Works
from storefront.pages.shop import Shop, around, in_shop, next_edge

MAX_AGE_S = 15.0


@prebuilt.page(edge=next_edge, max_age_s=MAX_AGE_S)
@in_shop
def status(request: HttpRequest, shop: Shop) -> HttpResponse:
    now = timezone.now()
    products = working.products(shop.region, shop.language, now)
    ways = working.ways_to_pay(shop.region, shop.language, now)
    told = [
        {
            "title": pick(one.title, shop.language),
            "text": pick(one.text, shop.language),
            "began": shop.clock(one.began_at),
            "ended": shop.clock(one.ended_at) if one.ended_at else "",
        }
        for one in notices.recent(now)
    ]
    context: dict[str, Any] = {
        "as_of": shop.clock(now),
        "going_on": [one for one in told if not one["ended"]],
        "over": [one for one in told if one["ended"]],
        "is_fine": all(one.works == Works.YES for one in (*products, *ways)) and all(one["ended"] for one in told),
        "products": _grouped(shop, products),
        "ways": _grouped(shop, ways),
    }
    return render(request, "fulfilment/status.html", around(shop, "status") | context)


def _grouped(shop: Shop, rows: list[Shown]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for one in rows:
        groups.setdefault(one.group, []).append(
            {
                "name": one.name,
                "works": one.works.value,
                "reason": one.reason,
                "until": shop.clock(one.until) if one.until else "",
                "url": shop.url(one.slug) if one.slug else "",
            }
        )
    return [{"title": title, "rows": shown} for title, shown in groups.items()]
