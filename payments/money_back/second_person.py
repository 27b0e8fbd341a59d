"""Gifts above the limit: asked for by one person, approved or declined by another (core.approvals, kind "refund")."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.approvals import services as approvals
from core.approvals.kinds import Kind, register
from core.approvals.models import Approval
from core.cases import stays_open
from core.errors import Refused
from payments import refunds
from payments.models import Refund
from payments.money_back import steps

REFUND, PAYOUT = "refund", "payout"


def subject_of(refund: Refund) -> str:
    return f"payments.refund:{refund.pk}"


def ask(refund: Refund, by: str, why: str) -> Approval:
    """The refund, which stands under review, waits for a second person."""
    return approvals.ask(
        REFUND,
        f"{REFUND}:{refund.pk}",
        subject=subject_of(refund),
        title=f"{refund.amount} → {refund.reference}",
        by=by,
        why=why,
        amount=refund.amount,
        about=refund.order.number,
        payload={"refund": refund.pk},
    )


def approve(refund: Refund, by: approvals.Person, why: str) -> None:
    """A refund under review goes back: a gift by its second person, other money by whoever may decide about it.

    Raises Refused as core.approvals and refunds.approve do, and where nothing waits.
    """
    if refund.why == Refund.Why.GOODWILL:
        approvals.approve(_waiting(refund).pk, by, why)
    else:
        refunds.approve(refund.pk, by.get_username(), why)


def decline(refund: Refund, by: approvals.Person, why: str) -> None:
    """Nothing is given. Raises Refused as core.approvals, and where nothing waits."""
    approvals.refuse(_waiting(refund).pk, by, why)


def _waiting(refund: Refund) -> Approval:
    found = approvals.waiting(subject_of(refund))
    if found is None:
        raise Refused("VALIDATION_ERROR", _("This refund does not wait for a decision."))
    return found


def _carry_out(approval: Approval, by: str, note: str) -> str:
    refund = refunds.approve(approval.payload["refund"], by, note)
    return f"{refund.reference}: {refund.get_state_display()}"


def _give_up(approval: Approval, by: str, why: str) -> None:
    if Refund.objects.filter(pk=approval.payload["refund"], state=Refund.State.REVIEW).exists():
        refunds.decline(approval.payload["refund"], by or "approvals", why)


def _refund_limits() -> Mapping[str, int]:
    return {code: limit.minor for code, limit in settings.STAFF_REFUND_LIMITS.items()}


def _payout_limits() -> Mapping[str, int]:
    return {code: limit.minor for code, limit in settings.PAYOUT_LIMITS.items()}


def register_kinds() -> None:
    """Refunds can be asked for; pay-outs, which always take two persons of their own, share the limits' page. Cases
    of refunds that wait for a decision stay open until it is taken."""
    for kind in ("refund-review", "refund-second-person", "refund-unknown"):
        stays_open(kind, steps.undecided)
    register(Kind(REFUND, _("Refund given by staff"), "payments.change_refund", _carry_out, _give_up, _refund_limits))
    register(Kind(PAYOUT, _("Pay-out"), "payments.approve_any_payout", limits=_payout_limits))
