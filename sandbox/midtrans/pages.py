"""Snap: the hosted card page. It is no transaction until its customer tries a card, and its end is told by nobody."""

import sqlite3
import uuid
from typing import Any

from sandbox.midtrans import charges
from sandbox.midtrans.errors import Refused
from sandbox.payables import rows
from sandbox.state import database
from sandbox.wire import now_ms

_LIFE_MS = 24 * 3_600_000
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_SHORTEST_MS, _LONGEST_MS = 5 * 60_000, 7 * 86_400_000


class PageRefused(Exception):
    """Snap's own form of a refusal: `{"error_messages": [...]}` with the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status


def create(body: dict[str, Any]) -> sqlite3.Row:
    """A page waits for its customer. Raises PageRefused, and then nothing was made."""
    try:
        order_id, amount = charges.transaction_details(body)
    except Refused as refused:
        raise PageRefused(refused.details[0]) from refused
    if body.get("enabled_payments") != ["credit_card"]:
        raise PageRefused("enabled_payments must be [credit_card] here: the sandbox's page takes cards only")
    expires_ms = now_ms() + _life_ms(body.get("page_expiry") or body.get("expiry"))
    callbacks = body.get("callbacks")
    finish = callbacks.get("finish") if isinstance(callbacks, dict) else ""
    with database.transaction() as running:
        try:
            charges.ensure_free(running, order_id)
        except Refused as refused:
            raise PageRefused(refused.details[0]) from refused
        return rows.add(
            running,
            "midtrans",
            kind="session",
            request_id=str(uuid.uuid4()),
            session_id=str(uuid.uuid4()),
            reference=order_id,
            channel_code="credit_card",
            country="ID",
            currency="IDR",
            amount_cents=amount * 100,
            details={"payment_type": "credit_card", "finish": finish},
            actions={"masked_card": "48111111-1114", "bank": "bni", "card_type": "credit"},
            expires_ms=expires_ms,
        )


def _life_ms(given: Any) -> int:
    if given is None:
        return _LIFE_MS
    duration = given.get("duration") if isinstance(given, dict) else None
    unit = given.get("unit") if isinstance(given, dict) else None
    if isinstance(duration, bool) or not isinstance(duration, int) or unit not in _UNITS_MS:
        raise PageRefused("page_expiry is invalid")
    life_ms = duration * _UNITS_MS[str(unit)]
    if not _SHORTEST_MS <= life_ms <= _LONGEST_MS:
        raise PageRefused("page_expiry must be between 5 minutes and 7 days")
    return life_ms


def find(token: str) -> sqlite3.Row:
    """The page of that token. Raises PageRefused."""
    row = database.one("SELECT * FROM payables WHERE session_id = ? AND gateway = 'midtrans'", (token,))
    if row is None:
        raise PageRefused("token not found", 404)
    return row


def cancel(token: str) -> None:
    """The page is void. Raises PageRefused while a card is being tried, and when it is void or over already."""
    row = find(token)
    if row["status"] != "ACTIVE":
        raise PageRefused("token already canceled")
    if rows.payments(row["id"]):
        raise PageRefused("Transaction is on progress")
    with database.transaction() as running:
        rows.set_status(running, row, "CANCELED")
