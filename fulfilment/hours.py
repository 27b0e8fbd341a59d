"""Spans of the day by some country's clock, such as 23:45 to 00:15: they may go over midnight."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_within(moment: datetime, start: time, end: time, zone: str) -> bool:
    """Whether `moment` lies in the daily span from `start` up to `end` (excluded) by the clock of `zone`.

    A span that ends where it starts is none.
    """
    clock = moment.astimezone(ZoneInfo(zone)).time()
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def day_begin(moment: datetime, zone: str) -> datetime:
    """Midnight at which the day of `moment` began in `zone`."""
    there = moment.astimezone(ZoneInfo(zone))
    return there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def until_end(moment: datetime, end: time, zone: str) -> timedelta:
    """From `moment` to the next time the clock of `zone` shows `end`."""
    there = moment.astimezone(ZoneInfo(zone))
    coming = there.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return (coming if coming > there else coming + timedelta(days=1)) - there
