"""Doors for Celery. Rows say what there is to do; a lost, doubled or late message changes nothing but the time (F3)."""

from __future__ import annotations

import logging
import time
from itertools import chain

from celery import shared_task

from accounts.models import Level
from core import poison, stopping
from core.wake import wake
from fulfilment import (
    callbacks,
    checking,
    finishing,
    history,
    pace,
    profiles,
    promises,
    reconciling,
    resolving,
    sending,
    syncing,
    taking,
    webhooks,
)
from fulfilment.codes import importing, stock
from fulfilment.desk import forgetting
from fulfilment.models import TopUp
from fulfilment.numbers import days as numbers
from fulfilment.numbers import proving as proving_numbers
from fulfilment.pricing import closing, drafts

logger = logging.getLogger(__name__)
# What is sent here saves a message; the rest goes to as many threads. Units of one order stay together: they are for
# one player, and only one purchase for a player may be in the dark at a time.
_SENT_HERE = 2
_SWEPT = 200
# So many units in the queue keep every thread busy until the clock's next look, and up to four times as many where
# suppliers answer at once; further ones would only grow old there, and be handed out again after taking.HEAD_START.
_READY = 150


@shared_task(name="fulfilment.take")
def take(level: str = "") -> int:
    """Paid orders are taken up and, where they are few, sent at once; with `level` those of its members alone, and by
    the queue that others do not fill."""
    made, queue = taking.take(taking.MOST_AT_ONCE, level=level), "priority" if level else "topups"
    if len(made) < taking.MOST_AT_ONCE:
        _hand_out(made, queue)
        return len(made)
    # There may be more. The next look stands amid these, so that nobody is idle while it takes.
    size = min(pace.units(), len(made) // 2)
    groups = [[*chain(*made[at : at + size])] for at in range(0, len(made), size)]
    middle = len(groups) // 2
    _hand_out(groups[:middle], queue, is_backlog=True)
    if not sending.are_many_ready(_READY * pace.units() // pace.FEWEST):
        wake("fulfilment.take", queue, *([level] if level else []))
    _hand_out(groups[middle:], queue, is_backlog=True)
    return len(made)


@shared_task(name="fulfilment.send")
def send(*topups: int) -> None:
    """These units, if they still wait, are sent one after the other. A worker that ends, or that a slow supplier holds
    up, hands the rest to the next."""
    until = time.monotonic() + pace.LONGEST_S
    for position, topup_id in enumerate(topups):
        if stopping.is_asked() or (position and time.monotonic() > until):
            came_by = (send.request.delivery_info or {}).get("routing_key")
            wake("fulfilment.send", came_by or "topups", *topups[position:])
            return
        _send(topup_id)


@shared_task(name="fulfilment.sweep")
def sweep() -> None:
    """Whatever nobody was woken for, or was left by a worker that died, is found and goes on."""
    for look in (
        sending.give_up_dead, resolving.look_after_accepted, resolving.ask_overdue, checking.ask_overdue,
        checking.retire_old, finishing.end_forgotten, resolving.report_foreign, promises.tell_late,
    ):  # fmt: skip
        try:
            look()
        except Exception:  # the other looks go on; a single row that fails is counted by the look itself
            logger.exception("%s", look.__name__)
    due = sending.due(_SWEPT)
    first = taking.of_level(due, Level.ROYAL) if due else set()
    _hand_out([[topup_id] for topup_id in due if topup_id in first], "priority")
    _hand_out([[topup_id] for topup_id in due if topup_id not in first])


@shared_task(name="fulfilment.poll")
def poll() -> None:
    history.poll_due()


@shared_task(name="fulfilment.poll_wanted")
def poll_wanted() -> None:
    history.poll_wanted()


@shared_task(name="fulfilment.check")
def check() -> None:
    """Purchases that suppliers know by our reference are asked for, as they fall due."""
    checking.look_due()


@shared_task(name="fulfilment.inbox")
def work_inbox() -> None:
    """What suppliers told by webhook is worked off."""
    webhooks.work_inbox()
    callbacks.work_inbox()


@shared_task(name="fulfilment.catalogues")
def catalogues() -> None:
    """Prices that sellers change at will are read again."""
    syncing.sync_due()


@shared_task(name="fulfilment.reprice")
def reprice() -> None:
    """Costs, rates and rules are looked at: what costs more than its price is closed, what moved is a new draft."""
    for look in (closing.review, drafts.reprice, drafts.forget_old):
        try:
            look()
        except Exception:  # the other looks go on; what a look left undone, the next run finds again
            logger.exception("%s", look.__name__)


@shared_task(name="fulfilment.supplier_profile")
def supplier_profile() -> None:
    profiles.look_after()


@shared_task(name="fulfilment.reconcile")
def reconcile() -> None:
    """Our purchases are held against the suppliers' books, and their daily statements kept."""
    reconciling.reconcile_due()


@shared_task(name="fulfilment.stocks")
def stocks() -> None:
    """Stocks of codes are counted anew, and forgotten drafts of files discarded."""
    stock.recount_all()
    importing.discard_forgotten()


@shared_task(name="fulfilment.numbers")
def sum_days() -> None:
    """Days to which something new belongs are summed again."""
    numbers.keep()


@shared_task(name="fulfilment.prove_numbers")
def prove_numbers() -> None:
    """The sums of days are what the ledger says, or staff have a case."""
    proving_numbers.prove()


@shared_task(name="fulfilment.forget")
def forget() -> int:
    """Purchases of erased customers that are evidence of nothing any more name nobody."""
    return forgetting.forget_due()


def _hand_out(groups: list[list[int]], queue: str = "topups", *, is_backlog: bool = False) -> None:
    here = 0 if is_backlog or stopping.is_asked() else _SENT_HERE
    for group in groups[here:]:
        wake("fulfilment.send", queue, *group)
    for group in groups[:here]:
        send(*group)


def _send(topup_id: int) -> None:
    with poison.counted(TopUp, topup_id):  # it comes up again when it has rested; the others do not wait for it
        sending.send(topup_id)
