"""How long the store waits for what, in the supplier's business. All times here are seconds or timedeltas."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from fulfilment.models import Attempt, SupplierAccount
from fulfilment.suppliers import for_code
from fulfilment.suppliers.wire import CONNECT_SECONDS

WIRE_MARGIN = timedelta(seconds=5)  # between the end of every time-out and calling a sender dead
SEND_AT_ONCE = timedelta(seconds=5)  # a sender that was held up longer than this no longer sends
ROW_MAY_TRAIL = timedelta(seconds=60)  # a row of the history may be dated that much after the call's end
LONGEST_SKEW = timedelta(seconds=120)
SAME_MOMENT = timedelta(minutes=10)  # a transaction id seen again within it, for the same player, is the same one
COVERED_POLLS = 3
# A reference older than 90 days is forgotten there, and the same call would be a new order.
REFERENCE_HOLDS = timedelta(days=60)
OFFSETS_FROM = 5


def call_length(supplier: str) -> timedelta:
    """The longest a purchase there can take, from the first packet to giving up. Raises KeyError."""
    return timedelta(seconds=CONNECT_SECONDS + for_code(supplier).answer_seconds)


def recheck_pause() -> timedelta:
    """Between the end of a call and the next one under the same reference: within a minute, documented as a race, the
    supplier may take the repetition for a second order."""
    return timedelta(seconds=settings.DIGIFLAZZ_RECHECK_SECONDS)


def settle_length() -> timedelta:
    return timedelta(seconds=settings.GEMGO_SETTLE_SECONDS)


def skew() -> timedelta:
    """How far the supplier's clock may be off: two minutes, less only where the settling time was set shorter."""
    return min(LONGEST_SKEW, settle_length())


def retry_after() -> timedelta:
    """From the end of a call whose outcome is unknown to the moment when one more attempt may be made."""
    return max(settle_length(), timedelta(seconds=settings.GEMGO_TIMEOUT_SECONDS) + skew())


def patience() -> timedelta:
    """How long after `retry_after` missing evidence may still come in before a person is asked."""
    return max(settle_length(), timedelta(minutes=5))


def window(attempt: Attempt, offsets: tuple[timedelta, timedelta]) -> tuple[datetime, datetime]:
    """Between which times of the supplier's clock a row of this attempt can have been made."""
    assert attempt.answered_at is not None
    slowest, fastest = offsets
    return attempt.sent_at - skew() + slowest, attempt.answered_at + skew() + ROW_MAY_TRAIL + fastest


def offsets(account: SupplierAccount, now: datetime) -> tuple[timedelta, timedelta]:
    """How far the supplier's clock was seen behind (≤ 0) and ahead (≥ 0) of ours by its last answers."""
    seen = (
        Attempt.objects.filter(
            account=account, made_at__isnull=False, verdict="", answered_at__gt=now - timedelta(days=1)
        )
        .order_by("-id")
        .values_list("made_at", "answered_at")[:OFFSETS_FROM]
    )
    found = [made_at - answered_at for made_at, answered_at in seen if made_at and answered_at]
    return min(found, default=timedelta()), max(found, default=timedelta())
