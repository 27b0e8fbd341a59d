"""GET /admin/v2/orders and one of them: the list by index alone, the order with everything that happened to it."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import periods
from core.api.staff import StaffView
from core.errors import not_found
from core.web import cursors
from core.web.api import data
from fulfilment import searching
from fulfilment.api.admin import orders_shown as shown
from fulfilment.api.admin.asking import DAYS, PAGING, READ_ERRORS, filters, one_of
from fulfilment.desk.dossier import Dossier, find
from storefront.api.shapes import answers, enveloped
from storefront.orders.models import Order
from storefront.orders.services import clean_number

TAG = "Orders"
ORDER = enveloped("StaffOrderEnvelope", shown.OrderFull())
_SEARCH = OpenApiParameter(
    "search",
    str,
    description="Invoice number, part of player id or phone, nickname, e-mail, a supplier's or gateway's id.",
)


def found(number: str) -> Order:
    """The order of that number, with what an answer names of it. Raises NOT_FOUND."""
    pk = Order.objects.filter(number=clean_number(number)).values_list("pk", flat=True).first()
    order = find(pk) if pk is not None else None
    if order is None:
        raise not_found()
    return order


class Orders(StaffView):
    scopes: ClassVar = {"GET": "storefront.view_order"}

    @extend_schema(
        operation_id="staffOrders",
        tags=[TAG],
        summary="Orders, newest first",
        description="By their making. A search that finds very many orders shows some of them, and says `isCut`.",
        parameters=[
            _SEARCH,
            *filters(status=Order.Status.values, region=[], productCode=[], paymentCode=[]),
            *DAYS,
            *PAGING,
        ],
        responses=answers(enveloped("StaffOrdersEnvelope", shown.OrderList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        window, asked = cursors.read(request.query_params, by="created_at"), request.query_params
        rows: QuerySet[Order] = Order.objects.filter(**periods.read(asked).on("created_at"))
        if status := one_of(request, "status", Order.Status.values):
            rows = rows.filter(status=status)
        for name, column in (("region", "region"), ("productCode", "product_code"), ("paymentCode", "channel_code")):
            if value := asked.get(name):
                rows = rows.filter(**{column: value[:30]})
        is_cut = False
        if typed := asked.get("search", "").strip():
            hits = searching.find(typed)
            rows, is_cut = rows.filter(pk__in=hits.ids), hits.is_cut
        page, pagination = cursors.page_of(rows.select_related("user"), window)
        return data({"orders": [shown.row(order) for order in page], "isCut": is_cut, "pagination": pagination})


class OneOrder(StaffView):
    scopes: ClassVar = {"GET": "storefront.view_order"}

    @extend_schema(
        operation_id="staffOrder",
        tags=[TAG],
        summary="One order, with payments, attempts, refunds, ledger, cases and what may be done about it",
        description="`verbs` says of each what it would do now, or why it may not; nothing is promised by it.",
        responses=answers(ORDER, errors=READ_ERRORS),
    )
    def get(self, request: Request, number: str) -> Response:
        return data(shown.full(Dossier(found(number))))
