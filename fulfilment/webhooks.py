"""What a supplier that knows our references tells by webhook: kept first, then acted upon if it is signed.

Unlike GemGo's callbacks, which anybody could send, these prove who speaks; and the next look at the purchase is a
minute away. So a signed message is believed as much as an answer would be, forwards only.
"""

from __future__ import annotations

import hashlib
import json
import logging

from django.http import HttpRequest

from core import inbox, stopping
from core.cases import open_case
from core.models import InboxMessage
from core.wake import wake
from fulfilment import recording
from fulfilment.codes import receiving
from fulfilment.models import Attempt
from fulfilment.suppliers import by_reference, codes_by_reference, wire
from fulfilment.suppliers.base import News

logger = logging.getLogger(__name__)


def receive(request: HttpRequest, supplier: str) -> bool:
    """The message stands in the inbox and somebody is woken to work it off; False when it is not the supplier's, which
    is kept as evidence and never acted upon. The supplier's test call when an address is set up holds the secret: it is
    answered and not kept."""
    adapter, body = by_reference(supplier), request.body
    if _is_ping(body):
        logger.info("test call of %s", supplier)
        return True
    is_authentic = adapter.is_authentic(request.headers, body)
    news = adapter.read_news(body)
    key = ("body", hashlib.sha256(body).hexdigest()) if news is None else (news.reference, news.status, news.detail)
    inbox.store(supplier, request, key_parts=key, authentic=is_authentic)
    if is_authentic:
        wake("fulfilment.inbox", "topups")
    return is_authentic


def work_inbox(limit: int = 100) -> int:
    """Up to `limit` messages were worked off, one at a time so that many workers share them; how many."""
    worked = 0
    for supplier in codes_by_reference():
        while worked < limit and not stopping.is_asked() and (claimed := inbox.claim(supplier, 1)):
            _work_off(claimed[0])
            worked += 1
    return worked


def _work_off(message: InboxMessage) -> None:
    try:
        _act(message)
    except Exception as problem:
        logger.exception("inbox message %s", message.pk)
        inbox.failed(message, f"{type(problem).__name__}: {problem}")


def _act(message: InboxMessage) -> None:
    news = by_reference(message.party).read_news(message.body.encode())
    if news is None:
        inbox.ignored(message, "it speaks of no purchase")
        return
    attempt = (
        Attempt.objects.select_related("topup__order", "account", "product")
        .filter(account__code=message.party, reference=news.reference)
        .first()
    )
    if attempt is None:
        _strange(message, news)
        return
    recording.hear(attempt, news.placed)
    if news.placed.serial and receiving.is_code_goods(attempt.topup):
        # By now the code is kept sealed; nowhere else may it be read.
        message.body = _without_code(message.body, news.placed.serial)
        message.save(update_fields=["body"])
    inbox.done(message, f"{news.status} {news.detail}", about=attempt.topup.order.number)


def _without_code(body: str, code: str) -> str:
    """The message without the code that it brought; worked off again, it brings none."""
    told = json.loads(body)
    told["data"]["sn"] = ""
    return receiving.masked(json.dumps(told), code)


def _strange(message: InboxMessage, news: News) -> None:
    open_case(
        "foreign_row",
        f"foreign_reference:{message.party}:{news.reference}"[:120],
        f"{message.party}: {news.reference} belongs to no attempt of ours",
        evidence={"message": message.pk, "status": news.status, "rc": news.detail},
        actions="Find out who bought it. Whoever orders by hand on this account must stop, or tell the shop first.",
    )
    inbox.ignored(message, f"no attempt of ours: {news.reference}")


def _is_ping(body: bytes) -> bool:
    told = wire.parsed(body.decode("utf-8", "replace"))
    return isinstance(told, dict) and "data" not in told and "hook_id" in told
