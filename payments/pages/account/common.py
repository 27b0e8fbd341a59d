"""What the dashboard's pages share: a member in front, one reading of filters and pages, words for states and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from math import ceil
from typing import Any, TypeVar, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.pages.common import count, members_only
from core import periods
from core.errors import Refused
from core.periods import Period
from storefront.orders.services import clean_number
from storefront.pages.shop import Shop, around, in_shop

Row = TypeVar("Row", bound=Model)
PER_PAGE = 10
_MOST_PAGES = 1_000_000


def account_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view with shop and member as second and third argument. Never kept; reads are counted as the API counts
    them. Guests go through the sign-in; a part of a page that asks for itself takes its whole page there."""

    @wraps(view)
    def counted(request: HttpRequest, shop: Shop, user: User, **rest: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            count(request, "reads")
        # What stands around is written for pages; a file passes through it as well.
        return cast(HttpResponse, view(request, shop, user, **rest))

    guarded = never_cache(in_shop(members_only(counted)))

    @wraps(view)
    def page(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        response: HttpResponseBase = guarded(request, **rest)
        if request.headers.get("HX-Request") and response.status_code == 302:
            return HttpResponse(status=204, headers={"HX-Redirect": response.headers["Location"]})
        return response

    return page


def show(
    request: HttpRequest, shop: Shop, template: str, context: Mapping[str, Any], *, rest: str, status: int = 200
) -> HttpResponse:
    """The page at account/`rest`; never found by search engines."""
    given = {**around(shop, f"account/{rest}"), "canonical": "", "alternates": [], **context}
    response = render(request, f"account/{template}.html", given, status=status)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; `problem` says what of it could not be read and is passed over."""

    period: Period
    chosen: str
    search: str
    page: int
    query: Mapping[str, str]
    problem: str

    @property
    def window(self) -> slice:
        return slice((self.page - 1) * PER_PAGE, self.page * PER_PAGE)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query)

    def link(self, **changed: str) -> str:
        """The same list otherwise: from its first page, `changed` put in place ("" takes away)."""
        query = {name: value for name, value in {**self.query, **changed}.items() if value}
        return f"?{urlencode(query)}" if query else "?"


def read(request: HttpRequest, name: str, choices: Sequence[str]) -> Asked:
    """Filter `name` (the first of `choices` by default), startDate and endDate, search and page."""
    asked = request.GET
    chosen = asked.get(name, "")
    if chosen not in choices:
        chosen = choices[0]
    period, problem = Period(), ""
    try:
        period = periods.read({key: asked.get(key, "") for key in ("startDate", "endDate")})
    except Refused as refusal:
        problem = str(next(iter(refusal.fields.values()), refusal.message))
    search = clean_number(asked.get("search", "")[:40])
    query = {
        name: chosen if chosen != choices[0] else "",
        "search": search,
        "startDate": period.first.isoformat() if period.first else "",
        "endDate": period.last.isoformat() if period.last else "",
    }
    return Asked(
        period=period,
        chosen=chosen,
        search=search,
        page=_page(asked.get("page", "")),
        query={key: value for key, value in query.items() if value},
        problem=problem,
    )


def _page(typed: str) -> int:
    # An offset has to fit the database's numbers.
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
    return number if 1 <= number <= _MOST_PAGES else 1


def pager(asked: Asked, rows: int) -> dict[str, Any]:
    """The context of account/partials/pager.html."""
    last = max(1, ceil(rows / PER_PAGE))
    return {
        "number": min(asked.page, last),
        "last": last,
        "rows": rows,
        "earlier": asked.link(page=str(min(asked.page, last + 1) - 1) if asked.page > 2 else "")
        if asked.page > 1
        else "",
        "later": asked.link(page=str(asked.page + 1)) if asked.page < last else "",
    }


def page_of(rows: QuerySet[Row], window: slice, *related: str) -> list[Row]:
    """The rows of one page, in order, with `related` at hand. Which they are is found in the index alone."""
    ids = list(rows.values_list("pk", flat=True)[window])
    found = rows.model._default_manager.select_related(*related).in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def moment(shop: Shop, at: datetime) -> str:
    """Day and time as the region's clocks show them, with the year: a history reaches back."""
    local = at.astimezone(ZoneInfo(shop.region.time_zone))
    return f"{formats.date_format(local, 'j M Y, H:i')} {local.tzname() or ''}".strip()


def state(status: str) -> dict[str, str]:
    """A state of an order or deposit as a label with an icon and a tone, never by colour alone."""
    words = {
        "SUCCESS": (_("Done"), "circle-check", "good"),
        "PAID": (_("On its way"), "hourglass", "busy"),
        "PROCESSING": (_("On its way"), "hourglass", "busy"),
        "PENDING": (_("To pay"), "clock", "busy"),
        "FAILED": (_("Failed"), "circle-x", "bad"),
        "EXPIRED": (_("Not paid in time"), "circle-x", "bad"),
    }
    label, icon, tone = words[status]
    return {"code": status, "label": label, "icon": icon, "tone": tone}
