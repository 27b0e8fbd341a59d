"""Where a paid order stands against its delivery promise: why it is not there yet, in a code, and what its owner may
do about it now. The same words on page, in mails and in messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from fulfilment import holding, routing
from fulfilment.models import STOCK, Attempt, Correction, TopUp
from storefront.orders.models import Order

_ENDED = frozenset({TopUp.State.DELIVERED, TopUp.State.FAILED})


class Reason(StrEnum):
    """Why an order has not arrived yet. Kept in Delay.reason."""

    SENDING = "sending"
    QUEUE = "queue"  # another purchase goes first
    ACCOUNT = "account"  # the game knows no such player
    REFILL = "refill"  # our balance at the supplier, or our stock of codes
    HOURS = "hours"  # closed at this hour
    PRICE = "price"  # it costs us more by now than the customer paid
    MAINTENANCE = "maintenance"  # no supplier takes orders for it now
    CONNECTION = "connection"  # the supplier cannot be reached; nothing was sent
    SUPPLIER = "supplier"  # taken by the supplier, not finished
    UNKNOWN = "unknown"  # sent, and nobody knows yet what came of it


# TopUp.waits_for → why; whatever else a unit waits for keeps all suppliers from taking it.
_WAITS = {
    "": Reason.SENDING,
    "verdict": Reason.SENDING,
    "baseline": Reason.SENDING,
    "player": Reason.QUEUE,
    "rate": Reason.QUEUE,
    "balance": Reason.REFILL,
    STOCK: Reason.REFILL,
    routing.HOURS: Reason.HOURS,
    routing.CUT_OFF: Reason.HOURS,
    routing.NOT_NOW: Reason.HOURS,
    routing.PRICE: Reason.PRICE,
    "connection": Reason.CONNECTION,
    holding.ACCOUNT: Reason.ACCOUNT,
}
# The reason that weighs most is told: what may be out before what surely is not.
_WEIGHT = [
    Reason.UNKNOWN, Reason.SUPPLIER, Reason.ACCOUNT, Reason.REFILL, Reason.PRICE, Reason.MAINTENANCE, Reason.HOURS,
    Reason.CONNECTION, Reason.QUEUE, Reason.SENDING,
]  # fmt: skip
# What lasts: an order that waits for one of these is on hold.
_HOLDS = frozenset(_WEIGHT) - {Reason.UNKNOWN, Reason.SUPPLIER, Reason.QUEUE, Reason.SENDING}


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a paid order that has not ended. `until`: when the promise ends; `held_until`: when an order on hold for its
    account is given up."""

    until: datetime
    is_over: bool
    reason: Reason
    may_cancel: bool
    may_correct: bool
    held_until: datetime | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for something that concerns others too, or longer than was promised."""
        return self.reason != Reason.ACCOUNT and (self.is_over or self.reason in _HOLDS)


def of(order: Order, now: datetime | None = None) -> Standing | None:
    """Where the order stands; None for one that is not paid, or over. At most four statements, usually one.

    What it allows is allowed for good only under the order's and its units' locks: `finishing.fail_waiting` and
    `correcting.apply` look again.
    """
    if order.paid_at is None or order.status not in (Order.Status.PAID, Order.Status.PROCESSING):
        return None
    moment = now or timezone.now()
    units = list(order.topups.values_list("state", "waits_for"))
    until = order.paid_at + timedelta(seconds=order.product.promise_seconds)
    is_over = moment > until
    reasons = [_reason(state, waits_for) for state, waits_for in units if state not in _ENDED]
    reason = min(reasons, key=_WEIGHT.index, default=Reason.SENDING)
    is_waiting = all(state == TopUp.State.QUEUED or state in _ENDED for state, _waits in units)
    untouched = bool(units) and all(state == TopUp.State.QUEUED for state, _waits in units)
    on_hold = is_waiting and (is_over or reason in _HOLDS)
    return Standing(
        until=until,
        is_over=is_over,
        reason=reason,
        may_cancel=is_waiting and (is_over or reason == Reason.ACCOUNT),
        may_correct=untouched and on_hold and bool(order.player_id) and not _was_corrected(order),
        held_until=_held_until(order) if reason == Reason.ACCOUNT else None,
    )


def _reason(state: str, waits_for: str) -> Reason:
    if state == TopUp.State.UNKNOWN:
        return Reason.UNKNOWN
    if state == TopUp.State.ACCEPTED:
        return Reason.SUPPLIER
    if state == TopUp.State.SENDING:
        return Reason.SENDING
    return _WAITS.get(waits_for, Reason.MAINTENANCE)


def _was_corrected(order: Order) -> bool:
    return Correction.objects.filter(order=order).exists()


def _held_until(order: Order) -> datetime | None:
    blamed = Attempt.objects.filter(topup__order=order, topup__state=TopUp.State.QUEUED, blames_account=True)
    last = blamed.order_by("-id").first()
    return holding.deadline(order, last) if last else None


def words(standing: Standing) -> tuple[str, str]:
    """Headline and sentence in the active language: what happened and what we do. Buttons say what may be done."""
    if not standing.is_over and standing.reason not in _HOLDS:
        return _("Paid. We are sending it now"), _("Usually this takes a minute.")
    if standing.reason == Reason.ACCOUNT:
        return _("The game does not know this account"), because(Reason.ACCOUNT)
    if not standing.is_over:
        return _("Paid. It has to wait a moment"), because(standing.reason)
    return _("It takes longer than we promised. We are sorry"), because(standing.reason)


def because(reason: Reason) -> str:
    """Why it has not arrived, in the active language."""
    match reason:
        case Reason.ACCOUNT:
            return _("Nothing was sent, and your money is safe. Most often a digit is wrong.")
        case Reason.REFILL:
            return _(
                "Our stock at the supplier ran out and is being filled up. Nothing was sent yet; it goes on by itself."
            )
        case Reason.HOURS:
            return _(
                "Our supplier is closed for this at this hour. Nothing was sent yet; it goes on when they open, or "
                "your money goes back when the promised time is over."
            )
        case Reason.PRICE:
            return _(
                "Our supplier's price has just changed. Nothing was sent yet; you get it for what you paid, or your "
                "money back when the promised time is over."
            )
        case Reason.MAINTENANCE:
            return _(
                "Our supplier takes no orders for this right now, often for maintenance. Nothing was sent yet; "
                "it goes on by itself."
            )
        case Reason.CONNECTION:
            return _("We cannot reach our supplier. Nothing was sent yet; we keep trying.")
        case Reason.QUEUE:
            return _(
                "Another purchase for the same account goes first, so that the two cannot be mixed up. "
                "Yours follows by itself."
            )
        case Reason.SUPPLIER:
            return _(
                "Our supplier has taken the order and not finished it. We keep asking; it ends as your item or as a "
                "refund. Please do not pay again."
            )
        case Reason.UNKNOWN:
            return _(
                "Our supplier's answer was lost. We look into their books, so that nothing is sent twice. "
                "Your money is safe: it ends as your item or as a refund. Please do not pay again."
            )
        case _:
            return _(
                "We are still at it. Your money is safe: it ends as your item or as a refund. Please do not pay again."
            )
