"""Lists that are read on from where one was: newest first, no page numbers, nothing counted, whatever their length."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import Text, invalid
from core.web import json

Row = TypeVar("Row", bound=Model)
USUAL, MOST = 50, 200


@dataclass(frozen=True, slots=True)
class Window:
    """How many rows, by which moment they are ordered ("": by primary key alone), and after which row."""

    limit: int
    by: str
    after: tuple[str, int] | None


def read(asked: Mapping[str, str], by: str = "") -> Window:
    """`limit` and `cursor` of a query. Raises VALIDATION_ERROR naming what is wrong."""
    wrong: dict[str, Text] = {}
    typed, limit, after = asked.get("limit", ""), USUAL, None
    if typed:
        limit = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
        if not 1 <= limit <= MOST:
            wrong["limit"] = _("Enter a whole number from 1 to %(most)d.") % {"most": MOST}
    if asked.get("cursor"):
        after = _opened(asked["cursor"])
        if after is None or bool(after[0]) != bool(by):
            wrong["cursor"] = _("Send the nextCursor of the page before.")
    if wrong:
        raise invalid(wrong)
    return Window(limit, by, after)


def page_of(rows: QuerySet[Row], window: Window) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the window, newest first, and the `pagination` to answer with. One statement."""
    by = window.by
    rows = rows.order_by(*([f"-{by}"] if by else []), "-pk")
    if window.after is not None:
        moment, pk = window.after
        if by:
            at = datetime.fromisoformat(moment)
            rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at}, pk__lt=pk), **{f"{by}__lte": at})
        else:
            rows = rows.filter(pk__lt=pk)
    found = list(rows[: window.limit + 1])
    page, last = found[: window.limit], None
    if len(found) > window.limit:
        moment = getattr(page[-1], by).isoformat() if by else ""
        last = base64.urlsafe_b64encode(json.dumps([moment, page[-1].pk])).decode().rstrip("=")
    return page, {"limit": window.limit, "nextCursor": last}


def _opened(cursor: str) -> tuple[str, int] | None:
    try:
        moment, pk = json.loads(base64.urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor[:200]) % 4)))
        if moment and datetime.fromisoformat(moment).tzinfo is None:
            return None
    except (binascii.Error, ValueError, TypeError):
        return None
    return (moment, pk) if isinstance(moment, str) and type(pk) is int and 0 < pk < 2**63 else None
