"""Refunds over the admin API: read, and decided by a second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.staff import ReasonBody, StaffView, asked, done, token_of
from core.approvals.services import Person
from core.errors import not_found
from core.web import cursors
from core.web.api import data
from fulfilment.api.admin.asking import KEY, PAGING, READ_ERRORS, WRITE_ERRORS, Pagination, filters, one_of
from payments.models import Refund
from payments.money_back import second_person
from storefront.api.shapes import answers, enveloped

TAG = "Refunds"


class RefundRow(serializers.Serializer[Any]):
    reference = serializers.CharField()
    invoiceNumber = serializers.CharField()
    payment = serializers.CharField(help_text="reference of the payment")
    amount = serializers.FloatField()
    currency = serializers.CharField()
    why = serializers.ChoiceField(Refund.Why.choices)
    status = serializers.ChoiceField(Refund.State.choices)
    way = serializers.ChoiceField([("", ""), *Refund.Way.choices])
    askedBy = serializers.CharField(help_text="a login or token; empty: by itself")
    gatewayId = serializers.CharField()
    error = serializers.CharField()
    expectedAt = serializers.DateTimeField(allow_null=True)
    createdAt = serializers.DateTimeField()
    completedAt = serializers.DateTimeField(allow_null=True)


class RefundList(serializers.Serializer[Any]):
    refunds = RefundRow(many=True)
    pagination = Pagination()


REFUND = enveloped("StaffRefundEnvelope", RefundRow())


def shown(refund: Refund) -> dict[str, Any]:
    return {
        "reference": refund.reference,
        "invoiceNumber": refund.order.number,
        "payment": refund.payment.reference,
        "amount": refund.amount,
        "currency": refund.currency,
        "why": refund.why,
        "status": refund.state,
        "way": refund.way,
        "askedBy": refund.asked_by,
        "gatewayId": refund.gateway_id,
        "error": refund.error,
        "expectedAt": refund.expected_at,
        "createdAt": refund.created_at,
        "completedAt": refund.done_at,
    }


def find(reference: str) -> Refund:
    """Raises NOT_FOUND."""
    refund = Refund.objects.select_related("order", "payment").filter(reference=reference).first()
    if refund is None:
        raise not_found()
    return refund


class Refunds(StaffView):
    scopes: ClassVar = {"GET": "payments.view_refund"}

    @extend_schema(
        operation_id="staffRefunds",
        tags=[TAG],
        summary="Refunds, newest first",
        description="Those with status REVIEW wait for a person.",
        parameters=[*filters(status=Refund.State.values, why=Refund.Why.values), *PAGING],
        responses=answers(enveloped("StaffRefundsEnvelope", RefundList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        rows = Refund.objects.select_related("order", "payment")
        if state := one_of(request, "status", Refund.State.values):
            rows = rows.filter(state=state)
        if why := one_of(request, "why", Refund.Why.values):
            rows = rows.filter(why=why)
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"refunds": [shown(refund) for refund in page], "pagination": pagination})


class OneRefund(StaffView):
    scopes: ClassVar = {"GET": "payments.view_refund"}

    @extend_schema(
        operation_id="staffRefund",
        tags=[TAG],
        summary="One refund",
        responses=answers(REFUND, errors=READ_ERRORS),
    )
    def get(self, request: Request, reference: str) -> Response:
        return data(shown(find(reference)))


def _decided(request: Request, reference: str, decide: Callable[[Refund, Person, str], None]) -> Response:
    reason = asked(ReasonBody, request)["reason"]
    refund = find(reference)

    def work(actor: str) -> dict[str, Any]:
        decide(refund, token_of(request), reason)
        return shown(find(reference))

    return done(request, work, is_money=True)


class ApproveRefund(StaffView):
    scopes: ClassVar = {"POST": "payments.change_refund"}

    @extend_schema(
        operation_id="approveRefund",
        tags=[TAG],
        summary="Let a refund under review go back",
        description="Refused to whoever asked for it, by hand or by any token of theirs.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(REFUND, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, reference: str) -> Response:
        return _decided(request, reference, second_person.approve)


class DeclineRefund(StaffView):
    scopes: ClassVar = {"POST": "payments.change_refund"}

    @extend_schema(
        operation_id="declineRefund",
        tags=[TAG],
        summary="Give nothing back",
        description="Of a gift that waits for its second person; money of the customer's cannot be declined.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(REFUND, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, reference: str) -> Response:
        return _decided(request, reference, second_person.decline)
