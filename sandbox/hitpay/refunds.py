"""Refunds: one per payment, without any idempotency, ended later and told by `charge.updated`."""

import json
import sqlite3
import uuid
from typing import Any

from sandbox.hitpay import methods, requests, shapes, webhooks
from sandbox.hitpay.errors import Refused
from sandbox.payables import rows
from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms

FINISH = "hitpay.refund"


def create(body: dict[str, Any]) -> tuple[sqlite3.Row, sqlite3.Row, sqlite3.Row]:
    """The refund, the payment and the request. Raises Refused."""
    payment_id = str(body.get("payment_id") or "")
    cents = requests.amount_cents(body.get("amount"))
    one = database.one("SELECT * FROM payments WHERE payment_id = ? AND status = 'SUCCEEDED'", (payment_id,))
    row = database.one("SELECT * FROM payables WHERE id = ? AND gateway = 'hitpay'", (one["payable"],)) if one else None
    if one is None or row is None:
        raise Refused(404, f"No query results for model [App\\Business\\Charge] {payment_id}")
    if not methods.of(row["channel_code"]).refunds:
        raise Refused(400, "This payment method cannot be refunded.")
    with database.transaction() as running:
        earlier = [past for past in rows.refunds(row["id"]) if json.loads(past["metadata"]) == payment_id]
        if any(past["status"] != "FAILED" for past in earlier):
            raise Refused(400, "This payment has been refunded already.")
        if cents > one["amount_cents"]:
            raise Refused(400, "The amount is greater than what can be refunded.")
        # HitPay is not told our reference: the payment stands in the metadata, so that a refund is found by it.
        made = rows.add_refund(running, row, str(uuid.uuid4()), cents, metadata=payment_id)
        if not faults.happens("refund", "never"):
            due_ms = made["created_ms"] + int(faults.number("refund", "finish_after_ms"))
            succeeds = not faults.happens("refund", "fail")
            schedule.add(running, due_ms, FINISH, {"id": made["id"], "succeeds": succeeds})
    return made, one, row


def find(refund_id: str) -> tuple[sqlite3.Row, sqlite3.Row, sqlite3.Row]:
    """The refund of that id, its payment and its request. Raises Refused (404)."""
    made = database.one("SELECT * FROM refunds WHERE refund_id = ?", (refund_id,))
    missing = Refused(404, f"No query results for model [App\\Business\\Refund] {refund_id}")
    if made is None:
        raise missing
    row = database.one("SELECT * FROM payables WHERE id = ? AND gateway = 'hitpay'", (made["payable"],))
    one = database.one("SELECT * FROM payments WHERE payment_id = ?", (json.loads(made["metadata"]),))
    if row is None or one is None:
        raise missing
    return made, one, row


def finish(payload: dict[str, Any], tries: int) -> None:
    """The refund has succeeded or failed; a success is told."""
    status = "SUCCEEDED" if payload["succeeds"] else "FAILED"
    with database.transaction() as running:
        changed = running.execute(
            "UPDATE refunds SET status = ?, updated_ms = ? WHERE id = ? AND status = 'PENDING'",
            (status, now_ms(), payload["id"]),
        ).rowcount
    made = database.one("SELECT * FROM refunds WHERE id = ?", (payload["id"],))
    if not changed or made is None or status == "FAILED":
        return
    _, one, row = find(made["refund_id"])
    with database.transaction() as running:
        webhooks.announce(running, webhooks.v2("charge.updated", shapes.charge(one, row)))
