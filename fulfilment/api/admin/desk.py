"""Cases and reconciliation rows over the admin API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import cases
from core.api.staff import ReasonBody, StaffView, asked, done, token_of
from core.errors import Refused, not_found
from core.models import Discrepancy, StaffCase
from core.money import Money
from core.web import cursors
from core.web.api import data
from fulfilment.api.admin.asking import PAGING, READ_ERRORS, WRITE_ERRORS, Pagination, filters, one_of
from storefront.api.shapes import answers, enveloped


class CaseRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="What each kind means: docs/operations.md.")
    title = serializers.CharField()
    about = serializers.CharField(help_text="invoice number; empty: of no order")
    status = serializers.ChoiceField(StaffCase.State.choices)
    evidence = serializers.DictField()
    actions = serializers.CharField(help_text="what may be done about it")
    openedAt = serializers.DateTimeField()
    resolvedAt = serializers.DateTimeField(allow_null=True)
    resolution = serializers.CharField()


class CaseList(serializers.Serializer[Any]):
    cases = CaseRow(many=True)
    pagination = Pagination()


class DiscrepancyRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    party = serializers.CharField(help_text="gateway or supplier")
    subject = serializers.ChoiceField(Discrepancy.Subject.choices)
    kind = serializers.ChoiceField(Discrepancy.Kind.choices)
    reference = serializers.CharField()
    about = serializers.CharField(help_text="invoice number; empty: of no order")
    currency = serializers.CharField()
    ours = serializers.FloatField(allow_null=True, help_text="null: we have nothing there")
    theirs = serializers.FloatField(allow_null=True, help_text="null: they have nothing there")
    status = serializers.ChoiceField(Discrepancy.State.choices)
    evidence = serializers.DictField()
    firstSeenAt = serializers.DateTimeField()
    lastSeenAt = serializers.DateTimeField()
    decidedBy = serializers.CharField()
    note = serializers.CharField()


class DiscrepancyList(serializers.Serializer[Any]):
    discrepancies = DiscrepancyRow(many=True)
    pagination = Pagination()


def case_shown(case: StaffCase) -> dict[str, Any]:
    return {
        "id": case.pk,
        "kind": case.kind,
        "title": case.title,
        "about": case.about,
        "status": case.state,
        "evidence": case.evidence,
        "actions": case.actions,
        "openedAt": case.opened_at,
        "resolvedAt": case.resolved_at,
        "resolution": case.resolution,
    }


def _discrepancy(row: Discrepancy) -> dict[str, Any]:
    def amount(minor: int | None) -> Any:
        return Money(minor, row.currency) if minor is not None and row.currency else minor

    return {
        "id": row.pk,
        "party": row.party,
        "subject": row.subject,
        "kind": row.kind,
        "reference": row.reference,
        "about": row.about,
        "currency": row.currency,
        "ours": amount(row.ours_minor),
        "theirs": amount(row.theirs_minor),
        "status": row.state,
        "evidence": row.evidence,
        "firstSeenAt": row.first_seen_at,
        "lastSeenAt": row.last_seen_at,
        "decidedBy": row.decided_by,
        "note": row.note,
    }


class Cases(StaffView):
    scopes: ClassVar = {"GET": "core.view_staffcase"}

    @extend_schema(
        operation_id="staffCases",
        tags=["Cases"],
        summary="What only a person can decide, newest first",
        parameters=[*filters(status=StaffCase.State.values, kind=[], about=[]), *PAGING],
        responses=answers(enveloped("CasesEnvelope", CaseList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        rows = StaffCase.objects.all()
        if state := one_of(request, "status", StaffCase.State.values):
            rows = rows.filter(state=state)
        for name in ("kind", "about"):
            if value := request.query_params.get(name):
                rows = rows.filter(**{name: value[:40]})
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"cases": [case_shown(case) for case in page], "pagination": pagination})


class ResolveCase(StaffView):
    scopes: ClassVar = {"POST": "core.change_staffcase"}

    @extend_schema(
        operation_id="resolveCase",
        tags=["Cases"],
        summary="Close a case with what was decided",
        description="Moves nothing by itself. Refused for a case that was resolved before.",
        request=ReasonBody,
        responses=answers(enveloped("CaseEnvelope", CaseRow()), errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        reason = asked(ReasonBody, request)["reason"]
        case = StaffCase.objects.filter(pk=number).first()
        if case is None:
            raise not_found()

        def work(actor: str) -> dict[str, Any]:
            if not cases.resolve(case, token_of(request).made_by, reason, actor=actor):
                raise Refused("VALIDATION_ERROR", _("Somebody had resolved it before."))
            case.refresh_from_db()
            return case_shown(case)

        return done(request, work)


class Discrepancies(StaffView):
    scopes: ClassVar = {"GET": "core.view_discrepancy"}

    @extend_schema(
        operation_id="discrepancies",
        tags=["Reconciliation"],
        summary="What our books and an outer party's tell differently, newest first",
        parameters=[
            *filters(status=Discrepancy.State.values, subject=Discrepancy.Subject.values, party=[], about=[]),
            *PAGING,
        ],
        responses=answers(enveloped("DiscrepanciesEnvelope", DiscrepancyList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        rows = Discrepancy.objects.all()
        if state := one_of(request, "status", Discrepancy.State.values):
            rows = rows.filter(state=state)
        if subject := one_of(request, "subject", Discrepancy.Subject.values):
            rows = rows.filter(subject=subject)
        for name in ("party", "about"):
            if value := request.query_params.get(name):
                rows = rows.filter(**{name: value[:40]})
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"discrepancies": [_discrepancy(row) for row in page], "pagination": pagination})
