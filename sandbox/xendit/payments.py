"""What becomes of a payment request or session: money comes in, fails to, or the time runs out.

Each function changes rows in the caller's transaction and answers the webhooks that tell of it, in their order.
"""

import sqlite3
import uuid

from sandbox.state import database, faults
from sandbox.wire import now_ms
from sandbox.xendit import shapes
from sandbox.xendit.errors import Refused
from sandbox.xendit.webhooks import Event

_STAYS_AS_IT_IS = ("EXPIRED", "CANCELED")  # Xendit takes late money and leaves the request's status alone


def _payable(running: database.Transaction, payable_id: int) -> sqlite3.Row:
    row = running.one("SELECT * FROM payables WHERE id = ?", (payable_id,))
    assert row is not None
    return row


def _add(
    running: database.Transaction, payable_id: int, cents: int, status: str, failure_code: str | None, created_ms: int
) -> sqlite3.Row:
    payment_id = f"py-{uuid.uuid4()}"
    running.execute(
        "INSERT INTO payments (payment_id, payable, amount_cents, status, failure_code, capture_id, created_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (payment_id, payable_id, cents, status, failure_code, f"cptr-{uuid.uuid4()}", created_ms),
    )
    row = running.one("SELECT * FROM payments WHERE payment_id = ?", (payment_id,))
    assert row is not None
    return row


def _with_request_id(row: sqlite3.Row) -> str:
    """A session gets its payment request when somebody first pays on its page."""
    return row["request_id"] or f"pr-{uuid.uuid4()}"


def capture(running: database.Transaction, row: sqlite3.Row, cents: int) -> list[Event]:
    """`cents` have come in. An expired or cancelled request stays so; any other has SUCCEEDED."""
    created_ms = now_ms()
    payment = _add(running, row["id"], cents, "SUCCEEDED", None, created_ms)
    is_session = row["kind"] == "session"
    status = row["status"] if row["status"] in _STAYS_AS_IT_IS else "COMPLETED" if is_session else "SUCCEEDED"
    running.execute(
        "UPDATE payables SET status = ?, failure_code = NULL, request_id = ?, latest_payment_id = ?, updated_ms = ?"
        " WHERE id = ?",
        (status, _with_request_id(row), payment["payment_id"], created_ms, row["id"]),
    )
    payable = _payable(running, row["id"])
    captured = Event("payment.capture", shapes.payment(payment, payable))
    out_of_order = faults.happens("webhook", "out_of_order")
    if is_session and status == "COMPLETED":
        with_payment_id = not faults.happens("sessions", "omit_payment_id")
        completed = Event("payment_session.completed", shapes.session(payable, with_payment_id=with_payment_id))
        return [captured, completed] if out_of_order else [completed, captured]
    if out_of_order:
        earlier = _add(running, row["id"], row["amount_cents"], "FAILED", "USER_DECLINED_PAYMENT", created_ms - 1_000)
        return [captured, Event("payment.failure", shapes.payment(earlier, payable))]
    return [captured]


def fail(running: database.Transaction, row: sqlite3.Row, failure_code: str) -> list[Event]:
    """This try has failed. A request ends FAILED; a session stays ACTIVE, the customer may try another card."""
    created_ms = now_ms()
    payment = _add(running, row["id"], row["amount_cents"], "FAILED", failure_code, created_ms)
    is_session = row["kind"] == "session"
    running.execute(
        "UPDATE payables SET status = ?, failure_code = ?, request_id = ?, latest_payment_id = ?, updated_ms = ?"
        " WHERE id = ?",
        (
            row["status"] if is_session else "FAILED",
            None if is_session else failure_code,
            _with_request_id(row),
            None if is_session else payment["payment_id"],
            created_ms,
            row["id"],
        ),
    )
    return [Event("payment.failure", shapes.payment(payment, _payable(running, row["id"])))]


def expire(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """The time has run out, unless something else was quicker (then nothing is told)."""
    changed = running.execute(
        "UPDATE payables SET status = 'EXPIRED', updated_ms = ?"
        " WHERE id = ? AND status IN ('REQUIRES_ACTION', 'ACCEPTING_PAYMENTS', 'ACTIVE')",
        (now_ms(), row["id"]),
    ).rowcount
    if not changed:
        return []
    payable = _payable(running, row["id"])
    if row["kind"] == "session":
        return [Event("payment_session.expired", shapes.session(payable))]
    return [Event("payment_request.expiry", shapes.payment_request(payable))]


def find(payment_id: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The payment of that id and what it paid for. Raises Refused (DATA_NOT_FOUND)."""
    row = database.one("SELECT * FROM payments WHERE payment_id = ?", (payment_id,))
    payable = database.one("SELECT * FROM payables WHERE id = ?", (row["payable"],)) if row is not None else None
    if row is None or payable is None:
        raise Refused("DATA_NOT_FOUND", f"Payment {payment_id} could not be found")
    return row, payable
