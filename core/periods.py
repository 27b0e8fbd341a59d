"""Spans of days in Jakarta, by which members read their history: overviews and reports whatever the region (F25)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock

from django.utils.translation import gettext as _

from core.errors import Text, invalid
from core.regions import JAKARTA

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first moment of the day `first` to the last one of `last`; None: without bound."""

    first: date | None = None
    last: date | None = None

    def on(self, column: str) -> dict[str, datetime]:
        """The conditions that a moment in `column` lies within."""
        conditions = {}
        if self.first is not None:
            conditions[f"{column}__gte"] = _midnight(self.first)
        if self.last is not None:
            conditions[f"{column}__lt"] = _midnight(self.last + timedelta(days=1))
        return conditions


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock.min, tzinfo=JAKARTA)


def read(asked: Mapping[str, str]) -> Period:
    """The period of `startDate` and `endDate` (YYYY-MM-DD, both included). Raises VALIDATION_ERROR naming which."""
    wrong: dict[str, Text] = {}
    days: dict[str, date | None] = {}
    for name in ("startDate", "endDate"):
        days[name] = None
        typed = asked.get(name, "")
        if not typed:
            continue
        try:
            # fromisoformat alone would take 20251231 and 2025-W01-1 too.
            day = date.fromisoformat(typed) if _WRITTEN.fullmatch(typed) else None
        except ValueError:
            day = None
        if day is None or not _EARLIEST <= day <= _LATEST:
            wrong[name] = _("Write the date as YYYY-MM-DD.")
        days[name] = day
    first, last = days["startDate"], days["endDate"]
    if not wrong and first and last and last < first:
        wrong["endDate"] = _("The end lies before the start.")
    if wrong:
        raise invalid(wrong)
    return Period(first, last)
