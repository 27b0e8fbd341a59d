"""Showing a code: to its buyer or to staff, on request, and never without a row that says so."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.cases import open_case
from core.errors import Refused, not_found
from fulfilment.codes import secret
from fulfilment.models import Code, CodeEvent
from storefront.orders.models import Order

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A code in clear, for one answer; never kept, logged or queued."""

    unit: int
    code: str
    serial: str
    expires_on: date | None


def reveal(order: Order, unit: int | None, *, by: str, address: str | None) -> list[Shown]:
    """The codes of the order's units (or of that `unit`), each with a fresh row of the log, committed before anybody
    sees it; from now on they are seen and cannot be given back.

    `by` says how the owner was known. Raises NOT_FOUND where the order has none, INTERNAL_ERROR (and a case for
    staff) where one cannot be opened: then none is shown.
    """
    return _open(order, unit, CodeEvent.What.SHOWN, by=by, address=address, why="")


def reveal_to_staff(code: Code, *, by: str, address: str | None, why: str) -> Shown:
    """The sold code, for a member of staff with a reason; it counts as seen. Raises as `reveal`."""
    if code.topup is None:
        raise Refused("VALIDATION_ERROR", _("Only a code that is sold is shown: nobody needs to see the others."))
    order, unit = code.topup.order, code.topup.unit
    shown = _open(order, unit, CodeEvent.What.SHOWN_TO_STAFF, by=by, address=address, why=why)[0]
    audit.record(by, "code shown", f"code:{code.pk}", after={"order": order.number, "unit": unit}, why=why)
    return shown


def _open(
    order: Order, unit: int | None, what: CodeEvent.What, *, by: str, address: str | None, why: str
) -> list[Shown]:
    now = timezone.now()
    try:
        with transaction.atomic():
            sold = Code.objects.select_for_update(of=("self",)).select_related("topup")
            # By the order's own units alone: no number a visitor could change leads to another's code (F15).
            rows = sold.filter(topup__order=order, state=Code.State.SOLD).order_by("topup__unit", "pk")
            codes = [row for row in rows if unit is None or (row.topup and row.topup.unit == unit)]
            if not codes:
                raise not_found(_("There is no code on this order yet."))
            shown = [_shown(row) for row in codes]
            CodeEvent.objects.bulk_create(
                CodeEvent(code=row, topup=row.topup, what=what, by=by[:150], address=address or None, why=why, at=now)
                for row in codes
            )
            Code.objects.filter(pk__in=[row.pk for row in codes], seen_at=None).update(seen_at=now)
    except secret.Unreadable as problem:
        _cannot_be_opened(order, problem)
        raise Refused(
            "INTERNAL_ERROR",
            _("This code cannot be shown right now. Our staff have been told and write to you."),
            status=503,
        ) from problem
    return shown


def _shown(row: Code) -> Shown:
    assert row.topup is not None  # the check constraint says so
    opened = secret.get(row)
    return Shown(row.topup.unit, opened.code, opened.serial, row.expires_on)


def _cannot_be_opened(order: Order, problem: Exception) -> None:
    logger.error("a code of order %s cannot be opened: %s", order.number, problem)
    open_case(
        "code-unreadable",
        f"code-unreadable:{order.pk}",
        "A sold code cannot be opened",
        about=order.number,
        evidence={"error": str(problem)},
        actions=(
            "If a key was taken out of ENCRYPTION_KEYS too early, put it back and reseal. If not, the row was changed"
            " in the database: take it out and replace it from the order's page."
        ),
    )


@dataclass(frozen=True, slots=True)
class Masked:
    """What the invoice says of a unit's code before anybody asks to see it."""

    unit: int
    masked: str
    seen_at: datetime | None
    expires_on: date | None


def masked(order: Order) -> list[Masked]:
    """The codes of the order as anybody may see them. One SELECT."""
    rows = Code.objects.filter(topup__order=order, state=Code.State.SOLD).select_related("topup")
    return [
        Masked(row.topup.unit, row.masked, row.seen_at, row.expires_on)
        for row in rows.order_by("topup__unit", "pk")
        if row.topup
    ]
