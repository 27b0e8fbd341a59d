"""A purchase that failed for want of such an account: the unit is held, so that the customer can put the account right
instead of beginning anew.

What a refusal was about, its supplier's codes say, or its own account check, asked again just now; a text never does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from fulfilment.models import Attempt, TopUp
from fulfilment.suppliers import player_checker
from fulfilment.suppliers.base import PlayerUnknown, SupplierDenied, SupplierUnavailable
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
ACCOUNT = "account"  # what a held unit waits for
WRONG_ACCOUNT = "wrong_account"  # why it fails, if nobody corrects it
# Whoever is told of a wrong id has at least that long to correct it, however soon the promise is over.
AT_LEAST = timedelta(minutes=30)
_ASK_AGAIN = timedelta(seconds=10)
_ASK_FOR = timedelta(minutes=5)  # a check that stays away that long has no say


@dataclass(frozen=True, slots=True)
class Hold:
    """Not to be sent now; `why` as TopUp.waits_for keeps it."""

    why: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Over:
    """Nobody corrected the account in time: the unit's money goes back."""


def is_for(attempt: Attempt, order: Order) -> bool:
    """Whether the attempt was for the account the order is for now."""
    return attempt.player_id == order.player_id.strip() and attempt.zone == order.zone.strip()


def deadline(order: Order, attempt: Attempt) -> datetime:
    """Until when a unit whose `attempt` failed for its account is held: the promise's end, or AT_LEAST from then."""
    failed_at = attempt.ended_at or attempt.sent_at
    promised = (order.paid_at or failed_at) + timedelta(seconds=order.product.promise_seconds)
    return max(promised, failed_at + AT_LEAST)


def refused_at(order: Order) -> list[datetime]:
    """When the game was heard to know no such account: once for each account the order was for. One statement."""
    blamed = Attempt.objects.filter(topup__order=order, blames_account=True)
    first: dict[tuple[str, str], datetime] = {}
    for attempt in blamed.only("player_id", "zone", "ended_at", "sent_at").order_by("id"):
        first.setdefault((attempt.player_id, attempt.zone), attempt.ended_at or attempt.sent_at)
    return list(first.values())


def look(topup: TopUp, attempts: list[Attempt], now: datetime | None = None) -> Hold | Over | None:
    """Whether the QUEUED unit has to wait for another account; None where its account is not to blame.

    `attempts`: all of the unit's, judged, oldest first. May ask the last one's supplier for the account, once.
    """
    last = attempts[-1] if attempts else None
    if last is None or not is_for(last, topup.order):
        return None
    moment = now or timezone.now()
    if last.blames_account is None and _may_be_the_account(last):
        last.blames_account = True if last.verdict == Attempt.Verdict.PLAYER else _ask(last)
        if last.blames_account is None:
            if moment < (last.ended_at or last.sent_at) + _ASK_FOR:
                return Hold("verdict", _ASK_AGAIN)
            last.blames_account = False
        last.save(update_fields=["blames_account"])
    if not last.blames_account:
        return None
    until = deadline(topup.order, last)
    # An account that was corrected once cannot be corrected again: there is nothing to wait for.
    return Hold(ACCOUNT, until - moment) if moment < until and not topup.corrections else Over()


def _may_be_the_account(attempt: Attempt) -> bool:
    """Whether it failed in a way that the account can have caused. Who goes by our reference says so by its codes;
    of the others nobody knows before the account was asked for."""
    if attempt.verdict == Attempt.Verdict.PLAYER:
        return True
    refused = attempt.state == Attempt.State.REJECTED and attempt.verdict == Attempt.Verdict.REFUSED
    return not attempt.reference and (refused or attempt.state == Attempt.State.FAILED)


def _ask(attempt: Attempt) -> bool | None:
    """Whether the supplier that refused knows no such account, asked afresh; None where it does not answer now."""
    try:
        checker = player_checker(attempt.account.code)
    except KeyError:
        return False  # nobody can say: then it is not the customer who is asked to mend it
    try:
        seen = checker.check_player(attempt.game_code, attempt.player_id, attempt.zone)
    except (SupplierUnavailable, SupplierDenied) as problem:
        logger.warning("attempt %s: nobody says whether its account exists: %s", attempt.pk, problem)
        return None
    return isinstance(seen, PlayerUnknown)
