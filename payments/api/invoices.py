"""GET /v2/invoices: an order as it stands now (API §20)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.visitors import member_of
from core.errors import invalid
from core.web.api import ApiView, data
from core.web.client import client_of
from fulfilment import parts
from payments import instructions
from payments.api.shown import InvoiceShown
from payments.models import Refund
from payments.money_back import words
from storefront.api.shapes import answers, enveloped
from storefront.orders import invoice
from storefront.orders.models import Order


def _refund(refund: Refund, *, is_full: bool) -> dict[str, Any]:
    told = words.told(refund, is_owner=is_full)
    shown: dict[str, Any] = {
        "reference": refund.reference,
        "amount": refund.amount,
        "status": refund.state,
        "message": f"{told.headline}. {told.text} {told.clock}".strip(),
        "createdAt": refund.created_at,
    }
    return shown | ({"completedAt": refund.done_at} if refund.done_at else {})


class Invoices(ApiView):
    rule: ClassVar[str] = "reads"

    @extend_schema(
        operation_id="getInvoice",
        tags=["Transactions"],
        summary="Get invoice details",
        description="Contact data is masked for whoever is not the one who ordered.",
        parameters=[
            OpenApiParameter("invoiceNumber", str, required=True),
            OpenApiParameter("key", str, description="from the link in a mail: shows the whole invoice"),
        ],
        responses=answers(enveloped("InvoiceEnvelope", InvoiceShown()), errors=(400, 401, 404, 422)),
    )
    def get(self, request: Request) -> Response:
        number = request.query_params.get("invoiceNumber", "")
        if not number:
            raise invalid({"invoiceNumber": _("Say which invoice.")})
        order = invoice.find(number)
        key = request.query_params.get("key", "")
        is_full = invoice.is_owner(order, client_of(request._request), key=key, user=member_of(request))
        how = None
        if order.status == Order.Status.PENDING:
            newest = order.payments.select_related("channel").order_by("-attempt").first()
            how = instructions.of(newest, get_language() or "id")
        shown = invoice.view(order, is_full=is_full, payment=how)
        if pieces := parts.of_order(order):
            shown["parts"] = pieces
        if goes_back := [_refund(one, is_full=is_full) for one in words.told_refunds(order)]:
            shown["refunds"] = goes_back
        answer = data(shown)
        answer["Cache-Control"] = "no-store"
        return answer
