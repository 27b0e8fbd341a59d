"""Asking, approving, refusing, lapsing. Whoever approves has the kind's permission and is never who asked.

What was asked for is carried out in the transaction that marks it done, under the approval's lock: two approvers at
once, or one who clicks twice, carry it out once. Lock order: the approval first, then whatever its kind locks.
"""

from __future__ import annotations

from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, poison
from core.approvals import kinds
from core.approvals.models import Approval
from core.cases import open_case
from core.errors import Refused
from core.money import Money
from core.staff_tokens.services import is_same_person

State = Approval.State
CASE = "approval-lapsed"
LAPSED_AT_ONCE = 50


class Person(Protocol):
    """Whoever decides, as far as this module has to know them."""

    def get_username(self) -> str: ...

    def has_perm(self, perm: str) -> bool: ...


@transaction.atomic
def ask(
    code: str,
    key: str,
    *,
    subject: str,
    title: str,
    by: str,
    why: str,
    amount: Money | None = None,
    about: str = "",
    payload: dict[str, Any] | None = None,
) -> Approval:
    """The thing waits for a second person, once per `key`: the same key again is the approval that stands already.

    `by`: the login of who asks; `subject`: the row it is about, as `app.model:key`; `payload`: whatever carrying it out
    needs, as plain JSON.
    """
    kind = kinds.named(code)
    now = timezone.now()
    given = {
        "kind": code,
        "subject": subject,
        "about": about,
        "title": title[:200],
        "amount_minor": None if amount is None else amount.minor,
        "currency": "" if amount is None else amount.currency,
        "payload": payload or {},
        "why": why,
        "asked_by": by,
        "asked_at": now,
        "expires_at": now + kind.lives,
    }
    approval, is_new = Approval.objects.get_or_create(key=key, defaults=given)
    if is_new:
        audit.record(by, f"{code}: asked", subject, after={"title": title, **approval.payload}, why=why)
    return approval


def waiting(subject: str) -> Approval | None:
    """What waits for a second person about that row, the newest first; None where nothing does."""
    return Approval.objects.filter(subject=subject, state=State.WAITING).first()


@transaction.atomic
def approve(approval_id: int, by: Person, note: str) -> Approval:
    """What was asked for is done, once, and says so.

    Raises Refused where somebody was quicker, where it lapsed, for who asked, without the kind's permission, and
    whatever doing it raises: then nothing was done and it waits on.
    """
    approval, kind = _decidable(approval_id)
    _ensure_may(approval, kind, by)
    if approval.expires_at <= timezone.now():
        raise Refused("VALIDATION_ERROR", _("Nobody decided in time; it has to be asked for anew."))
    assert kind.carry_out is not None, f"{kind.code} has limits only"
    approval.outcome = kind.carry_out(approval, by.get_username(), note)[:200]
    _decide(approval, State.DONE, by.get_username(), note)
    return approval


@transaction.atomic
def refuse(approval_id: int, by: Person, note: str) -> Approval:
    """It is not done, and whatever waited for it waits no more. Who asked may take it back in the same way.

    Raises Refused where somebody was quicker, and without the kind's permission.
    """
    approval, kind = _decidable(approval_id)
    if not is_same_person(approval.asked_by, by.get_username()):
        _ensure_may(approval, kind, by)
    kind.give_up(approval, by.get_username(), note)
    _decide(approval, State.REFUSED, by.get_username(), note)
    return approval


def lapse_due(limit: int = LAPSED_AT_ONCE) -> int:
    """What nobody decided about in time is over, and a case tells of each; how many there were."""
    due = Approval.objects.filter(state=State.WAITING, expires_at__lte=timezone.now())
    due = due.exclude(pk__in=poison.resting(Approval)).order_by("expires_at")
    ended = 0
    for pk, about in list(due.values_list("pk", "about")[:limit]):
        with poison.counted(Approval, pk, about):
            ended += _lapse(pk)
    return ended


@transaction.atomic
def _lapse(approval_id: int) -> bool:
    approval = _locked(approval_id)
    if approval.state != State.WAITING:
        return False
    why = "nobody decided in time"
    kinds.named(approval.kind).give_up(approval, "", why)
    _decide(approval, State.LAPSED, "", why)
    open_case(
        CASE,
        f"{CASE}:{approval.pk}",
        f"Nobody decided in time: {approval.title}",
        about=approval.about,
        evidence={"asked_by": approval.asked_by, "why": approval.why, "asked_at": approval.asked_at.isoformat()},
        actions="Nothing was done. Ask for it anew if it is still right, and tell whoever waits for it.",
    )
    return True


def _decidable(approval_id: int) -> tuple[Approval, kinds.Kind]:
    approval = _locked(approval_id)
    if approval.state != State.WAITING:
        said = {"state": approval.get_state_display(), "by": approval.decided_by or "–"}
        raise Refused("VALIDATION_ERROR", _("Somebody was quicker: %(state)s (%(by)s).") % said)
    return approval, kinds.named(approval.kind)


def _locked(approval_id: int) -> Approval:
    return Approval.objects.select_for_update(no_key=True).get(pk=approval_id)


def _ensure_may(approval: Approval, kind: kinds.Kind, by: Person) -> None:
    if is_same_person(approval.asked_by, by.get_username()):
        raise Refused("FORBIDDEN", _("You asked for this yourself: another person has to approve it."))
    if not by.has_perm(kind.permission):
        raise Refused("FORBIDDEN", _("Deciding about this is not among what your roles may do."))


def _decide(approval: Approval, state: Approval.State, by: str, note: str) -> None:
    approval.state, approval.decided_by, approval.decided_at, approval.note = state, by, timezone.now(), note
    approval.save(update_fields=["state", "decided_by", "decided_at", "note", "outcome"])
    audit.record(
        by or "approvals",
        f"{approval.kind}: {state.lower()}",
        approval.subject,
        before={"asked_by": approval.asked_by},
        after={"title": approval.title, "outcome": approval.outcome},
        why=note,
    )
