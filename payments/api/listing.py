"""What the lists of a member's dashboard have in common: region, period, search, paging, and as a file (§38 to §41)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from accounts.visitors import signed_in
from core import periods, regions
from core.errors import Refused, Text, invalid
from core.models import Region
from core.money import Money
from core.periods import Period
from core.web.json import moment
from storefront.orders.services import clean_number

Row = TypeVar("Row", bound=Model)
MOST_PER_PAGE = 100
# Beyond any list there is; an offset has to fit the database's numbers.
MOST_PAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    """One question about a member's history."""

    user: User
    region: Region
    period: Period
    search: str
    limit: int
    page: int
    chosen: Mapping[str, str]
    is_file: bool

    @property
    def window(self) -> slice:
        return slice((self.page - 1) * self.limit, self.page * self.limit)

    def pagination(self, rows: int) -> dict[str, int]:
        return {
            "limit": self.limit,
            "page": self.page,
            "totalRows": rows,
            "totalPages": ceil(rows / self.limit),
        }


def read(request: Request, **choices: Sequence[str]) -> Listing:
    """What the query asks for. `choices`: filters by name with the values they take, the first being the default.

    Raises UNAUTHORIZED, INVALID_REGION, and VALIDATION_ERROR naming all that is wrong.
    """
    user = signed_in(request)
    asked = request.query_params
    region = regions.named(asked["region"]) if asked.get("region") else region_of(user)
    wrong: dict[str, Text] = {}
    limit = _number(asked.get("limit"), 10, MOST_PER_PAGE, "limit", wrong)
    page = _number(asked.get("page"), 1, MOST_PAGES, "page", wrong)
    chosen = {}
    for name, values in choices.items():
        chosen[name] = asked.get(name) or values[0]
        if chosen[name] not in values:
            wrong[name] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(value for value in values if value)}
    if asked.get("format", "") not in ("", "json", "csv"):
        wrong["format"] = _("Choose one of: %(choices)s.") % {"choices": "json, csv"}
    period = Period()
    try:
        period = periods.read(asked)
    except Refused as problem:
        wrong |= problem.fields
    if wrong:
        raise invalid(wrong)
    return Listing(
        user=user,
        region=region,
        period=period,
        search=clean_number(asked.get("search", "")),
        limit=limit,
        page=page,
        chosen=chosen,
        is_file=asked.get("format") == "csv",
    )


def region_of(user: User) -> Region:
    """The region a member is in just now; the default for one who chose none, or whose region is sold in no more."""
    return (regions.find(user.current_region_id) if user.current_region_id else None) or regions.default()


def _number(typed: str | None, default: int, most: int, name: str, wrong: dict[str, Text]) -> int:
    if not typed:
        return default
    value = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
    if not 1 <= value <= most:
        wrong[name] = _("Enter a whole number from 1 to %(most)d.") % {"most": most}
    return value


def page_of(rows: QuerySet[Row], listing: Listing) -> list[Row]:
    """The rows of one page, in order. Which they are is found in the index alone, however far back the page is."""
    ids = list(rows.values_list("pk", flat=True)[listing.window])
    found = rows.model._default_manager.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


# --- As a file ---


def as_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV download of all `rows`, sent while they are read. No cell can be a formula to a spreadsheet."""
    answer = StreamingHttpResponse(
        _lines(head, rows, translation.get_language() or "id"), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class _Line:
    """What csv.writer writes to: hands each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]], language: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark by which spreadsheets know UTF-8.
    yield "\ufeff" + writer.writerow(head)
    # The answer is read when the view has returned; the caller's language would have gone with it.
    remaining = iter(rows)
    while True:
        with translation.override(language):
            row = next(remaining, None)
        if row is None:
            return
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    if isinstance(value, Money):
        return str(value.major)
    if isinstance(value, datetime):
        return moment(value)
    text = "" if value is None else str(value)
    # What a spreadsheet would take for a formula is a text to it with an apostrophe before (OWASP, CSV injection).
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


# --- In the OpenAPI document ---


class Pagination(serializers.Serializer[Any]):
    limit = serializers.IntegerField()
    page = serializers.IntegerField()
    totalRows = serializers.IntegerField()
    totalPages = serializers.IntegerField()


def parameters(*, has_search: bool = True, is_file: bool = False, **choices: Sequence[str]) -> list[OpenApiParameter]:
    """The query parameters that `read` reads, in the order of the document."""
    told = [
        OpenApiParameter("region", str, description="Default: the member's current region"),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": 10}),
        OpenApiParameter("page", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1}),
    ]
    if has_search:
        told.append(OpenApiParameter("search", str, description="part of an invoice number"))
    for name, values in choices.items():
        told.append(OpenApiParameter(name, str, enum=[value for value in values if value]))
    told += [
        OpenApiParameter("startDate", str, description="YYYY-MM-DD, a day in Jakarta"),
        OpenApiParameter("endDate", str, description="YYYY-MM-DD, included"),
    ]
    if is_file:
        told.append(OpenApiParameter("format", str, enum=["json", "csv"], description="csv: all rows as a file"))
    return told
