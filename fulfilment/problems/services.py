"""Reports of problems: taken from an order's owner, shown to staff as a case, answered once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import audit, cases, pictures
from core.errors import Refused, Text, invalid
from core.models import StaffCase
from fulfilment.problems.models import ProblemReport
from payments import mails
from storefront.orders import services as orders
from storefront.orders.models import Order

MOST_OPEN = 3  # per order: whoever has more to say waits for an answer
LONGEST = 1000
FOLDER = "problems"
_SIDE = 1600  # a screenshot's small print stays readable
_State = ProblemReport.State


@dataclass(frozen=True, slots=True)
class Picture:
    """What was uploaded, as it came in."""

    file: IO[bytes]
    size: int


def report(order: Order, topic: str, text: str, picture: Picture | None, *, address: str = "") -> ProblemReport:
    """The report stands on the order and staff have a case of it.

    Raises VALIDATION_ERROR naming `topic`, `text` or `picture`, and TOO_MANY_REPORTS while MOST_OPEN wait for an
    answer; then nothing is kept.
    """
    wrong: dict[str, Text] = {}
    text = "\n".join(line.strip() for line in text.replace("\x00", "").strip().splitlines())
    if topic not in ProblemReport.Topic.values:
        wrong["topic"] = _("Choose one of the options.")
    if not text:
        wrong["text"] = _("Please say in a few words what is wrong.")
    elif len(text) > LONGEST:
        wrong["text"] = _("Please keep it under %(most)d characters.") % {"most": LONGEST}
    if wrong:
        raise invalid(wrong)
    drawn = pictures.redrawn(picture.file, picture.size, "picture", side=_SIDE) if picture else b""
    name = pictures.keep(FOLDER, drawn) if drawn else ""
    try:
        return _kept(order, topic, text, name, address)
    except Exception:  # by no row would anybody find the picture again
        if name:
            pictures.discard(name)
        raise


@transaction.atomic
def _kept(order: Order, topic: str, text: str, picture: str, address: str) -> ProblemReport:
    locked = orders.lock(order.pk)
    if locked.problems.filter(state=_State.OPEN).count() >= MOST_OPEN:
        raise Refused(
            "TOO_MANY_REPORTS",
            _("We have your reports already."),
            details=_("Somebody reads them and answers within one working day. You need not do anything."),
        )
    made = ProblemReport.objects.create(order=locked, topic=topic, text=text, picture=picture, address=address)
    cases.open_case(
        "problem",
        _case_key(made),
        f"A customer reports: {ProblemReport.Topic(topic).name.lower().replace('_', ' ')}",
        about=locked.number,
        evidence={"report": made.pk, "text": text, "picture": bool(picture), "order": locked.status},
        actions="Look at the order's page, set right what is wrong, then answer the report: the customer gets it.",
    )
    _seen(locked)
    return made


def answer(report_id: int, by: User, text: str) -> bool:
    """The customer has the answer by mail and on the order's page, and the case is closed; False if somebody had
    answered before."""
    with transaction.atomic():
        waiting = ProblemReport.objects.filter(pk=report_id, state=_State.OPEN)
        now = timezone.now()
        if not waiting.update(state=_State.ANSWERED, answer=text, answered_by=by, answered_at=now):
            return False
        made = ProblemReport.objects.select_related("order").get(pk=report_id)
        audit.record(by.get_username(), "problem answered", made.order.number, after=text, why=made.text)
        case = StaffCase.objects.filter(key=_case_key(made)).first()
        if case is not None:
            cases.resolve(case, by, text)
        _seen(made.order)
        mails.problem_answered(made.order, made.pk, made.text, text)
    return True


def _seen(order: Order) -> None:
    """The order's page says something else from now on."""
    Order.objects.filter(pk=order.pk).update(updated_at=timezone.now())


def _case_key(made: ProblemReport) -> str:
    return f"problem:{made.pk}"
