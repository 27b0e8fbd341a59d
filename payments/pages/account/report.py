"""What a member spent, day by day: a drawing for the eye, and the same days as a table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.models import User
from core.money import DECIMALS, Money, round_half_up
from core.periods import Period
from core.regions import jakarta_day
from payments.pages.account import plot
from payments.pages.account.common import Asked, account_page, pager, read, show
from storefront.orders import history
from storefront.orders.history import Day
from storefront.pages.shop import Shop

_SPANS = (7, 30, 90)
_SPAN = 30


@require_GET
@account_page
def report(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    spans = [str(span) for span in (_SPAN, *_SPANS)]
    asked = read(request, "days", list(dict.fromkeys(spans)))
    is_own = asked.period != Period()
    period = asked.period if is_own else _last(int(asked.chosen))
    currency = shop.region.currency
    days = history.report(user, shop.region, period)
    told = history.summary(days, currency)
    average = Money(round_half_up(told.average.scaleb(DECIMALS[currency])), currency)
    context = {
        "asked": asked,
        "chips": _chips(asked, is_own=is_own),
        "first": formats.date_format(period.first, "j M Y") if period.first else "",
        "last": formats.date_format(period.last, "j M Y") if period.last else "",
        "total": str(told.amount),
        "orders": told.transactions,
        "days_count": told.days,
        "average": str(average),
        "highest": _day(told.highest) if told.highest else None,
        "lowest": _day(told.lowest) if told.lowest else None,
        "plot": plot.drawn(days, period, currency),
        "days": [_day(day) for day in days[asked.window]],
        "pager": pager(asked, len(days)),
    }
    return show(request, shop, "report", context, rest="report")


def _last(days: int) -> Period:
    today = jakarta_day(timezone.now())
    return Period(today - timedelta(days=days - 1), today)


def _chips(asked: Asked, *, is_own: bool) -> list[dict[str, Any]]:
    return [
        {
            "label": ngettext("%(count)d day", "%(count)d days", span) % {"count": span},
            "url": f"?days={span}",
            "is_chosen": not is_own and asked.chosen == str(span),
        }
        for span in _SPANS
    ]


def _day(day: Day) -> dict[str, Any]:
    return {
        "date": formats.date_format(day.date, "D, j M Y"),
        "iso": day.date.isoformat(),
        "orders": day.transactions,
        "amount": str(day.amount),
    }
