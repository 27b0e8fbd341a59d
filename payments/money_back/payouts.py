"""Pay-outs of refunds by two persons: one prepares, another approves, pays and enters the bank's reference.

Every step is taken under the refund's lock, so that two tabs, two persons or a double click take it once; that the two
persons differ, the database says too. A token of the admin API is its maker (core.staff_tokens).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.approvals import limits
from core.approvals.services import Person
from core.errors import Refused
from core.staff_tokens.services import is_same_person
from payments import own_account
from payments.models import Account, Payout, Refund
from payments.money_back import destinations, second_person, steps
from payments.money_back.destinations import Destination
from payments.money_back.steps import open_refund_case
from payments.wallet import services as ledger

State = Payout.State


@transaction.atomic
def prepare(payout_id: int, by: Person, why: str) -> Payout:
    """The first person has compared account and amount and vouches for both.

    Raises Refused where another was first, and for one's own money.
    """
    payout = _locked(payout_id)
    _must_be(payout, State.ASKED)
    own_account.ensure_not_their_order(payout.refund.order, by.get_username())
    payout.state, payout.prepared_by, payout.prepared_at = State.PREPARED, by.get_username(), timezone.now()
    payout.save(update_fields=["state", "prepared_by", "prepared_at"])
    _recorded(payout, by, "payout.prepare", State.ASKED, why)
    return payout


@transaction.atomic
def prepare_by_hand(refund_id: int, by: Person, how: str) -> Payout:
    """A refund that no link can reach is prepared to be paid as `how` says (to whom, by which way).

    For refunds that wait for the customer, and for strange money under review. Raises Refused for any other.
    """
    refund = steps.locked(refund_id)
    own_account.ensure_not_their_order(refund.order, by.get_username())
    if refund.state not in (Refund.State.CLAIMABLE, Refund.State.REVIEW) or refund.why == Refund.Why.GOODWILL:
        raise Refused("VALIDATION_ERROR", _("This refund is not one to be paid by hand."))
    if refund.state == Refund.State.REVIEW and refund.order.user is not None:
        raise Refused("VALIDATION_ERROR", _("This is a member's: approve it, and it is in the wallet."))
    payout = Payout.objects.create(
        refund=refund,
        method=destinations.BY_HAND,
        sealed=destinations.sealed(Destination(destinations.BY_HAND, how[:500], "")),
        masked=_("by hand"),
        state=State.PREPARED,
        prepared_by=by.get_username(),
        prepared_at=timezone.now(),
    )
    steps.move(refund, Refund.State.CLAIMED, by=by.get_username(), note=_("by hand"), way=Refund.Way.PAYOUT)
    _recorded(payout, by, "payout.prepare", "", how)
    open_refund_case(
        refund,
        "payout",
        "A refund waits to be paid out by hand",
        "On the pay-out's page: somebody else than who prepared it approves it, pays, and enters the reference.",
        again=payout.pk,
        prepared_by=by.get_username(),
    )
    return payout


@transaction.atomic
def approve(payout_id: int, by: Person, why: str) -> Payout:
    """The second person has looked too, and is the one who pays it now; nobody else does.

    Raises Refused for the one who prepared it, for one's own money, for an amount above the limit without the right to
    approve any, and where another was first.
    """
    payout = _locked(payout_id)
    _must_be(payout, State.PREPARED)
    if is_same_person(payout.prepared_by, by.get_username()):
        raise Refused("VALIDATION_ERROR", _("You prepared this pay-out: another person has to approve it."))
    own_account.ensure_not_their_order(payout.refund.order, by.get_username())
    is_small = limits.allows(second_person.PAYOUT, payout.refund.amount)
    if not is_small and not by.has_perm("payments.approve_any_payout"):
        raise Refused("VALIDATION_ERROR", _("This is more than you may approve."))
    payout.state, payout.approved_by, payout.approved_at = State.APPROVED, by.get_username(), timezone.now()
    payout.save(update_fields=["state", "approved_by", "approved_at"])
    _recorded(payout, by, "payout.approve", State.PREPARED, why)
    return payout


@transaction.atomic
def mark_paid(payout_id: int, by: Person, bank_reference: str) -> Payout:
    """The money has left: the refund is done, the ledger says so, the customer is told.

    The same reference again changes nothing. Raises Refused for anybody but who approved it, and for a reference that
    another pay-out of that bank has.
    """
    payout = _locked(payout_id)
    reference = " ".join(bank_reference.split())[:80]
    if payout.state == State.PAID and payout.bank_reference == reference:
        return payout
    _must_be(payout, State.APPROVED)
    if not is_same_person(payout.approved_by, by.get_username()):
        raise Refused("VALIDATION_ERROR", _("Only who approved this pay-out says that it is paid."))
    if not reference:
        raise Refused("VALIDATION_ERROR", _("Enter the bank's reference."))
    payout.state, payout.bank_reference, payout.ended_at = State.PAID, reference, timezone.now()
    try:
        with transaction.atomic():
            payout.save(update_fields=["state", "bank_reference", "ended_at"])
    except IntegrityError as problem:
        raise Refused("VALIDATION_ERROR", _("Another pay-out has this reference.")) from problem
    steps.paid_outside(payout.refund, by=by.get_username(), note=f"{payout.method} {reference}")
    _recorded(payout, by, "payout.paid", State.APPROVED, reference)
    return payout


@transaction.atomic
def return_it(payout_id: int, by: Person, why: str) -> Payout:
    """The account could not be paid, or the bank sent the money back: the customer is asked for another one.

    What had been paid stands in refunds payable again. An approved one only who approved it returns: that person alone
    knows whether the money has left. Raises Refused for one that was returned before.
    """
    payout = _locked(payout_id)
    before = payout.state
    if before == State.RETURNED:
        raise Refused("VALIDATION_ERROR", _("This pay-out was returned before."))
    if before == State.APPROVED and not is_same_person(payout.approved_by, by.get_username()):
        raise Refused("VALIDATION_ERROR", _("Only who approved this pay-out says that it could not be paid."))
    refund = payout.refund
    if before == State.PAID:
        ledger.transfer(
            f"payout-back:{payout.pk}",
            ledger.house(Account.Kind.EXTERNAL, refund.currency),
            ledger.house(Account.Kind.REFUNDS, refund.currency),
            refund.amount,
            "pay-out came back",
            refund.order,
            note=f"{refund.reference} {payout.bank_reference}",
        )
    payout.state, payout.ended_at, payout.note = State.RETURNED, timezone.now(), why[:2000]
    payout.save(update_fields=["state", "ended_at", "note"])
    steps.move(refund, Refund.State.CLAIMABLE, by=by.get_username(), note=why, error=why)
    _recorded(payout, by, "payout.return", before, why)
    return payout


def account_of(payout: Payout, by: Person) -> Destination:
    """The account in clear, for a person who works on the pay-out; that it was shown is kept."""
    audit.record(by.get_username(), "payout.shown", f"payout:{payout.pk}")
    return destinations.unsealed(payout.method, payout.sealed)


def _locked(payout_id: int) -> Payout:
    """The pay-out with its refund at hand, both locked, the refund first."""
    refund = steps.locked(Payout.objects.values_list("refund_id", flat=True).get(pk=payout_id))
    payout = Payout.objects.select_for_update(no_key=True).get(pk=payout_id)
    payout.refund = refund
    return payout


def _must_be(payout: Payout, state: Payout.State) -> None:
    if payout.state != state:
        raise Refused(
            "VALIDATION_ERROR",
            _("Somebody was quicker: this pay-out is %(state)s.") % {"state": payout.get_state_display()},
        )


def _recorded(payout: Payout, by: Person, action: str, before: str, why: str) -> None:
    audit.record(by.get_username(), action, f"payout:{payout.pk}", before=before, after=payout.state, why=why)
