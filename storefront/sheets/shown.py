"""Sheets of what stands around the goods: promos, banners, popups, questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Level
from core.sheets.columns import Amount, Line, RowNumber, Text, Words, of_model
from core.sheets.links import Link, Links
from core.sheets.sheet import Sheet
from storefront.catalogue import rules
from storefront.channels.models import Channel
from storefront.content.models import Banner, Popup, Question
from storefront.promos.models import Promo
from storefront.promos.rules import of_promo
from storefront.promos.services import WEEKDAYS
from storefront.sheets.goods import ANY_REGION, products, regions

AMOUNTS = {
    "min_minor": "min_amount",
    "max_discount_minor": "max_discount",
    "flat_minor": "flat",
    "budget_minor": "budget",
}


def _schedule(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    yield from rules.of_schedule(row.starts_at, row.ends_at)


def _promo(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    ways = line.value("channels") if "channels" in line.values else None
    for attribute, problem in of_promo(row, ways, row.region.currency):
        yield AMOUNTS.get(attribute, attribute), problem


def channels(codes: set[tuple[str, ...]]) -> Iterable[Channel]:
    return Channel.objects.filter(code__in={code[-1] for code in codes}).select_related("region")


PROMOS = Sheet(
    "promos",
    _("promos"),
    Promo,
    ("code",),
    "code__in",
    [
        Text("code", most=30, may_be_empty=False, needed=True, is_key=True, told=_("in capitals")),
        Link("region", needed=True, by=("region",), told=_("code of the region: ID, MY …")),
        *of_model(Promo, "title", "description", "note", "percent"),
        Amount("flat", "flat_minor", told=_("taken off in any case")),
        Amount("max_discount", "max_discount_minor", told=_("never takes off more; 0: no limit")),
        Amount("min_amount", "min_minor", told=_("least list price × quantity; 0: no limit")),
        Amount("budget", "budget_minor", told=_("stops before it has given away more; 0: no limit")),
        Links("products", by=("products",), told=_("codes separated by semicolons; empty: all")),
        Links(
            "channels", by=("region", "channels"), path=("region_id", "code"),
            told=_("codes separated by semicolons; empty: all"),
        ),
        Words("days", choices=WEEKDAYS, told=_("MON; TUE …; empty: every day")),
        Words("levels", choices=tuple(str(level) for level in Level.values), told=_("empty: everyone, guests too")),
        *of_model(
            Promo, "max_usage", "max_daily_usage", "max_usage_per_id", "max_usage_per_device", "max_usage_per_ip",
            "starts_at", "expires_at", "is_active", "is_listed", "position",
        ),
    ],
    lambda: Promo.objects.select_related("region").prefetch_related("products", "channels").order_by("code"),
    {"region": regions, "products": products, "channels": channels},
    _promo,
    is_money=True,
)  # fmt: skip

BANNERS = Sheet(
    "banners",
    _("banners"),
    Banner,
    ("id",),
    "pk__in",
    [
        RowNumber("id", is_key=True, told=_("empty: a new one")),
        ANY_REGION,
        *of_model(Banner, "title", "description", "artwork", "href", "starts_at", "ends_at", "is_active", "position"),
    ],
    lambda: Banner.objects.select_related("region").order_by("pk"),
    {"region": regions},
    _schedule,
)

POPUPS = Sheet(
    "popups",
    _("popups"),
    Popup,
    ("id",),
    "pk__in",
    [
        RowNumber("id", is_key=True, told=_("empty: a new one")),
        ANY_REGION,
        *of_model(Popup, "title", "content", "artwork", "href", "starts_at", "ends_at", "is_active", "position"),
    ],
    lambda: Popup.objects.select_related("region").order_by("pk"),
    {"region": regions},
    _schedule,
)

QUESTIONS = Sheet(
    "questions",
    _("questions"),
    Question,
    ("id",),
    "pk__in",
    [
        RowNumber("id", is_key=True, told=_("empty: a new one")),
        *of_model(Question, "question", "answer", "is_active", "position"),
    ],
    lambda: Question.objects.order_by("pk"),
)
