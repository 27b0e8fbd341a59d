"""A guest says where a refund goes that its channel cannot take back: into a wallet at once, or to an account that
staff pay to. Who does not is reminded, and after a month staff are told."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import audit, poison
from core.errors import Refused
from core.regions import regions
from payments import mails
from payments.models import Payout, Refund
from payments.money_back import destinations, steps
from payments.money_back.destinations import Destination, Method
from payments.money_back.steps import open_refund_case
from payments.schedule import NEVER

State = Refund.State
# After the first mail: pauses before each reminder, then before staff are told.
_PAUSES = (timedelta(days=5), timedelta(days=14), timedelta(days=9))
MOST_REMINDERS = len(_PAUSES)


def methods(refund: Refund) -> tuple[Method, ...]:
    """The banks and e-wallets it can be paid to; none where its currency is not its region's."""
    currency = next((one.currency for one in regions() if one.code == refund.order.region_id), "")
    return destinations.methods(refund.order.region_id) if refund.currency == currency else ()


@transaction.atomic
def into_wallet(refund_id: int, user: User) -> bool:
    """The refund is in the user's wallet; True if this call put it there, False if the same user had done so before.

    Raises Refused for a refund that was claimed another way, or by somebody else.
    """
    refund = steps.locked(refund_id)
    if refund.state == State.DONE and refund.wallet_of_id == user.pk:
        return False
    _must_be_claimable(refund)
    audit.record(user.get_username(), "refund.claimed", refund.reference, after="wallet")
    steps.into_wallet(refund, user, by="customer")
    return True


@transaction.atomic
def to_account(refund_id: int, destination: Destination) -> Payout:
    """The refund is to be paid to that account by staff; the same account again is the same pay-out.

    Raises Refused for a refund that was claimed another way.
    """
    refund = steps.locked(refund_id)
    asked = refund.payouts.filter(state__in=Payout.OPEN).first()
    if asked is not None and destinations.unsealed(asked.method, asked.sealed) == destination:
        return asked
    _must_be_claimable(refund)
    payout = Payout.objects.create(
        refund=refund,
        method=destination.method,
        sealed=destinations.sealed(destination),
        masked=destinations.masked(destination),
    )
    audit.record("customer", "refund.claimed", refund.reference, after=payout.masked)
    steps.move(refund, State.CLAIMED, by="customer", note=payout.masked, way=Refund.Way.PAYOUT)
    open_refund_case(
        refund,
        "payout",
        "A refund waits to be paid out",
        "On the pay-out's page: one of you prepares it; another approves it, pays, and enters the bank's reference.",
        again=payout.pk,
        to=payout.masked,
    )
    return payout


def remind_due(limit: int = 50) -> int:
    """Guests who have not said where to were reminded, and staff told of those who stay silent; who has become the
    order's member meanwhile has it in the wallet. How many rows."""
    now = timezone.now()
    is_members = Q(order__user__isnull=False)
    due = Refund.objects.filter(Q(not_before__lte=now) | is_members, state=State.CLAIMABLE)
    due = due.exclude(pk__in=poison.resting(Refund)).order_by("not_before")
    ids = list(due.values_list("pk", flat=True)[:limit])
    for pk in ids:
        with poison.counted(Refund, pk):
            _remind(pk)
    return len(ids)


@transaction.atomic
def _remind(refund_id: int) -> None:
    refund = steps.locked(refund_id)
    now = timezone.now()
    if refund.state != State.CLAIMABLE:
        return
    if refund.order.user is not None:
        steps.into_wallet(refund, refund.order.user)
        return
    if refund.not_before > now:
        return
    round_of = refund.events.filter(after=State.CLAIMABLE).count()
    if refund.reminders >= MOST_REMINDERS:
        refund.not_before = NEVER
        refund.save(update_fields=["not_before"])
        open_refund_case(
            refund,
            "refund-unclaimed",
            "Nobody says where a refund should go",
            "Write or call the customer. The link on the refund's page claims it; or prepare a pay-out by hand.",
            again=round_of,
            email=refund.order.email,
            phone=refund.order.phone,
        )
        return
    refund.not_before = now + _PAUSES[refund.reminders]
    refund.reminders += 1
    refund.save(update_fields=["not_before", "reminders"])
    mails.refund_told(refund, f"refund-reminder:{refund.pk}:{round_of}:{refund.reminders}", is_reminder=True)


def _must_be_claimable(refund: Refund) -> None:
    if refund.state == State.CLAIMED:
        raise Refused("VALIDATION_ERROR", _("An account was named already; our staff pay to that one."))
    if refund.state != State.CLAIMABLE:
        raise Refused("VALIDATION_ERROR", _("This refund does not wait to hear where to any more."))
