"""How a purchase stands, asked of a supplier that knows our reference: by making the identical call once more.

The repetition is a look only while two rules hold, both kept here and nowhere else: never sooner than the pause after
the last call under that reference (sooner, the supplier may take it for a second order), and never once the reference
may have been forgotten (then it would be a second order for certain). docs/decisions/0013-by-reference.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core import poison
from core.wake import wake
from fulfilment import clocks, evidence, finishing, profiles, recording, resolving, sending
from fulfilment.models import Attempt, SupplierAccount, TopUp
from fulfilment.suppliers import by_reference
from fulfilment.suppliers.base import Outcome, Placed

logger = logging.getLogger(__name__)
_MOST_LOOKS = 40  # per run: what is left over wakes the next one
_LONGEST_PAUSE = timedelta(hours=1)
_ASK_STAFF_AFTER = timedelta(minutes=15)
_CONFIRM_AFTER = timedelta(hours=1)
_OUT = Q(state=Attempt.State.UNKNOWN) | Q(state=Attempt.State.ACCEPTED, ended_at=None)


def look_due(limit: int = _MOST_LOOKS, now: datetime | None = None) -> int:
    """Up to `limit` purchases that are due have been asked for by their reference; how many. Each is pushed ahead
    first, so that one that breaks its worker does not stand before the others."""
    moment = now or timezone.now()
    due = (
        Attempt.objects.filter(_OUT, next_look_at__lte=moment)
        .exclude(account__paused_why=profiles.DENIED)
        .exclude(pk__in=poison.resting(Attempt))
        .order_by("next_look_at")
        .values_list("pk", flat=True)[:limit]
    )
    looked = 0
    for attempt_id in list(due):
        with poison.counted(Attempt, attempt_id):
            looked += look(attempt_id, now)
    if looked >= limit:
        wake("fulfilment.check", "polls")
    return looked


def look(attempt_id: int, now: datetime | None = None) -> bool:
    """The purchase has been asked for and the answer acted upon; False where it may not be asked for now, or at all."""
    moment = now or timezone.now()
    attempt = _claimed(attempt_id, moment)
    if attempt is None:
        return False
    try:
        placed = by_reference(attempt.account.code).check(sending.ask_of(attempt))
    except Exception as problem:
        # A fault of ours after the bytes may have gone out says nothing of the purchase, like any other lost look.
        logger.exception("attempt %s", attempt.pk)
        placed = Placed(Outcome.UNKNOWN, message=f"{type(problem).__name__} in the adapter")
    _again_later(attempt)
    if placed.outcome == Outcome.DENIED:
        profiles.pause(attempt.account, profiles.DENIED, placed.message or f"HTTP {placed.http_status}")
    elif placed.needs_staff:
        evidence.ask_staff(attempt, [f"the supplier answers: {placed.message}"], [], timezone.now())
    else:
        recording.hear(attempt, placed)
    return True


def confirm_due(account: SupplierAccount, limit: int, now: datetime) -> Iterator[tuple[Attempt, Placed]]:
    """Up to `limit` delivered purchases, asked for once more after their end, with what the supplier says now. One
    counts as confirmed when the caller, done with it, comes for the next.

    Both rules hold here too. What was not answered comes again: each is pushed ahead before it is asked for, every time
    by as long as its end lies back, so that by the time its reference is too old it was asked for a dozen times.
    """
    pause = clocks.call_length(account.code) + clocks.recheck_pause()
    # Its end took the time of the next look away: the pause counts from the last call all the same.
    is_over = (Q(asked_at=None) | Q(asked_at__lt=now - pause)) & (Q(next_look_at=None) | Q(next_look_at__lte=now))
    due = Attempt.objects.filter(
        is_over, ~Q(reference=""), account=account, state=Attempt.State.ACCEPTED, confirmed_at=None,
        ended_at__lt=now - max(_CONFIRM_AFTER, pause), sent_at__gt=now - clocks.REFERENCE_HOLDS,
    )  # fmt: skip
    for attempt in due.select_related("topup__order", "account", "product").order_by("ended_at")[:limit]:
        assert attempt.ended_at is not None
        at = timezone.now()  # the calls before it may have taken their time
        again_at = at + (at - attempt.ended_at)
        if not due.filter(pk=attempt.pk).update(next_look_at=again_at, looks=F("looks") + 1, asked_at=at):
            continue
        try:
            placed = by_reference(account.code).check(sending.ask_of(attempt))
        except Exception:  # a fault of ours says nothing of the purchase: it stays unconfirmed and comes again
            logger.exception("attempt %s could not be confirmed", attempt.pk)
            continue
        if placed.outcome == Outcome.DENIED:
            profiles.pause(account, profiles.DENIED, placed.message or f"HTTP {placed.http_status}")
            return
        if placed.outcome not in (Outcome.ACCEPTED, Outcome.REJECTED):
            continue
        yield attempt, placed
        Attempt.objects.filter(pk=attempt.pk).update(confirmed_at=now, next_look_at=None)


def settle(attempt: Attempt, *, arrived: bool, by: str) -> bool:
    """A person has learned from the supplier how an open purchase ended, and the unit goes on accordingly: delivered,
    or looking for another way. False where it was settled meanwhile, or where a lost purchase cannot have failed yet
    (`resolving.may_come_about_until`)."""
    quiet = Q() if arrived else resolving.nothing_on_the_wire(attempt, timezone.now())
    said = f"{'arrived' if arrived else 'failed'}, by {by}"
    with transaction.atomic():
        taken = Attempt.objects.filter(_OUT, ~Q(reference=""), quiet, pk=attempt.pk).update(
            state=Attempt.State.ACCEPTED, resolution=said, next_look_at=None
        )
        if not taken:
            return False
        TopUp.objects.filter(pk=attempt.topup_id, state=TopUp.State.UNKNOWN).update(state=TopUp.State.ACCEPTED)
    attempt.refresh_from_db()
    evidence.close_case(attempt, said)
    if arrived:
        return finishing.deliver(attempt)
    failed = finishing.fail_attempt(attempt, Attempt.Verdict.STAFF)
    wake("fulfilment.send", "topups", attempt.topup_id)
    return failed


def retire_old(now: datetime | None = None) -> None:
    """Purchases whose reference may be forgotten soon are not asked for any more: from here on only a person can tell
    how they ended."""
    moment = now or timezone.now()
    old = Attempt.objects.filter(_OUT, next_look_at__isnull=False, sent_at__lte=moment - clocks.REFERENCE_HOLDS)
    old = old.exclude(pk__in=poison.resting(Attempt)).order_by("sent_at")
    for attempt in old.select_related("topup__order", "account", "product")[:100]:
        with poison.counted(Attempt, attempt.pk):
            # The case first: whoever dies in between does it again.
            evidence.report(attempt, "reference_too_old", "A top-up is open for so long that it cannot be asked for")
            Attempt.objects.filter(pk=attempt.pk).update(next_look_at=None)


def ask_overdue(limit: int = 100, now: datetime | None = None) -> None:
    """The oldest unknown purchases that nobody could ask for within a quarter of an hour are cases; they are still
    asked for. Those that are cases already make room for the rest."""
    moment = now or timezone.now()
    overdue = Attempt.objects.filter(state=Attempt.State.UNKNOWN, answered_at__lt=moment - _ASK_STAFF_AFTER)
    overdue = overdue.filter(evidence.not_asked_about(), ~Q(reference="")).exclude(pk__in=poison.resting(Attempt))
    for attempt in overdue.select_related("topup__order", "account", "product").order_by("answered_at")[:limit]:
        with poison.counted(Attempt, attempt.pk):
            evidence.ask_staff(attempt, ["the supplier does not answer when asked by our reference"], [], moment)


def _claimed(attempt_id: int, moment: datetime) -> Attempt | None:
    """The attempt, if it is this worker's to ask for: committed before the call, so that a second worker, or the next
    one after a crash, waits the whole pause again."""
    with transaction.atomic():
        attempt = (
            Attempt.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("topup__order", "account", "product")
            .filter(_OUT, pk=attempt_id, next_look_at__lte=moment, sent_at__gt=moment - clocks.REFERENCE_HOLDS)
            .first()
        )
        if attempt is None:
            return None
        until = moment + clocks.call_length(attempt.account.code) + clocks.recheck_pause()
        Attempt.objects.filter(pk=attempt.pk).update(next_look_at=until, looks=F("looks") + 1, asked_at=moment)
    return attempt


def _again_later(attempt: Attempt) -> None:
    """The next look follows after the pause from this call's end; ever longer ones, the longer it takes."""
    now = timezone.now()
    pause = max(clocks.recheck_pause(), min((now - attempt.sent_at) / 4, _LONGEST_PAUSE))
    Attempt.objects.filter(_OUT, pk=attempt.pk).update(next_look_at=now + pause)
