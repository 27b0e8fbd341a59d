"""The nightly proof that the kept sums are what the ledger says, day by day and account by account."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from core.cases import open_case
from core.regions import jakarta_day
from fulfilment.models import DayFigures, DayTotals, SummedDay
from fulfilment.numbers import days

logger = logging.getLogger(__name__)
CASE = "numbers"

_SIDES = """
    SELECT made.region_id, (made.created_at AT TIME ZONE region.time_zone)::date, t.currency, a.kind,
           SUM(CASE WHEN t.target_id = a.id THEN t.amount_minor ELSE -t.amount_minor END), MAX(t.at)
      FROM payments_transfer t
      JOIN payments_account a ON a.id IN (t.source_id, t.target_id)
      JOIN {made} made ON made.id = t.{column}
      JOIN core_region region ON region.code = made.region_id
     WHERE a.kind IN ('SALES', 'FEES', 'COSTS', 'CHARGES', 'GOODWILL', 'POINTS')
     GROUP BY 1, 2, 3, 4
"""
_LEDGER = " UNION ALL ".join(
    _SIDES.format(made=made, column=column)
    for made, column in (("storefront_order", "order_id"), ("payments_deposit", "deposit_id"))
)
#: Account, and whether the figures count what comes into it or what leaves it.
_SIGNS = {"SALES": 1, "FEES": 1, "COSTS": 1, "CHARGES": -1, "GOODWILL": -1, "POINTS": 1}


class Sum(NamedTuple):
    """What one kind of account got, or gave, for what was made on that day."""

    region: str
    day: date
    kind: str
    currency: str


def prove(now: datetime | None = None) -> list[str]:
    """What of the closed sums was not what the ledger says. Those days are summed again, and staff have a case of today
    with what they said before."""
    moment = now or timezone.now()
    # Once as they stand, so that nothing is mended unseen, and once with what has come meanwhile.
    found = problems()
    days.keep(limit=10_000)
    found = found or problems()
    if found:
        logger.error("the numbers are not the ledger's: %d problems, the first: %s", len(found), found[0])
        _mend(moment)
        left = problems()
        open_case(
            CASE,
            f"{CASE}:{jakarta_day(moment).isoformat()}",
            f"The sums of days were not what the ledger says: {len(found)} problems",
            evidence={"problems": found[:200], "left_after_summing_again": left[:200], "count": len(found)},
            actions="docs/operations.md says what to look at. The ledger is right; the days were summed again.",
        )
    return found


def problems() -> list[str]:
    """Where a day that is not waiting to be summed says another sum than the ledger does; empty when all is well."""
    return [
        f"{one.day} {one.region} {one.kind}: the ledger has {ledger} {one.currency} minor units, the sums {ours}"
        for one, (ledger, ours) in sorted(_differing().items())
    ]


def _differing() -> dict[Sum, tuple[int, int]]:
    summed = {
        (region, day): at
        for region, day, at in SummedDay.objects.filter(stale_at=None).values_list("region", "day", "summed_at")
    }
    ledger: Counter[Sum] = Counter()
    moving: set[tuple[str, date]] = set()
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER)
        for region, day, currency, kind, minor, last in cursor.fetchall():
            ledger[Sum(region, day, kind, currency)] += _SIGNS[kind] * int(minor)
            at = summed.get((region, day))
            if at is not None and last >= at - days.GRACE:
                moving.add((region, day))  # its next sum has that, if this one has not
    tables: list[QuerySet[Any]] = [DayFigures.objects.all()]
    tables += [DayTotals.objects.filter(by=by) for by in DayTotals.PARTS]
    return {
        one: (ledger[one], ours[one])
        for ours in map(_kept, tables)
        for one in ledger.keys() | ours.keys()
        if ledger[one] != ours[one] and (one.region, one.day) in summed and (one.region, one.day) not in moving
    }


def _kept(table: QuerySet[Any]) -> Counter[Sum]:
    kept: Counter[Sum] = Counter()
    rows = table.values_list(
        "region", "day", "currency", "sales_minor", "promo_minor", "fees_minor", "charges_minor", "goodwill_minor",
        "points", "bought",
    )  # fmt: skip
    for region, day, currency, sales, promo, fees, charges, goodwill, points, bought in rows.iterator(2000):
        for kind, minor in (
            ("SALES", sales - promo), ("FEES", fees), ("CHARGES", charges), ("GOODWILL", goodwill),
        ):  # fmt: skip
            kept[Sum(region, day, kind, currency)] += minor
        kept[Sum(region, day, "POINTS", "PTS")] += points
        for paid_in, minor in bought.items():
            kept[Sum(region, day, "COSTS", paid_in)] += minor
    return kept


def _mend(now: datetime) -> None:
    days.mark(sorted({(one.region, one.day) for one in _differing()}), now)
    days.sum_stale(10_000)
