"""What waits for a second person, over the admin API: read, approved, refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.staff import ReasonBody, StaffView, asked, done, token_of
from core.approvals import services
from core.errors import not_found
from core.models import Approval
from core.web import cursors
from core.web.api import data
from fulfilment.api.admin.asking import KEY, PAGING, READ_ERRORS, WRITE_ERRORS, Pagination, filters, one_of
from storefront.api.shapes import answers, enveloped

TAG = "Approvals"


class ApprovalRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="What each kind means, and who approves it: docs/staff.md.")
    title = serializers.CharField()
    subject = serializers.CharField(help_text="the row it is about")
    about = serializers.CharField(help_text="invoice number or customer; may be empty")
    amount = serializers.FloatField(allow_null=True)
    currency = serializers.CharField()
    payload = serializers.DictField(help_text="what is done, as it was asked for")
    reason = serializers.CharField()
    status = serializers.ChoiceField(Approval.State.choices)
    askedBy = serializers.CharField()
    askedAt = serializers.DateTimeField()
    expiresAt = serializers.DateTimeField()
    decidedBy = serializers.CharField()
    decidedAt = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    outcome = serializers.CharField()


class ApprovalList(serializers.Serializer[Any]):
    approvals = ApprovalRow(many=True)
    pagination = Pagination()


APPROVAL = enveloped("ApprovalEnvelope", ApprovalRow())


def _shown(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.pk,
        "kind": approval.kind,
        "title": approval.title,
        "subject": approval.subject,
        "about": approval.about,
        "amount": approval.amount,
        "currency": approval.currency,
        "payload": approval.payload,
        "reason": approval.why,
        "status": approval.state,
        "askedBy": approval.asked_by,
        "askedAt": approval.asked_at,
        "expiresAt": approval.expires_at,
        "decidedBy": approval.decided_by,
        "decidedAt": approval.decided_at,
        "note": approval.note,
        "outcome": approval.outcome,
    }


def _find(number: int) -> Approval:
    approval = Approval.objects.filter(pk=number).first()
    if approval is None:
        raise not_found()
    return approval


class Approvals(StaffView):
    scopes: ClassVar = {"GET": "core.view_approval"}

    @extend_schema(
        operation_id="approvals",
        tags=[TAG],
        summary="What was asked for and waits for another person, or was decided, newest first",
        parameters=[*filters(status=Approval.State.values, kind=[], about=[]), *PAGING],
        responses=answers(enveloped("ApprovalsEnvelope", ApprovalList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        rows = Approval.objects.all()
        if state := one_of(request, "status", Approval.State.values):
            rows = rows.filter(state=state)
        for name in ("kind", "about"):
            if value := request.query_params.get(name):
                rows = rows.filter(**{name: value[:40]})
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"approvals": [_shown(approval) for approval in page], "pagination": pagination})


class OneApproval(StaffView):
    scopes: ClassVar = {"GET": "core.view_approval"}

    @extend_schema(
        operation_id="approval", tags=[TAG], summary="One of them", responses=answers(APPROVAL, errors=READ_ERRORS)
    )
    def get(self, request: Request, number: int) -> Response:
        return data(_shown(_find(number)))


def _decided(request: Request, number: int, decide: Callable[[int, services.Person, str], Approval]) -> Response:
    reason, approval = asked(ReasonBody, request)["reason"], _find(number)

    def work(actor: str) -> dict[str, Any]:
        return _shown(decide(approval.pk, token_of(request), reason))

    return done(request, work, is_money=True)


class Approve(StaffView):
    scopes: ClassVar = {"POST": "core.view_approval"}

    @extend_schema(
        operation_id="approve",
        tags=[TAG],
        summary="Have done what another person asked for",
        description="Done in the same transaction, once. The token needs the kind's own permission, too; refused to "
        "whoever asked, by hand or by any token of theirs.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(APPROVAL, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _decided(request, number, services.approve)


class Refuse(StaffView):
    scopes: ClassVar = {"POST": "core.view_approval"}

    @extend_schema(
        operation_id="refuse",
        tags=[TAG],
        summary="Have it not done",
        description="By somebody who may approve it, or taken back by who asked.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(APPROVAL, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        return _decided(request, number, services.refuse)
