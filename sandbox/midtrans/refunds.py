"""Refunds: taken on at once under the merchant's key, confirmed by the bank later, told both times."""

import sqlite3
import uuid
from typing import Any

from sandbox.midtrans import charges, methods, webhooks
from sandbox.midtrans.errors import Refused
from sandbox.midtrans.webhooks import Event
from sandbox.payables import rows
from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms

FINISH = "midtrans.refund"


def create(order_id: str, body: dict[str, Any]) -> tuple[sqlite3.Row, sqlite3.Row | None]:
    """The transaction and its refund, or None for the refund where the bank rejected it. Raises Refused."""
    row = charges.find(order_id)
    key, amount = body.get("refund_key") or f"{row['reference']}-{uuid.uuid4().hex[:8]}", body.get("amount")
    if not methods.of(row["channel_code"]).refunds or row["status"] != "SUCCEEDED":
        raise Refused(412)
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise Refused(400, "amount must be a whole number")
    with database.transaction() as running:
        if running.one("SELECT id FROM refunds WHERE payable = ? AND reference = ?", (row["id"], key)):
            raise Refused(406, "refund_key has been used before")
        left = rows.received(row["id"]) - rows.given_back(row["id"], ("PENDING", "SUCCEEDED"))
        if amount * 100 > left:
            raise Refused(414)
        if faults.happens("refund", "fail"):
            return row, None
        reason = str(body.get("reason", ""))
        refund = rows.add_refund(running, row, str(uuid.uuid4()), amount * 100, reference=key, reason=reason)
        if not faults.happens("refund", "never"):
            due_ms = refund["created_ms"] + int(faults.number("refund", "finish_after_ms"))
            schedule.add(running, due_ms, FINISH, {"id": refund["id"]})
    with database.transaction() as running:
        webhooks.announce(running, Event.of(row))
    return row, refund


def finish(payload: dict[str, Any], tries: int) -> None:
    """The bank has confirmed the refund, and the second notification is under way."""
    with database.transaction() as running:
        running.execute(
            "UPDATE refunds SET status = 'SUCCEEDED', updated_ms = ? WHERE id = ? AND status = 'PENDING'",
            (now_ms(), payload["id"]),
        )
    refund = database.one("SELECT * FROM refunds WHERE id = ?", (payload["id"],))
    row = database.one("SELECT * FROM payables WHERE id = ?", (refund["payable"],)) if refund is not None else None
    if row is not None:
        with database.transaction() as running:
            webhooks.announce(running, Event.of(row))
