"""Files of prices that one person does not publish alone: many prices, or many that jump (decision 0022)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.approvals import limits, services
from core.approvals.kinds import Kind, register
from core.approvals.models import Approval
from core.errors import Refused
from core.models import SheetImport
from core.sheets import importing
from core.sheets.sheet import Sheet
from storefront.sheets.goods import PRICES

KIND = "price-file"
JUMPS, ROWS = "JUMPS", "PRICES"
State = SheetImport.State


def _limits() -> Mapping[str, int]:
    return {JUMPS: 20, ROWS: 5000}


def register_kind() -> None:
    """Owners set other limits in the back office."""
    register(Kind(KIND, _("File of prices"), "core.approve_sheet", _carry_out, _give_up, _limits))


def publish_or_ask(
    sheet: Sheet, one: SheetImport, *, by: str, why: str, only_good: bool, jumps: Iterable[int] | None
) -> int | None:
    """The file is published, and how many rows that were; or None: it waits for a second person, who publishes it by
    approving, if the shop has not moved by then.

    Raises Refused as `importing.publish` does; asking refuses nothing that publishing would not.
    """
    ticked = None if jumps is None else sorted(set(jumps))
    if sheet.code != PRICES.code or _may_alone(one, ticked):
        return importing.publish(sheet, one, by=by, why=why, only_good=only_good, jumps=ticked)
    if not why.strip():
        raise Refused("VALIDATION_ERROR", gettext("Say why: a second person has to approve so many prices."))
    with transaction.atomic():
        importing.waits(one, by=by)
        subject = f"core.sheetimport:{one.pk}"
        times = Approval.objects.filter(subject=subject).count()
        services.ask(
            KIND, f"{KIND}:{one.pk}:{times}", subject=subject, by=by, why=why,
            title=gettext("%(count)d prices from %(file)s") % {"count": one.new + one.changed, "file": one.file_name},
            payload={"only_good": only_good, "jumps": ticked, "prices": one.new + one.changed, "far": one.jumps},
        )  # fmt: skip
    return None


def _may_alone(one: SheetImport, ticked: list[int] | None) -> bool:
    far = one.jumps if ticked is None else len(ticked)
    return limits.allows_units(KIND, JUMPS, far) and limits.allows_units(KIND, ROWS, one.new + one.changed)


def _carry_out(approval: Approval, by: str, note: str) -> str:
    one = _import(approval)
    why = f"{approval.why} – {by}: {note}"[:500]
    count = importing.publish(
        PRICES, one, by=approval.asked_by, why=why, only_good=approval.payload["only_good"],
        jumps=approval.payload["jumps"], was_asked=True,
    )  # fmt: skip
    return gettext("%(count)d rows are in the shop.") % {"count": count}


def _give_up(approval: Approval, by: str, why: str) -> None:
    """The file may be decided on anew."""
    SheetImport.objects.filter(pk=_import(approval).pk, state=State.ASKED).update(state=State.READ)


def _import(approval: Approval) -> SheetImport:
    return SheetImport.objects.get(pk=approval.subject.partition(":")[2])
