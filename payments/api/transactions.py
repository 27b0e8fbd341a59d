"""GET /v2/transactions: a member's orders (API §38)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from core.money import Money
from core.web.api import MemberView, data
from payments.api import listing
from payments.api.deposits import PaymentName
from payments.api.shown import SHOWN_STATUS, Account, Pricing
from storefront.api.shapes import answers, enveloped
from storefront.orders import history, invoice
from storefront.orders.models import Order

_STATUSES, _PAYMENTS = tuple(history.BY_STATUS), tuple(history.BY_PAYMENT)
_HEAD = (
    *("invoiceNumber", "status", "productCode", "productName", "skuCode", "skuName", "quantity", "account", "nickname"),
    *("subtotal", "discount", "paymentFee", "total", "currency", "paymentCode", "createdAt"),
)


class TransactionOverview(serializers.Serializer[Any]):
    totalTransaction = serializers.IntegerField()
    totalPurchase = serializers.FloatField(help_text="of the successful ones")
    success = serializers.IntegerField()
    processing = serializers.IntegerField()
    pending = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="failed or expired")


class TransactionRow(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField()
    status = serializers.ChoiceField(SHOWN_STATUS)
    productCode = serializers.CharField()
    productName = serializers.CharField()
    skuCode = serializers.CharField()
    skuName = serializers.CharField()
    account = Account()
    pricing = Pricing()
    payment = PaymentName()
    createdAt = serializers.DateTimeField()


class TransactionList(serializers.Serializer[Any]):
    overview = TransactionOverview()
    transactions = TransactionRow(many=True)
    pagination = listing.Pagination()


class Transactions(MemberView):
    @extend_schema(
        operation_id="listTransactions",
        tags=["Dashboard"],
        summary="Get transactions",
        description="The overview covers region and days, whatever the page, the filters or the search.",
        parameters=listing.parameters(is_file=True, status=_STATUSES, paymentStatus=_PAYMENTS),
        responses=answers(enveloped("TransactionsEnvelope", TransactionList()), errors=(400, 401, 422)),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = listing.read(request, status=_STATUSES, paymentStatus=_PAYMENTS)
        rows = history.transactions(
            asked.user,
            asked.region,
            asked.period,
            status=asked.chosen["status"],
            payment=asked.chosen["paymentStatus"],
            search=asked.search,
        )
        if asked.is_file:
            return file_of(rows)
        told = history.overview(asked.user, asked.region, asked.period)
        answer = data(
            {
                "overview": {
                    "totalTransaction": told.transactions,
                    "totalPurchase": told.purchase,
                    "success": told.success,
                    "processing": told.processing,
                    "pending": told.pending,
                    "failed": told.failed,
                },
                "transactions": [_row(order) for order in listing.page_of(rows, asked)],
                "pagination": asked.pagination(rows.count()),
            }
        )
        answer["Cache-Control"] = "no-store"
        return answer


def file_of(rows: QuerySet[Order]) -> HttpResponseBase:
    """All of these orders as a CSV download."""
    return listing.as_file("transactions", _HEAD, (_cells(order) for order in rows.iterator(500)))


def _row(order: Order) -> dict[str, Any]:
    shown = invoice.brief(order)
    shown.pop("quantity")
    return {**shown, "createdAt": order.created_at}


def _cells(order: Order) -> list[Any]:
    amounts = (order.subtotal_minor, order.discount_minor, order.fee_minor, order.total_minor)
    return [
        *(order.number, invoice.shown_status(order), order.product_code, order.product_name),
        *(order.sku_code, order.sku_name, order.quantity, order.inputs, order.nickname),
        *(Money(minor, order.currency) for minor in amounts),
        *(order.currency, order.channel_code, order.created_at),
    ]
