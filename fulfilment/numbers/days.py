"""Which days have to be summed, and keeping their figures: closed days once, and again when something later belongs to
them; the running day often."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from core import poison, regions, stopping
from core.models import Region
from fulfilment.models import DayFigures, DayTotals, Noted, SummedDay
from fulfilment.numbers import summing
from payments.models import Transfer
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order, OrderEvent

#: A transaction may commit a row after later ones: for so long rows are looked at again.
GRACE = timedelta(minutes=5)
_NOTED_AT_ONCE = 20_000
_SUMMED_AT_ONCE = 1_000
# The next tick of the clock goes on.
_FOR_SECONDS = 40.0
# What a page waits for: a running day with more orders is summed by the clock alone.
MOST_LIVE = 2_000
_LIVE_AFTER = timedelta(seconds=2)
# Days whose row changed since, of orders (and deposits) that ledger or timeline speak of.
_TOUCHED = """
    SELECT DISTINCT made.region_id, (made.created_at AT TIME ZONE region.time_zone)::date
      FROM (
        SELECT o.region_id, o.created_at FROM payments_transfer t JOIN storefront_order o ON o.id = t.order_id
         WHERE t.id > %(transfer)s AND t.id <= %(last_transfer)s
        UNION ALL
        SELECT d.region_id, d.created_at FROM payments_transfer t JOIN payments_deposit d ON d.id = t.deposit_id
         WHERE t.id > %(transfer)s AND t.id <= %(last_transfer)s
        UNION ALL
        SELECT o.region_id, o.created_at FROM storefront_orderevent e JOIN storefront_order o ON o.id = e.order_id
         WHERE e.id > %(event)s AND e.id <= %(last_event)s
        UNION ALL
        SELECT i.region_id, i.created_at FROM storefront_inquiry i
         WHERE i.created_at > %(inquiry)s AND i.created_at <= %(last_inquiry)s
      ) made
      JOIN core_region region ON region.code = made.region_id
"""


def keep(limit: int = _SUMMED_AT_ONCE) -> int:
    """What changed was noted, and up to `limit` days, the latest first, summed again; how many."""
    while note() and not stopping.is_asked():
        pass
    return sum_stale(limit)


@transaction.atomic
def note() -> bool:
    """Days that something new belongs to are stale, for a bounded number of new rows; True if there are more."""
    now = timezone.now()
    Noted.objects.get_or_create(pk=1)
    noted = Noted.objects.select_for_update().get(pk=1)
    inquiry = noted.inquiry_at or Inquiry.objects.aggregate(at=Min("created_at"))["at"]
    since = (inquiry or now) - (timedelta(seconds=0) if noted.inquiry_at else timedelta(seconds=1))
    last_transfer, has_transfers = _end(Transfer, noted.transfer_id)
    last_event, has_events = _end(OrderEvent, noted.event_id)
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCHED,
            {
                "transfer": noted.transfer_id, "last_transfer": last_transfer, "event": noted.event_id,
                "last_event": last_event, "inquiry": since, "last_inquiry": now,
            },
        )  # fmt: skip
        touched = cursor.fetchall()
    mark(touched, now)
    noted.transfer_id = _old(Transfer, noted.transfer_id, last_transfer, now)
    noted.event_id = _old(OrderEvent, noted.event_id, last_event, now)
    noted.inquiry_at = max(since, now - GRACE)
    noted.save(update_fields=["transfer_id", "event_id", "inquiry_at"])
    return (has_transfers and noted.transfer_id == last_transfer) or (has_events and noted.event_id == last_event)


def _end(model: type[Transfer] | type[OrderEvent], after: int) -> tuple[int, bool]:
    """The last of the next rows, and whether more follow."""
    ids = list(
        model._default_manager.filter(pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)[_NOTED_AT_ONCE : _NOTED_AT_ONCE + 1]
    )
    if ids:
        return ids[0], True
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0, False


def _old(model: type[Transfer] | type[OrderEvent], after: int, last: int, now: datetime) -> int:
    """Up to where no transaction can be open any more that holds an earlier row."""
    fresh = model._default_manager.filter(pk__gt=after, pk__lte=last, at__gte=now - GRACE)
    first = fresh.aggregate(first=Min("pk"))["first"]
    return max(after, first - 1) if first else max(after, last)


def mark(days: list[tuple[str, date]], now: datetime) -> None:
    """These days of these regions are to be summed again."""
    SummedDay.objects.bulk_create(
        [SummedDay(region_id=region, day=day, stale_at=now) for region, day in days],
        update_conflicts=True,
        unique_fields=["region", "day"],
        update_fields=["stale_at"],
    )


def sum_stale(limit: int = _SUMMED_AT_ONCE) -> int:
    """Up to `limit` stale days are summed, in bounded time, the latest first; one that cannot be holds up no other."""
    stale = SummedDay.objects.filter(stale_at__isnull=False).exclude(pk__in=poison.resting(SummedDay))
    done, until = 0, time.monotonic() + _FOR_SECONDS
    for pk in list(stale.order_by("-day", "region").values_list("pk", flat=True)[:limit]):
        if stopping.is_asked() or time.monotonic() > until:
            break
        with poison.counted(SummedDay, pk):
            done += sum_again(pk)
    return done


@transaction.atomic
def sum_again(pk: int) -> bool:
    """The day's figures are those of now, and it is not stale; False where somebody else has summed it meanwhile."""
    found = SummedDay.objects.select_for_update(of=("self",), no_key=True).select_related("region")
    row = found.filter(pk=pk, stale_at__isnull=False).first()
    if row is None:
        return False
    # Taken before the first look: what changes while it is summed makes it stale again.
    row.stale_at, row.summed_at = None, timezone.now()
    row.save(update_fields=["stale_at", "summed_at"])
    figures = summing.figures(row.region, row.day)
    of_the_day = {"region": row.region, "day": row.day}
    DayFigures.objects.filter(**of_the_day).delete()
    DayFigures.objects.bulk_create(figures, batch_size=500)
    DayTotals.objects.filter(**of_the_day).delete()
    DayTotals.objects.bulk_create(summing.totals(figures), batch_size=500)
    return True


def freshen(now: datetime | None = None) -> datetime | None:
    """Today's figures, in every region, are of this moment where today has few enough orders for a page to wait; since
    when the oldest of them stand (None: nothing came yet)."""
    moment = now or timezone.now()
    todays = [(region, regions.local_day(region, moment)) for region in regions.regions()]
    first = min((summing.bounds(region, day)[0] for region, day in todays), default=moment)
    recent = SummedDay.objects.filter(summed_at__gt=moment - _LIVE_AFTER, stale_at=None)
    if not recent.filter(day__in={day for _region, day in todays}).exists():
        many = Order.objects.filter(created_at__gte=first).order_by("created_at").values("pk")
        if len(many[: MOST_LIVE + 1]) <= MOST_LIVE:
            note()
            for region, day in todays:
                for pk in _stale(region, day):
                    sum_again(pk)
    running = SummedDay.objects.filter(day__in={day for _region, day in todays}).order_by("summed_at")
    return running.values_list("summed_at", flat=True).first()


def _stale(region: Region, day: date) -> list[int]:
    rows = SummedDay.objects.filter(region=region, day=day, stale_at__isnull=False)
    return list(rows.values_list("pk", flat=True))
