"""Catalogue, prices, promos and channels as sheets: read in pages, changed by files that are previewed first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.admin.sheets import all_sheets
from core.api.staff import ReasonBody, StaffView, asked, done, token_of
from core.errors import Refused, not_found
from core.models import SheetImport, SheetRow
from core.sheets import files, importing, rights
from core.sheets.sheet import Sheet
from core.web import cursors
from core.web.api import data
from fulfilment.api.admin.asking import KEY, PAGING, READ_ERRORS, WRITE_ERRORS, Pagination, filters, one_of
from storefront.api.shapes import answers, enveloped
from storefront.sheets.asking import publish_or_ask

TAG = "Catalogue, prices, promos"


class CsvParser(BaseParser):
    """The bytes as they came; no more than a file may have."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return bytes(stream.read(files.MOST_BYTES + 1))


class XlsxParser(CsvParser):
    media_type = files.XLSX


class SheetShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    key = serializers.ListField(child=serializers.CharField(), help_text="the columns that name a row")
    columns = serializers.ListField(child=serializers.CharField())
    mayChange = serializers.BooleanField()


class SheetList(serializers.Serializer[Any]):
    sheets = SheetShown(many=True)


class RowList(serializers.Serializer[Any]):
    rows = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    pagination = Pagination()


class ImportShown(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    sheet = serializers.CharField()
    status = serializers.ChoiceField(SheetImport.State.choices)
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    wrong = serializers.IntegerField()
    jumps = serializers.IntegerField(help_text="prices that move by more than the shop's limit")
    addedBy = serializers.CharField()
    publishedBy = serializers.CharField()


class LineShown(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    kind = serializers.ChoiceField(SheetRow.Kind.choices)
    key = serializers.CharField()
    before = serializers.DictField(child=serializers.CharField())
    after = serializers.DictField(child=serializers.CharField())
    problems = serializers.DictField(child=serializers.CharField(), help_text="by column")
    isJump = serializers.BooleanField()
    isApplied = serializers.BooleanField()
    outcome = serializers.CharField(help_text="after undoing: why it stays as it is")


class LineList(serializers.Serializer[Any]):
    lines = LineShown(many=True)
    pagination = Pagination()


class PublishBody(ReasonBody):
    onlyGood = serializers.BooleanField(default=False, help_text="leave out what is wrong, and jumps nobody named")
    allJumps = serializers.BooleanField(default=False, help_text="every jump is meant")
    jumps = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        default=list,
        max_length=20_000,
        help_text="lines whose jump is meant",
    )


IMPORT = enveloped("ImportEnvelope", ImportShown())


def _forbidden(permission: str) -> Refused:
    return Refused("FORBIDDEN", _("This token may not do that."), details=f"scope: {permission}")


def _sheet(request: Request, code: str, verb: str) -> Sheet:
    """Raises NOT_FOUND, FORBIDDEN."""
    sheet = all_sheets().get(code)
    if sheet is None:
        raise not_found()
    if not rights.may(token_of(request), verb, sheet):
        raise _forbidden(rights.named(verb, sheet))
    return sheet


def _import(request: Request, number: int, verb: str) -> tuple[SheetImport, Sheet]:
    one = SheetImport.objects.filter(pk=number).first()
    if one is None:
        raise not_found()
    return one, _sheet(request, one.sheet, verb)


def _shown(one: SheetImport) -> dict[str, Any]:
    return {
        "id": one.pk,
        "sheet": one.sheet,
        "status": one.state,
        "new": one.new,
        "changed": one.changed,
        "same": one.same,
        "wrong": one.wrong,
        "jumps": one.jumps,
        "addedBy": one.added_by,
        "publishedBy": one.published_by,
    }


def _line(row: SheetRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "kind": row.kind,
        "key": row.key,
        "before": row.before,
        "after": row.after,
        "problems": dict(row.problems),
        "isJump": row.is_jump,
        "isApplied": row.is_applied,
        "outcome": row.outcome,
    }


class Sheets(StaffView):
    @extend_schema(
        operation_id="sheets",
        tags=[TAG],
        summary="Which tables there are for this token",
        responses=answers(enveloped("SheetsEnvelope", SheetList()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        token = token_of(request)
        shown = [
            {
                "code": sheet.code,
                "title": sheet.title,
                "key": list(sheet.key),
                "columns": sheet.heads,
                "mayChange": rights.may(token, "change", sheet),
            }
            for sheet in all_sheets().values()
            if rights.may(token, "view", sheet)
        ]
        return data({"sheets": shown})


class SheetRows(StaffView):
    @extend_schema(
        operation_id="sheetRows",
        tags=[TAG],
        summary="Rows of a table, newest first",
        description="Cells are text, as a file has them: a row that is sent back unchanged changes nothing. "
        "The scope is the permission to view the rows.",
        parameters=PAGING,
        responses=answers(enveloped("SheetRowsEnvelope", RowList()), errors=READ_ERRORS),
    )
    def get(self, request: Request, code: str) -> Response:
        sheet = _sheet(request, code, "view")
        page, pagination = cursors.page_of(sheet.rows(), cursors.read(request.query_params))
        rows = [{column.name: column.written(row) for column in sheet.columns} for row in page]
        return data({"rows": rows, "pagination": pagination})


class Imports(StaffView):
    parser_classes = (CsvParser, XlsxParser)

    @extend_schema(
        operation_id="readFile",
        tags=[TAG],
        summary="Read a file: a dry run",
        description="CSV (UTF-8) or XLSX with the sheet's heads, at most 6 MB and 20,000 lines. Nothing changes; the "
        "answer says how many lines would, and which cannot. The scope is the permission to change the rows.",
        parameters=[OpenApiParameter("fileName", str, description="how the import is called")],
        request={"text/csv": OpenApiTypes.BINARY, files.XLSX: OpenApiTypes.BINARY},
        responses=answers(IMPORT, status=201, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, code: str) -> Response:
        sheet, token = _sheet(request, code, "change"), token_of(request)
        name = request.query_params.get("fileName") or f"{token.name}.csv"
        content: Any = request.data  # the bytes; an empty form where nothing was sent
        return data(_shown(importing.read_file(sheet, content or b"", file_name=name, by=token.actor)), status=201)


class OneImport(StaffView):
    @extend_schema(
        operation_id="importLines",
        tags=[TAG],
        summary="What each line of a file would change, or changed",
        parameters=[*filters(kind=SheetRow.Kind.values), *PAGING],
        responses=answers(enveloped("ImportLinesEnvelope", LineList()), errors=READ_ERRORS),
    )
    def get(self, request: Request, number: int) -> Response:
        one, _of = _import(request, number, "view")
        rows = one.rows.all()
        if kind := one_of(request, "kind", SheetRow.Kind.values):
            rows = rows.filter(kind=kind)
        page, pagination = cursors.page_of(rows, cursors.read(request.query_params))
        return data({"lines": [_line(row) for row in page], "pagination": pagination})


class PublishImport(StaffView):
    scopes: ClassVar = {"POST": "core.publish_sheet"}

    @extend_schema(
        operation_id="publishImport",
        tags=[TAG],
        summary="Write a file's good lines, all in one transaction",
        description="Refused where the shop has changed since the file was read, where lines are wrong and `onlyGood` "
        "does not say so, and where a price jumps that nobody named. Many prices, or many that jump, wait for a second "
        "person: the status is ASKED. A file of prices needs the key.",
        parameters=[KEY],
        request=PublishBody,
        responses=answers(IMPORT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        sent = asked(PublishBody, request)
        one, sheet = _import(request, number, "change")
        if not rights.may_publish(token_of(request), one, sheet):
            raise _forbidden(rights.named("add", sheet))

        def work(actor: str) -> dict[str, Any]:
            jumps = None if sent["allJumps"] else sent["jumps"]
            publish_or_ask(sheet, one, by=actor, why=sent["reason"], only_good=sent["onlyGood"], jumps=jumps)
            one.refresh_from_db()
            return _shown(one)

        return done(request, work, is_money=sheet.is_money)


class UndoImport(StaffView):
    scopes: ClassVar = {"POST": "core.undo_sheet"}

    @extend_schema(
        operation_id="undoImport",
        tags=[TAG],
        summary="Take a published file back",
        description="Rows that somebody has changed since stay as they are; their lines say so. A file of prices needs "
        "the key.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(IMPORT, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: int) -> Response:
        reason = asked(ReasonBody, request)["reason"]
        one, sheet = _import(request, number, "change")

        def work(actor: str) -> dict[str, Any]:
            importing.undo(sheet, one, by=actor, why=reason)
            one.refresh_from_db()
            return _shown(one)

        return done(request, work, is_money=sheet.is_money)
