"""The steps of a refund: the one table of them, and the one function that takes one, tells the customer and moves the
clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.cases import close, open_case
from core.errors import Text
from core.models import StaffCase
from payments import mails
from payments.money_back import words
from payments.money_back.models import Refund, RefundEvent
from payments.schedule import NEVER
from payments.wallet import services as ledger
from payments.wallet.models import Account

State, Way = Refund.State, Refund.Way

# Back to CLAIMABLE: the account that was named could not be paid. From DONE only for pay-outs that a bank sent back.
NEXT: dict[str, frozenset[str]] = {
    "": frozenset({State.REVIEW, State.DUE, State.CLAIMABLE, State.DONE}),
    State.REVIEW: frozenset({State.DUE, State.CLAIMABLE, State.CLAIMED, State.DONE, State.WITHDRAWN}),
    State.DUE: frozenset({State.SENDING}),
    State.SENDING: frozenset({State.DUE, State.SENT, State.DONE, State.CLAIMABLE}),
    State.SENT: frozenset({State.DONE, State.CLAIMABLE}),
    State.CLAIMABLE: frozenset({State.DONE, State.CLAIMED}),
    State.CLAIMED: frozenset({State.DONE, State.CLAIMABLE}),
    State.DONE: frozenset({State.CLAIMABLE}),
    State.WITHDRAWN: frozenset(),
}
_MAILED = frozenset({State.REVIEW, State.DUE, State.CLAIMABLE, State.CLAIMED, State.DONE})
# What a person was asked while the refund stood there, and need not be any more.
_CASES = {
    State.REVIEW: ("refund-review", "refund-second-person"),
    State.SENDING: ("refund-unknown",),
    State.CLAIMABLE: ("refund-unclaimed",),
    State.CLAIMED: ("payout",),
}
REMINDED_AFTER = timedelta(days=2)
_LOOKED_AT_AFTER = timedelta(seconds=30)


class IllegalStep(Exception):
    """A refund was told to take a step that its state does not have; nothing was changed."""


def locked(refund_id: int) -> Refund:
    """The refund, locked until the caller's transaction ends; whoever needs its order locked has done so before."""
    rows = Refund.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("payment__channel", "order__user", "order__region").get(pk=refund_id)


def move(
    refund: Refund,
    to: Refund.State,
    *,
    by: str = "",
    note: str = "",
    error: str = "",
    way: Refund.Way | None = None,
    is_told: bool = False,
) -> None:
    """The refund stands in `to`, with an event, a new clock and, unless another mail has told it, a mail.

    The caller holds its lock or has just made it (then it has no events yet). Raises IllegalStep.
    """
    before = refund.state if refund.pk and refund.events.exists() else ""
    if to not in NEXT[before]:
        raise IllegalStep(f"{refund.reference}: {before or 'new'} → {to}")
    now = timezone.now()
    refund.state, refund.error = to, error[:2000]
    refund.expected_at = words.expected(refund, to, now)
    looked_at = {State.DUE: now, State.SENT: now + _LOOKED_AT_AFTER, State.CLAIMABLE: now + REMINDED_AFTER}
    refund.not_before = looked_at.get(to, NEVER)
    if to == State.CLAIMABLE:
        refund.way, refund.wallet_of, refund.done_at, refund.reminders = "", None, None, 0
    if to == State.DONE:
        refund.done_at = now
    if way is not None:
        refund.way = way
    refund.save(
        update_fields=["state", "error", "expected_at", "not_before", "way", "wallet_of", "done_at", "reminders"]
    )
    for kind in _CASES.get(State(before), ()) if before else ():
        close(kind, refund.pk, f"{by or 'by itself'}: {to} {note}".strip())
    event = RefundEvent.objects.create(refund=refund, after=to, by=by, note=note[:500], at=now)
    if to in _MAILED and words.is_told(refund) and not is_told:
        mails.refund_told(refund, f"refund:{event.pk}")


def into_wallet(refund: Refund, user: User, *, by: str = "", is_told: bool = False) -> None:
    """The refund is in the user's wallet, which is final."""
    refund.wallet_of = user
    _paid(refund, ledger.wallet(user, refund.currency))
    move(refund, State.DONE, by=by, way=Way.WALLET, is_told=is_told)


def paid_by_gateway(refund: Refund, *, by: str = "", note: str = "") -> None:
    _paid(refund, ledger.house(Account.Kind.CLEARING, refund.currency, refund.payment.gateway))
    move(refund, State.DONE, by=by, note=note, way=Way.GATEWAY)


def paid_outside(refund: Refund, *, by: str, note: str) -> None:
    """Staff paid it; `note` says by which pay-out."""
    _paid(refund, ledger.house(Account.Kind.EXTERNAL, refund.currency), note)
    move(refund, State.DONE, by=by, note=note, way=Way.PAYOUT)


def _paid(refund: Refund, target: Account, note: str = "") -> None:
    payable = ledger.house(Account.Kind.REFUNDS, refund.currency)
    # A pay-out that its bank sent back has been paid before.
    times = refund.events.filter(after=State.DONE).count()
    key = f"refund:{refund.key}" + (f":{times + 1}" if times else "")
    about = f"{refund.reference} {note}".strip()
    ledger.transfer(key, payable, target, refund.amount, "refund paid", refund.order, note=about)


def undecided(case: StaffCase) -> Text:
    """What is to be decided about the refund of a case (`open_refund_case`) before the case can be closed; "" for
    nothing. Its own step closes the case, so that no refund waits where nobody looks."""
    refund = Refund.objects.filter(reference=case.evidence.get("refund")).first()
    if refund is None or case.kind not in _CASES.get(State(refund.state), ()):
        return ""
    return _("The refund itself waits for a decision: take it on the refund's page, and this case closes by itself.")


def open_refund_case(
    refund: Refund, kind: str, title: str, actions: str, *, again: int | str = "", **evidence: Any
) -> None:
    """Staff have a case about the refund, once per kind and `again`."""
    open_case(
        kind,
        f"{kind}:{refund.pk}" + (f":{again}" if again else ""),
        f"{title}: {refund.reference}",
        about=refund.order.number,
        actions=actions,
        evidence={
            "refund": refund.reference,
            "payment": refund.payment.reference,
            "gateway_id": refund.payment.gateway_id,
            "amount": str(refund.amount),
            "why": refund.why,
            **evidence,
        },
    )
