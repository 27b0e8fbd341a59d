"""Pay-outs over the admin API: read, prepared by one person, approved and paid by another.

Accounts stay masked: who pays by hand reads them on the pay-out's page, where each look is kept.
"""

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
from payments.models import Payout
from payments.money_back import payouts
from storefront.api.shapes import answers, enveloped

TAG = "Pay-outs"


class PayoutRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    refund = serializers.CharField(help_text="its reference")
    invoiceNumber = serializers.CharField()
    amount = serializers.FloatField()
    currency = serializers.CharField()
    method = serializers.CharField(help_text="bank or e-wallet; HAND: another way")
    account = serializers.CharField(help_text="masked")
    status = serializers.ChoiceField(Payout.State.choices)
    preparedBy = serializers.CharField()
    preparedAt = serializers.DateTimeField(allow_null=True)
    approvedBy = serializers.CharField()
    approvedAt = serializers.DateTimeField(allow_null=True)
    bankReference = serializers.CharField()
    note = serializers.CharField()
    createdAt = serializers.DateTimeField()
    endedAt = serializers.DateTimeField(allow_null=True)


class PayoutList(serializers.Serializer[Any]):
    payouts = PayoutRow(many=True)
    pagination = Pagination()


class PaidBody(serializers.Serializer[Any]):
    bankReference = serializers.CharField(min_length=3, max_length=80)


PAYOUT = enveloped("PayoutEnvelope", PayoutRow())


def _shown(payout: Payout) -> dict[str, Any]:
    return {
        "id": payout.pk,
        "refund": payout.refund.reference,
        "invoiceNumber": payout.refund.order.number,
        "amount": payout.refund.amount,
        "currency": payout.refund.currency,
        "method": payout.method,
        "account": payout.masked,
        "status": payout.state,
        "preparedBy": payout.prepared_by,
        "preparedAt": payout.prepared_at,
        "approvedBy": payout.approved_by,
        "approvedAt": payout.approved_at,
        "bankReference": payout.bank_reference,
        "note": payout.note,
        "createdAt": payout.created_at,
        "endedAt": payout.ended_at,
    }


def _find(number: int) -> Payout:
    payout = Payout.objects.select_related("refund__order").filter(pk=number).first()
    if payout is None:
        raise not_found()
    return payout


class Payouts(StaffView):
    scopes: ClassVar = {"GET": "payments.view_payout"}

    @extend_schema(
        operation_id="payouts",
        tags=[TAG],
        summary="Pay-outs of refunds, newest first",
        parameters=[*filters(status=Payout.State.values), *PAGING],
        responses=answers(enveloped("PayoutsEnvelope", PayoutList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        rows = Payout.objects.select_related("refund__order")
        if state := one_of(request, "status", Payout.State.values):
            rows = rows.filter(state=state)
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"payouts": [_shown(payout) for payout in page], "pagination": pagination})


class OnePayout(StaffView):
    scopes: ClassVar = {"GET": "payments.view_payout"}

    @extend_schema(
        operation_id="payout", tags=[TAG], summary="One of them", responses=answers(PAYOUT, errors=READ_ERRORS)
    )
    def get(self, request: Request, number: int) -> Response:
        return data(_shown(_find(number)))


def _stepped(request: Request, number: int, step: Callable[[int, Person, str], Payout], said: str) -> Response:
    payout = _find(number)

    def work(actor: str) -> dict[str, Any]:
        step(payout.pk, token_of(request), said)
        return _shown(_find(payout.pk))

    return done(request, work, is_money=True)


class PreparePayout(StaffView):
    scopes: ClassVar = {"POST": "payments.change_payout"}

    @extend_schema(
        operation_id="preparePayout",
        tags=[TAG],
        summary="Vouch for account and amount, as the first of two persons",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(PAYOUT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _stepped(request, number, payouts.prepare, asked(ReasonBody, request)["reason"])


class ApprovePayout(StaffView):
    scopes: ClassVar = {"POST": "payments.approve_payout"}

    @extend_schema(
        operation_id="approvePayout",
        tags=[TAG],
        summary="Approve it as the second person, who alone pays it then",
        description="Refused to whoever prepared it, by hand or by any token of theirs; above one person's limit it "
        "takes the scope payments.approve_any_payout.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(PAYOUT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _stepped(request, number, payouts.approve, asked(ReasonBody, request)["reason"])


class PaidPayout(StaffView):
    scopes: ClassVar = {"POST": "payments.approve_payout"}

    @extend_schema(
        operation_id="payoutPaid",
        tags=[TAG],
        summary="Say that the money has left, by which reference of the bank",
        description="By who approved it alone. The ledger books it, and the customer is told.",
        parameters=[KEY],
        request=PaidBody,
        responses=answers(PAYOUT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _stepped(request, number, payouts.mark_paid, asked(PaidBody, request)["bankReference"])


class ReturnPayout(StaffView):
    scopes: ClassVar = {"POST": "payments.change_payout"}

    @extend_schema(
        operation_id="returnPayout",
        tags=[TAG],
        summary="Say that the account could not be paid, or the bank sent the money back",
        description="The customer is asked for another account. An approved one is returned by who approved it alone.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(PAYOUT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _stepped(request, number, payouts.return_it, asked(ReasonBody, request)["reason"])
