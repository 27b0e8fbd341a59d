"""When a payment is next looked at: often while the customer may be paying, seldom while money may still come late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
LATE_FOR = timedelta(hours=72)
_LIVE_S = (10, 10, 15, 20, 30, 45, 60, 90, 120)
_OVERDUE_S = 15
_LATE_S = (600, 1800, 3600, 7200, 14400, 21600)
# A second payment of a code that was paid already: the webhook tells of it; these looks are for when it does not.
_SETTLED_S = (3600, 24 * 3600, 47 * 3600)

# When a payment is held against its gateway's books (payments.reconciling), counted from its making: after the usual
# customer has paid, after the day, after the last late look, and later for refunds that somebody makes over there.
_COMPARED_AFTER = (
    timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=25), timedelta(hours=73),
    timedelta(days=7), timedelta(days=30),
)  # fmt: skip


def first_comparison() -> datetime:
    """For a payment made now."""
    return timezone.now() + _COMPARED_AFTER[0]


def next_comparison(created_at: datetime, now: datetime) -> datetime | None:
    """The first that is still to come; None when there is none."""
    return next((created_at + after for after in _COMPARED_AFTER if created_at + after > now), None)


def next_look(polls: int, *, is_live: bool, is_settled: bool, expires_at: datetime, now: datetime) -> datetime:
    """The next look after the `polls`-th, at the latest at the deadline of a live payment; NEVER when there is none."""
    if is_live:
        if expires_at <= now:
            return now + timedelta(seconds=_OVERDUE_S)
        return min(now + timedelta(seconds=_LIVE_S[min(polls, len(_LIVE_S) - 1)]), expires_at)
    if is_settled:
        return now + timedelta(seconds=_SETTLED_S[polls]) if polls < len(_SETTLED_S) else NEVER
    due = now + timedelta(seconds=_LATE_S[min(polls, len(_LATE_S) - 1)])
    return due if due < expires_at + LATE_FOR else NEVER
