"""What speaks against buying, or paying back, what is left of an order: rows, never a feeling.

A verb asks here twice: before, so that staff read what it would do; and under its locks, when it does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import StaffCase
from fulfilment import resolving
from fulfilment.models import Attempt, TopUp
from storefront.orders.models import Order

ENDED = (TopUp.State.DELIVERED, TopUp.State.FAILED)
_UNMADE = (Attempt.State.REJECTED, Attempt.State.NOT_SENT, Attempt.State.NOT_CREATED)
#: Cases that say: something was made, or ended, otherwise than our rows have it.
CONTRADICTED = ("late_answer", "refused_but_made", "flip", "answer_differs")


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a verb would do now (`says`), or the evidence for which it does nothing (`against`)."""

    says: str
    against: tuple[str, ...] = ()

    @property
    def may(self) -> bool:
        return not self.against

    def ensure(self) -> None:
        """Raises Refused with the evidence where the verb may not."""
        if self.against:
            raise Refused("VALIDATION_ERROR", " ".join([_("Not now: nothing has moved."), *self.against]))


def units_of(order: Order, *, lock: bool = False) -> list[TopUp]:
    """The order's units and pieces, oldest first; with `lock` locked, the order being locked already."""
    rows = order.topups.order_by("id")
    return list(rows.select_for_update(no_key=True) if lock else rows)


def out(units: Sequence[TopUp]) -> list[str]:
    """Of each unit that is, or may be, with a supplier: since when and how. One statement where there are any."""
    names = {unit.pk: _name(unit) for unit in units if unit.state not in ENDED and unit.state != TopUp.State.QUEUED}
    if not names:
        return []
    found = []
    live = (Attempt.State.SENDING, Attempt.State.UNKNOWN, Attempt.State.ACCEPTED)
    for one in Attempt.objects.filter(topup__in=names, state__in=live, ended_at=None).select_related("account"):
        told = {"unit": names.pop(one.topup_id, ""), "supplier": one.account.name, "at": _at(one)}
        match one.state:
            case Attempt.State.UNKNOWN:
                found.append(_("%(unit)s: %(supplier)s never answered the purchase of %(at)s; it may arrive.") % told)
            case Attempt.State.ACCEPTED:
                told["id"] = one.transaction_id or "–"
                found.append(_("%(unit)s: %(supplier)s took it at %(at)s (%(id)s) and has not ended it.") % told)
            case _:
                found.append(_("%(unit)s: it is being bought at %(supplier)s since %(at)s.") % told)
    return found + [_("%(unit)s is on its way.") % {"unit": name} for name in names.values()]


def contradictions(order: Order, units: Sequence[TopUp]) -> list[str]:
    """Signs that a purchase which counts as not made was made after all. A handful of statements."""
    waiting = {unit.pk: _name(unit) for unit in units if unit.state == TopUp.State.QUEUED}
    open_cases = StaffCase.objects.filter(about=order.number, state=StaffCase.State.OPEN, kind__in=CONTRADICTED)
    found = [_("An open case says otherwise: %(title)s.") % {"title": title}
             for title in open_cases.values_list("title", flat=True)]  # fmt: skip
    unmade = Attempt.objects.filter(topup__in=waiting, state__in=_UNMADE).select_related("account", "topup")
    for one in unmade.order_by("-id")[:10]:
        told = {"unit": waiting[one.topup_id], "supplier": one.account.name, "at": _at(one)}
        if one.callback_seen_at is not None:
            told["why"] = one.get_state_display()
            found.append(_("%(unit)s: %(supplier)s called back about the purchase of %(at)s (%(why)s).") % told)
        if not one.reference:
            for row in resolving.unexplained(one):
                told["id"] = row.transaction_id
                found.append(
                    _("%(unit)s: the history of %(supplier)s has %(id)s for this player, which nothing explains.")
                    % told
                )
    return list(dict.fromkeys(found))


def _name(unit: TopUp) -> str:
    number = f"{unit.unit}.{unit.piece}" if unit.piece else str(unit.unit)
    return str(_("Unit %(number)s") % {"number": number})


def _at(attempt: Attempt) -> str:
    return date_format(localtime(attempt.sent_at), "j M H:i:s")
