"""What queries of the admin API have in common: filters with the values they take, spans of days, paging."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from core.errors import invalid
from core.money import Money, NotAnAmount
from core.web.cursors import MOST, USUAL


class Pagination(serializers.Serializer[Any]):
    limit = serializers.IntegerField()
    nextCursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: this is the last.")


def one_of(request: Request, name: str, values: Iterable[str]) -> str:
    """The filter's value, "" where it is not asked for. Raises VALIDATION_ERROR."""
    value = request.query_params.get(name, "")
    if value and value not in (known := list(values)):
        raise invalid({name: _("Choose one of: %(choices)s.") % {"choices": ", ".join(known)}})
    return value


def filters(**choices: Iterable[str]) -> list[OpenApiParameter]:
    """The document's words for `one_of`; no values: any text."""
    return [OpenApiParameter(name, str, enum=list(values) or None) for name, values in choices.items()]


def amount_of(major: Decimal | int, currency: str) -> Money:
    """Raises VALIDATION_ERROR for what is finer than the currency's unit."""
    try:
        return Money.of(major, currency)
    except NotAnAmount as problem:
        raise invalid({"amount": _("That is finer than the smallest coin.")}) from problem


DAYS = [
    OpenApiParameter("startDate", str, description="YYYY-MM-DD, a day in Jakarta; included."),
    OpenApiParameter("endDate", str, description="YYYY-MM-DD, included."),
]
PAGING = [
    OpenApiParameter("limit", int, description=f"1 to {MOST}; {USUAL} if left out."),
    OpenApiParameter("cursor", str, description="nextCursor of the page before."),
]
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="1 to 80 characters, new for each call."
)
READ_ERRORS, WRITE_ERRORS = (401, 403, 404, 422), (400, 401, 403, 404, 413, 415, 422)
