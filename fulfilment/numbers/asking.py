"""What a person asked the start page for: days, region, and by what to break the figures down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from core import regions
from core.errors import Text
from fulfilment.numbers.reading import BREAKDOWNS, Question

DEFAULT = "today"
#: First and last day of each span, by the day it is today.
SPANS: dict[str, tuple[Text, Callable[[date], tuple[date, date]]]] = {
    "today": (_("Today"), lambda day: (day, day)),
    "yesterday": (_("Yesterday"), lambda day: (day - timedelta(days=1), day - timedelta(days=1))),
    "7": (_("7 days"), lambda day: (day - timedelta(days=6), day)),
    "28": (_("28 days"), lambda day: (day - timedelta(days=27), day)),
    "month": (_("This month"), lambda day: (day.replace(day=1), day)),
    "91": (_("13 weeks"), lambda day: (day - timedelta(days=90), day)),
}
#: The plot shows no fewer days than these.
LEAST_PLOTTED = 14


@dataclass(frozen=True, slots=True)
class Asked:
    """`today` is the day of the default region. Whatever was asked that does not exist is as if it had not been."""

    span: str
    region: str
    by: str
    where: Mapping[str, str]
    today: date

    @property
    def question(self) -> Question:
        first, last = SPANS[self.span][1](self.today)
        return Question(first, last, self.where)

    @property
    def plotted(self) -> Question:
        """The span's days, or the fortnight that ends with it."""
        asked = self.question
        assert asked.first is not None and asked.last is not None
        return Question(min(asked.first, asked.last - timedelta(days=LEAST_PLOTTED - 1)), asked.last, self.where)


def asked(given: Mapping[str, str], today: date) -> Asked:
    """What the query of an address asks for."""
    codes = {region.code for region in regions.regions()}
    where = {name: given.get(name, "")[:40] for name in BREAKDOWNS if given.get(name)}
    if where.get("region") not in codes:
        where.pop("region", None)
    span, by = given.get("span", ""), given.get("by", "")
    return Asked(
        span=span if span in SPANS else DEFAULT,
        region=where.get("region", ""),
        by=by if by in BREAKDOWNS else BREAKDOWNS[0],
        where=where,
        today=today,
    )
