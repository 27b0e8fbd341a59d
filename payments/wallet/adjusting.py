"""A customer's balance adjusted by staff: one person asks, another approves (core.approvals, kind "balance").

What is given comes from the house's goodwill, what is taken goes back to it; docs/ledger.md.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import audit
from core.approvals import alone
from core.approvals import services as approvals
from core.approvals.kinds import Kind, register
from core.approvals.models import Approval
from core.errors import Refused
from core.money import Money
from payments import own_account
from payments.models import Account, Transfer
from payments.wallet import services as ledger

BALANCE = "balance"
REASON = "adjustment"


@transaction.atomic
def adjust(user: User, amount: Money, *, key: str, by: str, why: str) -> Approval | None:
    """The wallet of that currency holds `amount` more (less, where it is negative) as soon as a second person approves;
    within what one person may change alone in 24 hours it does so now, and None is answered.

    `key` makes one wish of two clicks: make it when the dialog is shown. Raises Refused for nothing, for more than
    BALANCE_CHANGE_MOST or than the wallet holds, and for one's own wallet.
    """
    own_account.ensure_not_theirs(user.email, by)
    if amount.minor == 0:
        raise Refused("VALIDATION_ERROR", gettext("Say by how much the balance changes."))
    moves = Money(abs(amount.minor), amount.currency)
    most = settings.BALANCE_CHANGE_MOST.get(amount.currency, Money(0, amount.currency))
    if moves > most:
        raise Refused(
            "VALIDATION_ERROR", gettext("A balance changes by no more than %(most)s at once.") % {"most": most}
        )
    held = ledger.balances(user).get(amount.currency, Money(0, amount.currency))
    if amount.minor + held.minor < 0:
        raise _too_little(held)
    is_small = alone.may(BALANCE, by, {moves.currency: moves.minor})
    # A second click is not counted once more, whether or not there is room for it.
    if is_small or Transfer.objects.filter(key=_transfer_key(key)).exists():
        if _move(user, amount, key, by, why):
            alone.count(BALANCE, by, {moves.currency: moves.minor})
        return None
    return approvals.ask(
        BALANCE,
        f"{BALANCE}:{key}",
        subject=f"accounts.user:{user.pk}",
        title=f"{'+' if amount.minor > 0 else ''}{amount} → {user.public_id}",
        by=by,
        why=why,
        amount=amount,
        about=user.public_id,
        payload={"user": user.pk, "minor": amount.minor, "currency": amount.currency, "key": key, "why": why},
    )


def _carry_out(approval: Approval, by: str, note: str) -> str:
    said = approval.payload
    user, amount = User.objects.get(pk=said["user"]), Money(said["minor"], said["currency"])
    own_account.ensure_not_theirs(user.email, by)
    _move(user, amount, said["key"], by, f"{approval.asked_by}: {said['why']}; {note}")
    return str(ledger.balances(user)[amount.currency])


def _transfer_key(key: str) -> str:
    return f"adjust:{key}"


def _move(user: User, amount: Money, key: str, by: str, why: str) -> bool:
    house, wallet = ledger.house(Account.Kind.GOODWILL, amount.currency), ledger.wallet(user, amount.currency)
    source, target = (house, wallet) if amount.minor > 0 else (wallet, house)
    moved = Money(abs(amount.minor), amount.currency)
    try:
        is_first = ledger.transfer(_transfer_key(key), source, target, moved, REASON)
    except ledger.Overdrawn as problem:
        raise _too_little(ledger.balances(user)[amount.currency]) from problem
    if is_first:
        audit.record(by, "balance adjusted", f"user:{user.public_id}", after=str(amount), why=why)
    return is_first


def _too_little(held: Money) -> Refused:
    return Refused("VALIDATION_ERROR", gettext("The wallet holds %(held)s: no more can be taken.") % {"held": held})


def register_kind() -> None:
    """Balances can be asked for. Nobody adjusts one alone, unless an owner sets a limit."""
    register(Kind(BALANCE, _("Balance adjusted by staff"), "payments.approve_adjustment", _carry_out))
