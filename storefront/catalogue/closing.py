"""When something is closed, why, and until when: maintenance windows and daily cut-offs.

A cut-off runs in the region's zone and may pass midnight (23:30–00:30). A row that has both kinds of times is a cut-off
that holds between two moments. Works on any rows of core.models.Closure; the rows decide, nothing is read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.models import Closure, Region

MIDNIGHT = time(0)
_MOST_STEPS = 16


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed at the moment asked about. `reason` is {"language": text}; `until` None: until further notice."""

    reason: dict[str, Any]
    until: datetime | None


def _is_daily(closure: Closure) -> bool:
    return closure.closed_from is not None or closure.closed_until is not None


def _next(clock: time, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which the region's clocks show `clock`."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), clock, tzinfo=zone)
    return moment if moment > now else datetime.combine(local.date() + timedelta(days=1), clock, tzinfo=zone)


def _is_on(closure: Closure, zone: ZoneInfo, now: datetime) -> bool:
    if closure.starts_at is not None and now < closure.starts_at:
        return False
    if closure.ends_at is not None and now >= closure.ends_at:
        return False
    if not _is_daily(closure):
        return closure.starts_at is not None or closure.ends_at is not None
    start, end = closure.closed_from or MIDNIGHT, closure.closed_until or MIDNIGHT
    clock = now.astimezone(zone).time()
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def _end(closure: Closure, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When this row stops holding; None: it names no end."""
    ends = [closure.ends_at] if closure.ends_at is not None else []
    start, end = closure.closed_from or MIDNIGHT, closure.closed_until or MIDNIGHT
    if _is_daily(closure) and start != end:
        ends.append(_next(end, now, zone))
    return min(ends, default=None)


def _latest(ends: Iterable[datetime | None]) -> datetime | None:
    latest: datetime | None = None
    for end in ends:
        if end is None:
            return None
        latest = end if latest is None else max(latest, end)
    return latest


def standing(closures: Iterable[Closure], region: Region, now: datetime) -> Closed | None:
    """Closed if any of the rows that concern the region holds at `now`; `until` is when none of them does any more."""
    zone = ZoneInfo(region.time_zone)
    rows = [row for row in closures if row.region_id in (None, region.code)]
    on = [row for row in rows if _is_on(row, zone, now)]
    if not on:
        return None
    until = _latest(_end(row, zone, now) for row in on)
    # The row that holds longest names the reason: "until 14:00" must not stand beside a reason that is gone at 9.
    reason = next(row.reason for row in on if (end := _end(row, zone, now)) is None or end == until)
    for _ in range(_MOST_STEPS):
        if until is None:
            break
        following = [row for row in rows if _is_on(row, zone, until)]
        if not following:
            return Closed(reason=reason, until=until)
        until = _latest(_end(row, zone, until) for row in following)
    return Closed(reason=reason, until=None)


def edges(closures: Iterable[Closure], region: Region, now: datetime) -> list[datetime]:
    """Moments after `now` at which one of the rows may start or stop holding."""
    zone = ZoneInfo(region.time_zone)
    found: list[datetime] = []
    for row in closures:
        if row.region_id not in (None, region.code) or (row.ends_at is not None and row.ends_at <= now):
            continue
        found += [moment for moment in (row.starts_at, row.ends_at) if moment is not None and moment > now]
        if _is_daily(row):
            found += [_next(row.closed_from or MIDNIGHT, now, zone), _next(row.closed_until or MIDNIGHT, now, zone)]
    return found
