"""What suppliers were asked for, after its customer was erased: evidence for a while, then nobody's any more.

Exactly-once stands on the player a purchase was made for: by it a late row of a supplier's history, a claim, or a
chargeback finds its attempt. After KEPT_FOR nobody asks for that any more (docs/decisions/0027).
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core import poison
from core.models import Discrepancy, InboxMessage, StaffCase
from fulfilment.models import Attempt, HistoryRow

#: From the call on. Suppliers take claims for weeks, card schemes for about four months.
KEPT_FOR = timedelta(days=180)
_AT_ONCE = 500
_NOT_DECIDED = (Attempt.State.SENDING, Attempt.State.UNKNOWN)


def later(user: User) -> int:
    """Every purchase for that customer's orders is forgotten when its time is over; how many. In the erasure's
    transaction."""
    mine = Attempt.objects.filter(topup__order__user=user, forget_at=None)
    return mine.update(forget_at=F("sent_at") + KEPT_FOR)


def forget_due(limit: int = _AT_ONCE) -> int:
    """Purchases whose time is over name no player any more, nor does what stands about their orders; how many."""
    due = Attempt.objects.filter(forget_at__lte=timezone.now()).exclude(state__in=_NOT_DECIDED)
    due = due.exclude(pk__in=poison.resting(Attempt)).order_by("forget_at")
    forgotten = 0
    for pk, number in list(due.values_list("pk", "topup__order__number")[:limit]):
        with poison.counted(Attempt, pk, number):
            _forget(pk, number)
            forgotten += 1
    return forgotten


@transaction.atomic
def _forget(attempt_id: int, number: str) -> None:
    # A word of its own each: two that are forgotten must not look like one player.
    nobody = f"erased:{attempt_id}"
    mine = Attempt.objects.filter(pk=attempt_id).exclude(state__in=_NOT_DECIDED)
    if not mine.update(player_id=nobody, zone="", customer_no="", answer="", serial="", forget_at=None):
        return
    HistoryRow.objects.filter(attempt=attempt_id).update(player_id=nobody)
    StaffCase.objects.filter(about=number).exclude(state=StaffCase.State.OPEN).update(evidence={})
    Discrepancy.objects.filter(about=number).exclude(state=Discrepancy.State.OPEN).update(evidence={})
    InboxMessage.objects.filter(about=number).exclude(state=InboxMessage.State.NEW).update(body="", headers={})
