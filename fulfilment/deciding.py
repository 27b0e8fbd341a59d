"""What staff decide about one purchase by the supplier's word: which row it is, that it was never made, how it ended.

All raise Refused, with nothing moved, where it was settled meanwhile or may not be decided yet. Each decision stands in
the audit trail with its reason, from the moment it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from fulfilment import checking, resolving
from fulfilment.models import Attempt, HistoryRow
from storefront.orders import services as orders


def adopt(attempt: Attempt, row_id: int, *, by: str, why: str) -> None:
    """The unknown purchase is that row of its player's history, and goes on as the row says. Nothing is sent."""
    rows = HistoryRow.objects.filter(account_id=attempt.account_id, player_id=attempt.player_id, attempt=None)
    row = rows.filter(pk=row_id).first()
    with _deciding(attempt):
        if row is None or not resolving.adopt(attempt, row, by=by):
            raise _refused(_("That row is not this player's, or one of the two was settled meanwhile."))
        audit.record(by, "attempt adopted", _subject(attempt), after=row.transaction_id, why=why)


def not_made(attempt: Attempt, *, by: str, why: str) -> None:
    """The unknown purchase was never made: its unit is bought once more."""
    _ensure_over(attempt)
    with _deciding(attempt):
        if not resolving.not_created(attempt, by=by):
            raise _settled()
        audit.record(by, "attempt not made", _subject(attempt), why=why)


def arrived(attempt: Attempt, *, by: str, why: str) -> None:
    """The open purchase, known by our reference, was delivered, and so is its unit."""
    with _deciding(attempt):
        if not checking.settle(attempt, arrived=True, by=by):
            raise _settled()
        audit.record(by, "attempt arrived", _subject(attempt), why=why)


def failed(attempt: Attempt, *, by: str, why: str) -> None:
    """The open purchase, known by our reference, failed: its unit looks for another way, or its money goes back."""
    if attempt.state == Attempt.State.UNKNOWN:
        _ensure_over(attempt)
    with _deciding(attempt):
        if not checking.settle(attempt, arrived=False, by=by):
            raise _settled()
        audit.record(by, "attempt failed", _subject(attempt), why=why)


@contextmanager
def _deciding(attempt: Attempt) -> Iterator[None]:
    """One transaction for the decision, what follows from it and its entry; the order is locked before the attempt,
    since a delivery needs it."""
    with transaction.atomic():
        orders.lock(attempt.topup.order_id)
        yield


def _ensure_over(attempt: Attempt) -> None:
    """Raises Refused while a call that was lost may still be carried out."""
    until = resolving.may_come_about_until(attempt)
    if timezone.now() < until:
        at = timezone.localtime(until).strftime("%H:%M:%S")
        raise _refused(_("Not before %(at)s: until then the supplier may still make it.") % {"at": at})


def _subject(attempt: Attempt) -> str:
    return f"attempt:{attempt.pk}"


def _settled() -> Refused:
    return _refused(_("It was settled meanwhile."))


def _refused(message: str) -> Refused:
    return Refused("VALIDATION_ERROR", message)
