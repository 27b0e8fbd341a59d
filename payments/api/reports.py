"""GET /v2/reports: a member's successful orders by day (API §40)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.web.api import MemberView, data
from payments.api import listing
from storefront.api.shapes import answers, enveloped
from storefront.orders import history
from storefront.orders.history import Day


class DayAmount(serializers.Serializer[Any]):
    date = serializers.DateField()
    amount = serializers.FloatField()


class ReportOverview(serializers.Serializer[Any]):
    totalDays = serializers.IntegerField(help_text="days with successful orders")
    totalTransactions = serializers.IntegerField()
    totalAmount = serializers.FloatField()
    averagePerDay = serializers.FloatField()
    highestDay = DayAmount(allow_null=True, help_text="null without any day")
    lowestDay = DayAmount(allow_null=True)


class ReportRow(serializers.Serializer[Any]):
    date = serializers.DateField()
    totalTransactions = serializers.IntegerField()
    totalAmount = serializers.FloatField()
    currency = serializers.CharField()


class ReportList(serializers.Serializer[Any]):
    overview = ReportOverview()
    reports = ReportRow(many=True)
    pagination = listing.Pagination()


class Reports(MemberView):
    @extend_schema(
        operation_id="listReports",
        tags=["Dashboard"],
        summary="Get reports",
        description="Days are Jakarta's, whatever the region; only successful orders count.",
        parameters=listing.parameters(has_search=False),
        responses=answers(enveloped("ReportsEnvelope", ReportList()), errors=(400, 401, 422)),
    )
    def get(self, request: Request) -> Response:
        asked = listing.read(request)
        currency = asked.region.currency
        days = history.report(asked.user, asked.region, asked.period)
        told = history.summary(days, currency)
        answer = data(
            {
                "overview": {
                    "totalDays": told.days,
                    "totalTransactions": told.transactions,
                    "totalAmount": told.amount,
                    "averagePerDay": told.average,
                    "highestDay": _extreme(told.highest),
                    "lowestDay": _extreme(told.lowest),
                },
                "reports": [
                    {
                        "date": day.date,
                        "totalTransactions": day.transactions,
                        "totalAmount": day.amount,
                        "currency": currency,
                    }
                    for day in days[asked.window]
                ],
                "pagination": asked.pagination(len(days)),
            }
        )
        answer["Cache-Control"] = "no-store"
        return answer


def _extreme(day: Day | None) -> dict[str, Any] | None:
    return {"date": day.date, "amount": day.amount} if day else None
