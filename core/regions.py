"""Regions of sale, and what day and hour it is there."""

from __future__ import annotations

import time
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core.errors import Refused, invalid
from core.models import Region
from core.web import prebuilt

JAKARTA = ZoneInfo("Asia/Jakarta")
# Regions change about once a year; whoever changes them in this process sees it at once, the others this much later.
_KEPT_S = 10.0
_kept: tuple[float, dict[str, Region]] = (0.0, {})


def regions() -> list[Region]:
    """The regions the shop sells in, in order of position. The rows are shared: read them, do not change them."""
    return list(_known().values())


def find(code: str) -> Region | None:
    """The active region `code`, or None."""
    # A region that is not known may just have been added; asking for it is rare enough to look.
    return _known().get(code) or (_read().get(code) if len(code) == 2 and code.isupper() else None)


def named(code: str) -> Region:
    """The active region `code`, in capitals or not. Raises INVALID_REGION."""
    found = find(code.upper())
    if found is None:
        codes = ", ".join(sorted(_known()))
        raise Refused(
            "INVALID_REGION",
            _("The shop does not sell in that region."),
            details=f"Region code must be one of: {codes}",
        )
    return found


def required(code: str | None) -> Region:
    """The region a request has to name: missing -> VALIDATION_ERROR on `region`, unknown -> INVALID_REGION."""
    if not code:
        raise invalid({"region": _("Say for which region.")})
    return named(code)


def default() -> Region:
    """The region of whoever names none."""
    known = regions()
    return next((region for region in known if region.is_default), known[0])


def first() -> Region | None:
    """As `default`; None in a shop that has no region yet, where only staff sign in."""
    return default() if regions() else None


def forget() -> None:
    """The next question reads the table."""
    global _kept
    _kept = (0.0, {})


def _known() -> dict[str, Region]:
    until, known = _kept
    return known if known and time.monotonic() < until else _read()


def _read() -> dict[str, Region]:
    global _kept
    known = {region.code: region for region in Region.objects.filter(is_active=True).order_by("position", "code")}
    _kept = (time.monotonic() + _KEPT_S, known)
    return known


prebuilt.on_renewal(forget)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone(region: Region) -> ZoneInfo:
    return _zone(region.time_zone)


def local(region: Region, at: datetime) -> datetime:
    """The instant `at` by the region's clocks."""
    return at.astimezone(zone(region))


def local_day(region: Region, at: datetime) -> date:
    """The day it is there: promo days, day caps and cut-offs go by it (decisions, Region and catalogue)."""
    return local(region, at).date()


def jakarta_day(at: datetime) -> date:
    """The day of overviews and reports, whatever the region."""
    return at.astimezone(JAKARTA).date()
