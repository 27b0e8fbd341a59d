"""Files of prices that one person does not publish alone: many prices, or many that jump (decision 0022)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.approvals import services
from core.approvals.kinds import Kind, register
from core.approvals.models import Approval
from core.errors import Refused
from core.models import SheetImport, SheetRow
from core.sheets import importing
from core.sheets.sheet import Sheet
from storefront.catalogue import mass_prices
from storefront.sheets.goods import PRICES

KIND = "price-file"
_AMOUNTS = ["price", "list_price"]
State = SheetImport.State


def register_kind() -> None:
    """A file of prices can be asked for. Its limits are those of all mass price changes, mass_prices.KIND."""
    register(Kind(KIND, _("File of prices"), "core.approve_sheet", _carry_out, _give_up))


def publish_or_ask(
    sheet: Sheet, one: SheetImport, *, by: str, why: str, only_good: bool, jumps: Iterable[int] | None
) -> int | None:
    """The file is published, and how many rows that were; or None: it waits for a second person, who publishes it by
    approving, if the shop has not moved by then.

    Raises Refused as `importing.publish` does; asking refuses nothing that publishing would not.
    """
    ticked = None if jumps is None else sorted(set(jumps))
    if sheet.code != PRICES.code:
        return importing.publish(sheet, one, by=by, why=why, only_good=only_good, jumps=ticked)
    with transaction.atomic():
        moved, far = _counted(one, ticked)
        if mass_prices.may_alone(by, moved, far):
            count = importing.publish(sheet, one, by=by, why=why, only_good=only_good, jumps=ticked)
            mass_prices.set_alone(by, moved, far)
            return count
    _ask(one, moved, far, by=by, why=why, only_good=only_good, ticked=ticked)
    return None


def _ask(
    one: SheetImport, moved: int, far: int, *, by: str, why: str, only_good: bool, ticked: list[int] | None
) -> None:
    if not why.strip():
        raise Refused("VALIDATION_ERROR", gettext("Say why: a second person has to approve so many prices."))
    with transaction.atomic():
        importing.waits(one, by=by)
        subject = f"core.sheetimport:{one.pk}"
        times = Approval.objects.filter(subject=subject).count()
        services.ask(
            KIND, f"{KIND}:{one.pk}:{times}", subject=subject, by=by, why=why,
            title=gettext("%(count)d prices from %(file)s") % {"count": moved, "file": one.file_name},
            payload={"only_good": only_good, "jumps": ticked, "prices": moved, "far": far},
        )  # fmt: skip


def _counted(one: SheetImport, ticked: list[int] | None) -> tuple[int, int]:
    """How many prices publishing changes, and how many of them jump; what a file only switches on or off is none."""
    good = one.rows.filter(kind__in=[SheetRow.Kind.NEW, SheetRow.Kind.CHANGED], after__has_any_keys=_AMOUNTS)
    jumps = good.filter(is_jump=True) if ticked is None else good.filter(is_jump=True, line__in=ticked)
    far = jumps.count()
    return good.filter(is_jump=False).count() + far, far


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
