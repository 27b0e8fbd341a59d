"""A supplier calls the address that one attempt gave it: a hint that something happened, never what happened."""

from __future__ import annotations

import logging

from django.http import HttpRequest
from django.utils import timezone

from core import inbox
from core.wake import wake
from fulfilment import history
from fulfilment.models import Attempt
from fulfilment.suppliers import codes_with_history

logger = logging.getLogger(__name__)


def receive(request: HttpRequest, supplier: str, token: str) -> bool:
    """The call is kept as it came, the attempt knows that it was called, and the history is looked at soon, once for
    however many calls. False where nobody was given that address; then nothing is kept but a line in the log."""
    attempt = (
        Attempt.objects.filter(callback_token=token, account__code=supplier)
        .values_list("pk", "account_id", "topup__order__number")
        .first()
    )
    if attempt is None:
        logger.warning(
            "callback of %s to an address nobody was given, from %s", supplier, request.META.get("REMOTE_ADDR")
        )
        return False
    attempt_id, account_id, number = attempt
    query = request.META.get("QUERY_STRING", "")
    # The address is the only proof there is; it says who was called, not that the words are the supplier's.
    message = inbox.store(
        supplier,
        request,
        key_parts=(token, request.method or "", query, request.body.decode("utf-8", "replace")),
        authentic=True,
    )
    if message.state == message.State.NEW:
        inbox.done(message, f"hint for attempt {attempt_id}{': ' + query if query else ''}", about=number)
    Attempt.objects.filter(pk=attempt_id, callback_seen_at=None).update(callback_seen_at=timezone.now())
    _look_soon(account_id)
    return True


def work_inbox(limit: int = 100) -> int:
    """Callbacks that staff sent through again: the supplier's history is looked at once more; how many."""
    claimed = [message for supplier in codes_with_history() for message in inbox.claim(supplier, limit)]
    for message in claimed:
        token = message.path.rstrip("/").rpartition("/")[2]
        attempt = Attempt.objects.filter(callback_token=token, account__code=message.party).first()
        if attempt is None:
            inbox.ignored(message, "no attempt of ours has that address")
            continue
        _look_soon(attempt.account_id)
        inbox.done(message, f"hint for attempt {attempt.pk}, again")
    return len(claimed)


def _look_soon(account_id: int) -> None:
    if history.want(account_id):
        wake("fulfilment.poll_wanted", "polls")
