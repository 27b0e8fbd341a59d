"""GET /admin/v2/reports/figures: the kept sums of days, as the start page adds them up, to who may see which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import periods, regions
from core.api.staff import StaffView, token_of
from core.errors import invalid
from core.web.api import data
from fulfilment.api.admin.asking import DAYS, READ_ERRORS, filters, one_of
from fulfilment.models import DayFigures
from fulfilment.numbers import days
from fulfilment.numbers.reading import BREAKDOWNS, Figures, Question, read
from storefront.api.shapes import answers, enveloped

FIGURES, SALES, PROFIT = "fulfilment.view_figures", "fulfilment.view_sales", "fulfilment.view_profit"
_COUNTS = ("inquiries", "orders", "paid", "delivered", "failed", "expired", "deposits")
_SALES = ("sales_minor", "promo_minor", "refunds_minor")
_USUAL, _MOST = timedelta(days=28), timedelta(days=92)


class FiguresRow(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="by the region's own clocks")
    part = serializers.CharField(help_text="what it was broken down by; empty without `by`")
    currency = serializers.CharField()
    inquiries = serializers.IntegerField()
    orders = serializers.IntegerField()
    paid = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    expired = serializers.IntegerField()
    deposits = serializers.IntegerField()
    sales = serializers.FloatField(required=False, help_text="with fulfilment.view_sales")
    promo = serializers.FloatField(required=False)
    refunds = serializers.FloatField(required=False)
    fees = serializers.FloatField(required=False, help_text="this and what follows with fulfilment.view_profit")
    cost = serializers.FloatField(required=False)
    exchange = serializers.FloatField(required=False)
    charges = serializers.FloatField(required=False)
    points = serializers.FloatField(required=False)
    goodwill = serializers.FloatField(required=False)
    profit = serializers.FloatField(required=False)
    isProfitWhole = serializers.BooleanField(required=False, help_text="whether all that it is made of is known")


class FiguresShown(serializers.Serializer[Any]):
    startDate = serializers.DateField()
    endDate = serializers.DateField()
    summedAt = serializers.DateTimeField(allow_null=True, help_text="since when today's figures stand")
    rows = FiguresRow(many=True)


class FiguresReport(StaffView):
    scopes: ClassVar = {"GET": FIGURES}

    @extend_schema(
        operation_id="figures",
        tags=["Reports"],
        summary="Figures of days, from the ledger",
        description=f"Every figure's definition: docs/numbers.md. {_USUAL.days} days, at most {_MOST.days}.",
        parameters=[*DAYS, *filters(by=BREAKDOWNS, region=[], product=[], channel=[], supplier=[])],
        responses=answers(enveloped("FiguresEnvelope", FiguresShown()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        asked, token = request.query_params, token_of(request)
        period, by = periods.read(asked), one_of(request, "by", BREAKDOWNS)
        last = period.last or regions.local_day(regions.default(), timezone.now())
        first = period.first or last - _USUAL + timedelta(days=1)
        if not timedelta() <= last - first < _MOST:
            raise invalid({"startDate": _("No more than %(days)d days at once.") % {"days": _MOST.days}})
        where = {name: asked[name][:40] for name in BREAKDOWNS if asked.get(name)}
        sees_profit = token.has_perm(PROFIT)
        amounts = DayFigures.AMOUNTS if sees_profit else _SALES if token.has_perm(SALES) else ()
        summed_at = days.freshen()
        found = read(Question(first, last, where), by)
        rows = []
        for part, day, currency, sums in sorted(found.rows, key=lambda row: (row[1], row[0], row[2])):
            figures = Figures(currency, sums)
            row = {"day": day, "part": part, "currency": currency} | {name: sums[name] for name in _COUNTS}
            row |= {name.removesuffix("_minor"): figures.money(name) for name in amounts}
            if sees_profit:
                row |= {"profit": figures.money("profit_minor"), "isProfitWhole": figures.is_profit_whole}
            rows.append(row)
        return data({"startDate": first, "endDate": last, "summedAt": summed_at, "rows": rows})
