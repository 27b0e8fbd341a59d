"""Refunds: accepted at once, ended later, told by webhook."""

import sqlite3
import uuid
from typing import Any

from sandbox.payables import rows
from sandbox.state import database, faults, schedule
from sandbox.wire import major, now_ms
from sandbox.xendit import channels, fields, requests, shapes, webhooks
from sandbox.xendit.errors import Refused

FINISH = "xendit.refund"
_REASONS = ("FRAUDULENT", "DUPLICATE", "REQUESTED_BY_CUSTOMER", "CANCELLATION", "OTHERS")


def create(body: dict[str, Any], idempotency_key: str | None) -> tuple[sqlite3.Row, sqlite3.Row]:
    """A PENDING refund and what it refunds; the same idempotency key answers the first one again. Raises Refused."""
    payable = requests.find(fields.text(body, "payment_request_id", 1, 64))
    reference = fields.text(body, "reference_id", 1, 255)
    reason = fields.choice(body, "reason", _REASONS)
    if body.get("currency", payable["currency"]) != payable["currency"]:
        raise Refused(fields.VALIDATION, f"currency must be {payable['currency']}")
    channel = channels.find(payable["channel_code"], payable["country"])
    if channel is None or not channel.refunds:
        raise Refused("REFUND_NOT_SUPPORTED", f"Refund is not supported for {payable['channel_code']}")
    asked = body.get("amount")
    asked_cents = None if asked is None else fields.amount_cents(asked, payable["currency"], "amount")

    with database.transaction() as running:
        if idempotency_key:
            first = running.one("SELECT * FROM refunds WHERE idempotency_key = ?", (idempotency_key,))
            if first is not None:
                return first, payable
        captured_cents = rows.received(payable["id"])
        left_cents = captured_cents - rows.given_back(payable["id"], ("PENDING", "SUCCEEDED"))
        cents = left_cents if asked_cents is None else asked_cents
        if not captured_cents:
            raise Refused("INELIGIBLE_TRANSACTION_STATUS", "The payment request has no successful payment")
        if cents > left_cents or cents <= 0:
            raise Refused("REFUND_AMOUNT_EXCEEDED", f"At most {major(left_cents)} can be refunded")
        row = rows.add_refund(
            running, payable, f"rfd-{uuid.uuid4()}", cents, reference=reference, reason=reason,
            metadata=body.get("metadata"), idempotency_key=idempotency_key,
        )  # fmt: skip
        if not faults.happens("refund", "never"):
            due_ms = row["created_ms"] + int(faults.number("refund", "finish_after_ms"))
            succeeds = not faults.happens("refund", "fail")
            schedule.add(running, due_ms, FINISH, {"id": row["id"], "succeeds": succeeds})
    return row, payable


def find(refund_id: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The refund of that id and what it refunds. Raises Refused (DATA_NOT_FOUND)."""
    row = database.one("SELECT * FROM refunds WHERE refund_id = ?", (refund_id,))
    payable = database.one("SELECT * FROM payables WHERE id = ?", (row["payable"],)) if row is not None else None
    if row is None or payable is None:
        raise Refused("DATA_NOT_FOUND", f"Refund {refund_id} could not be found")
    return row, payable


def of(request_id: str) -> list[tuple[sqlite3.Row, sqlite3.Row]]:
    """The refunds of a payment request, of all of them if none is named, each with what it refunds; newest first."""
    found = database.rows(
        "SELECT r.refund_id FROM refunds r JOIN payables p ON p.id = r.payable WHERE ? IN ('', p.request_id)"
        " ORDER BY r.id DESC",
        (request_id,),
    )
    return [find(row["refund_id"]) for row in found]


def finish(payload: dict[str, Any], tries: int) -> None:
    """The refund has SUCCEEDED or FAILED and its webhook is under way."""
    status, code = ("SUCCEEDED", None) if payload["succeeds"] else ("FAILED", "REFUND_FAILED")
    with database.transaction() as running:
        changed = running.execute(
            "UPDATE refunds SET status = ?, failure_code = ?, updated_ms = ? WHERE id = ? AND status = 'PENDING'",
            (status, code, now_ms(), payload["id"]),
        ).rowcount
        row = running.one("SELECT * FROM refunds WHERE id = ?", (payload["id"],))
        if not changed or row is None:
            return
        payable = running.one("SELECT * FROM payables WHERE id = ?", (row["payable"],))
        assert payable is not None
        webhooks.announce(running, webhooks.Event(f"refund.{status.lower()}", shapes.refund(row, payable)))
