"""The back office's first page: what each person's day needs of figures and of what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from core import regions
from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import LatelyFilter
from core.admin.tables import in_percent
from core.money import Money
from core.sheets import files
from fulfilment.admin.waiting import waiting
from fulfilment.models import DayFigures, SupplierAccount
from fulfilment.numbers import days, plot
from fulfilment.numbers.asking import SPANS, Asked, asked
from fulfilment.numbers.reading import BREAKDOWNS, COLUMNS, Answer, Figures, Question, Times, read, times
from storefront.catalogue.models import Product
from storefront.channels.models import Channel

FIGURES, SALES, PROFIT = "fulfilment.view_figures", "fulfilment.view_sales", "fulfilment.view_profit"
_BY = {
    "product": gettext_lazy("Product"),
    "channel": gettext_lazy("Payment channel"),
    "supplier": gettext_lazy("Supplier"),
    "region": gettext_lazy("Region"),
}
_MOST_PARTS = 15
# What true profit is made of: title, column, and whether it is added.
_PARTS = (
    (gettext_lazy("Sales, before promo"), "sales_minor", 1),
    (gettext_lazy("Payment fees paid by customers"), "fees_minor", 1),
    (gettext_lazy("Promo"), "promo_minor", -1),
    (gettext_lazy("Supplier cost then"), "cost_minor", -1),
    (gettext_lazy("Exchange difference"), "exchange_minor", -1),
    (gettext_lazy("Gateway fee"), "charges_minor", -1),
    (gettext_lazy("Points"), "points_minor", -1),
    (gettext_lazy("Gifts"), "goodwill_minor", -1),
)


def start(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: what the page shows to whoever asks."""
    user = request.user
    assert isinstance(user, User)
    context |= {"title": _("Start page"), "waiting": waiting(user), "figures": None}
    if user.has_perm(FIGURES) and regions.regions():
        context["figures"] = _figures(request, user)
    return context


def _today() -> date:
    return regions.local_day(regions.default(), timezone.now())


def _figures(request: HttpRequest, user: User) -> dict[str, Any]:
    summed_at = days.freshen()
    wanted = asked(request.GET.dict(), _today())
    sees_sales, sees_profit = user.has_perm(SALES), user.has_perm(PROFIT)
    currency = regions.default().currency
    answer, before = read(wanted.question, wanted.by), read(wanted.question.before())
    now, then = answer.total(currency), before.total(currency)
    took, took_then = (times(question)[""] for question in (wanted.question, wanted.question.before()))
    return {
        "asked": wanted,
        "spans": [(code, title, _link(wanted, span=code)) for code, (title, _days) in SPANS.items()],
        "regions": [("", _("All regions"), _link(wanted, region=""))]
        + [(one.code, one.country, _link(wanted, region=one.code)) for one in regions.regions()],
        "breakdowns": [(code, _BY[code], _link(wanted, by=code)) for code in BREAKDOWNS],
        "narrowed": [
            (_BY[name], _name_of(name)(value), _link(wanted, **{name: ""}))
            for name, value in wanted.where.items()
            if name != "region"
        ],
        "summed_at": summed_at,
        "cards": _cards(now, then, took, took_then, sees_sales=sees_sales, sees_profit=sees_profit),
        "funnel": _funnel(now),
        "profit": _profit(now) if sees_profit else [],
        "not_whole": _not_whole(now) if sees_profit else [],
        "currency": currency,
        "currencies": _by_currency(answer, sees_profit=sees_profit) if sees_sales else [],
        "not_converted": sorted(answer.not_converted),
        "plot": _plot(wanted, currency, "sales_minor" if sees_sales else "orders"),
        "plot_title": _("Sales per day, in %(currency)s") % {"currency": currency}
        if sees_sales
        else _("Orders per day"),
        "table": _table(answer, wanted, currency, sees_sales=sees_sales, sees_profit=sees_profit),
        "export": reverse("admin:fulfilment_dayfigures_export") + "?" + urlencode(_query(wanted)),
    }


def _query(wanted: Asked, **changed: str) -> dict[str, str]:
    given = {"span": wanted.span, "by": wanted.by, **wanted.where} | changed
    return {name: value for name, value in given.items() if value}


def _link(wanted: Asked, **changed: str) -> str:
    return "?" + urlencode(_query(wanted, **changed))


def _cards(
    now: Figures, then: Figures, took: Times, took_then: Times, *, sees_sales: bool, sees_profit: bool
) -> list[dict[str, Any]]:
    cards = [
        _card("orders", _("Orders"), str(now.orders), now.orders, then.orders),
        _card("paid", _("Paid"), str(now.paid), now.paid, then.paid),
    ]
    if sees_sales:
        sold, before = (one.sales_minor - one.promo_minor for one in (now, then))
        cards.append(_card("sales", _("Sales"), str(Money(sold, now.currency)), sold, before))
    if sees_profit:
        cards.append(
            _card("profit", _("True profit"), str(now.money("profit_minor")), now.profit_minor, then.profit_minor)
        )
    cards += [
        _card("success", _("Success rate"), in_percent(now.success_percent), now.success_percent, then.success_percent),
        _card(
            "median", _("Median time to deliver"), lasting(took.median), took.median, took_then.median,
            is_less_better=True, more=_("p95 %(time)s") % {"time": lasting(took.p95)} if took.p95 is not None else "",
        ),
        _card("refunded", _("Refunds owed"), str(now.money("refunds_minor")), now.refunds_minor, then.refunds_minor,
              is_less_better=True) if sees_sales
        else _card("failed", _("Failed"), str(now.failed), now.failed, then.failed, is_less_better=True),
        _card("deposits", _("Deposits"), str(now.deposits), now.deposits, then.deposits),
    ]  # fmt: skip
    return cards


def _card(
    code: str, title: str, value: str, now: float | None, then: float | None, *, is_less_better: bool = False,
    more: str = "",
) -> dict[str, Any]:  # fmt: skip
    change, is_better = "", None
    if now is not None and then:
        percent = round(100 * (now - then) / abs(then))
        change = f"{percent:+d} %"
        is_better = None if not percent else (percent > 0) != is_less_better
    return {"code": code, "title": title, "value": value, "change": change, "is_better": is_better, "more": more}


def lasting(seconds: int | None) -> str:
    """So long, in the largest unit that says it."""
    if seconds is None:
        return "–"
    if seconds < 120:
        return _("%(count)s s") % {"count": seconds}
    if seconds < 7200:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": seconds // 60, "seconds": seconds % 60}
    return _("%(hours)s h %(minutes)s min") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}


def _funnel(now: Figures) -> list[dict[str, Any]]:
    steps = (
        (_("Inquiries"), now.inquiries), (_("Orders"), now.orders), (_("Paid"), now.paid),
        (_("Delivered"), now.delivered),
    )  # fmt: skip
    widest = max((count for _title, count in steps), default=0) or 1
    return [{"title": title, "count": count, "percent": round(100 * count / widest)} for title, count in steps]


def _profit(now: Figures) -> list[dict[str, Any]]:
    return [
        {"title": title, "sign": "+" if sign > 0 else "−", "amount": now.money(column), "code": column}
        for title, column, sign in _PARTS
    ]


def _not_whole(now: Figures) -> list[str]:
    """What the profit lacks, in words."""
    told = []
    if count := now.cost_unknown:
        told.append(
            ngettext("%(count)s order whose cost has no exchange rate", "%(count)s orders whose cost has no exchange"
                     " rate", count) % {"count": count}
        )  # fmt: skip
    if count := now.charge_unknown:
        told.append(
            ngettext("%(count)s payment by a channel whose gateway fee nobody has entered", "%(count)s payments by"
                     " channels whose gateway fee nobody has entered", count) % {"count": count}
        )  # fmt: skip
    if count := now.points_unknown:
        told.append(
            ngettext("%(count)s order whose points have no exchange rate", "%(count)s orders whose points have no"
                     " exchange rate", count) % {"count": count}
        )  # fmt: skip
    return told


def _by_currency(answer: Answer, *, sees_profit: bool) -> list[dict[str, Any]]:
    return [
        {
            "currency": currency,
            "sales": Money(of.sales_minor - of.promo_minor, currency),
            "profit": of.money("profit_minor") if sees_profit else None,
        }
        for currency in answer.currencies
        for of in [answer.of(currency)]
    ]


def _plot(wanted: Asked, currency: str, column: str) -> plot.Plot | None:
    question = wanted.plotted
    assert question.first is not None and question.last is not None
    before = Question(date.fromordinal(question.first.toordinal() - 7), question.last, question.where)
    columns = [column, "promo_minor"] if column == "sales_minor" else [column]
    by_day = read(before, columns=columns).by_day(currency)

    def value(ordinal: int) -> int:
        figures = by_day.get(date.fromordinal(ordinal))
        if figures is None:
            return 0
        return figures.sums[column] - figures.sums["promo_minor"]  # orders have no promo to take off

    told: Callable[[int], str] = (lambda minor: str(Money(minor, currency))) if column == "sales_minor" else str
    ordinals = range(question.first.toordinal(), question.last.toordinal() + 1)
    return plot.drawn([(date.fromordinal(one), value(one), value(one - 7)) for one in ordinals], told)


def _table(
    answer: Answer, wanted: Asked, currency: str, *, sees_sales: bool, sees_profit: bool
) -> dict[str, Any]:  # fmt: skip
    parts = answer.by_part(currency)
    name = _name_of(wanted.by)
    headers = [_BY[wanted.by], _("Orders"), _("Paid"), _("Success rate"), _("Median")]
    headers += [_("Sales")] * sees_sales + [_("True profit")] * sees_profit
    key = "profit_minor" if sees_profit else "sales_minor" if sees_sales else "orders"
    ordered = sorted(parts.items(), key=lambda pair: (-getattr(pair[1], key), pair[0]))
    took = times(wanted.question, wanted.by, [part for part, _of in ordered[:_MOST_PARTS]])
    rows = []
    for part, of in ordered[:_MOST_PARTS]:
        row = [name(part), str(of.orders), str(of.paid), in_percent(of.success_percent), lasting(took[part].median)]
        row += [str(Money(of.sales_minor - of.promo_minor, currency))] * sees_sales
        row += [str(of.money("profit_minor"))] * sees_profit
        rows.append(row)
    return {"headers": headers, "rows": rows, "left_out": max(0, len(ordered) - _MOST_PARTS)}


def _name_of(by: str) -> Callable[[str], str]:
    """How a code of that kind is called."""
    names: dict[str, str] = {}
    if by == "product":
        names = dict(Product.objects.values_list("code", "title")) | {"": _("Deposits")}
    elif by == "channel":
        names = dict(Channel.objects.order_by("-pk").values_list("code", "name"))
    elif by == "supplier":
        several = {"": _("Nobody was asked"), DayFigures.MANY: _("Several")}
        names = dict(SupplierAccount.objects.values_list("code", "name")) | several
    else:
        names = {region.code: region.country for region in regions.regions()}
    return lambda code: names.get(code) or code


@admin.register(DayFigures)
class DayFiguresAdmin(ReadOnlyAdmin):
    """The rows that the start page adds up, as they are kept; and all of them as a file."""

    list_display = ["day", "region", "product", "channel", "supplier", "orders", "delivered", "sales", "cost"]
    list_filter = ["region", ("supplier", LatelyFilter), ("currency", LatelyFilter)]
    list_select_related = ["region"]
    fields = ["day", "region", "product", "channel", "supplier", "currency", *COLUMNS, "bought", "seconds"]
    ordering = ["-day", "region", "product", "channel", "supplier", "currency"]

    sales = money_column("sales_minor", title=gettext_lazy("Sales"))
    cost = money_column("cost_minor", title=gettext_lazy("Supplier cost then"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PROFIT)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name="fulfilment_dayfigures_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """What the start page shows, by day and what it is broken down by, in the orders' own currencies: a CSV, or a
        workbook with `as=xlsx`."""
        if not request.user.has_perm(FIGURES):
            raise PermissionDenied
        wanted = asked(request.GET.dict(), _today())
        amounts = [*DayFigures.AMOUNTS] if request.user.has_perm(PROFIT) else []
        if not amounts and request.user.has_perm(SALES):
            amounts = ["sales_minor", "promo_minor", "refunds_minor"]
        columns = ["inquiries", "orders", "paid", "delivered", "failed", "expired", "deposits"]
        question = wanted.question
        answer = read(question, wanted.by)
        profit = ["profit"] if request.user.has_perm(PROFIT) else []
        heads = ["day", wanted.by, "currency", *columns, *(name.removesuffix("_minor") for name in amounts), *profit]
        lines: list[list[str | Decimal]] = []
        for part, day, currency, sums in sorted(answer.rows, key=lambda row: (row[1], row[0], row[2])):
            figures = Figures(currency, sums)
            counted = [Decimal(sums[column]) for column in columns]
            money = [figures.money(column).major for column in [*amounts, *(f"{name}_minor" for name in profit)]]
            lines.append([day.isoformat(), part, currency, *counted, *money])
        form, content, kind = "csv", files.to_csv(heads, lines), files.CSV
        if request.GET.get("as") == "xlsx":
            form, content, kind = "xlsx", files.to_xlsx("figures", heads, lines), files.XLSX
        response = HttpResponse(content, content_type=kind)
        name = f"figures-{question.first}-{question.last}-{wanted.by}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response
