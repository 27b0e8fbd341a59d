"""What becomes of a payment request or session: money comes in, fails to, or the time runs out.

Each function changes rows in the caller's transaction and answers the webhooks that tell of it, in their order.
"""

import sqlite3
import uuid

from sandbox.payables import rows
from sandbox.state import database, faults
from sandbox.wire import now_ms
from sandbox.xendit import shapes
from sandbox.xendit.errors import Refused
from sandbox.xendit.webhooks import Event

_STAYS_AS_IT_IS = ("EXPIRED", "CANCELED")  # Xendit takes late money and leaves the request's status alone


def _try(
    running: database.Transaction,
    row: sqlite3.Row,
    cents: int,
    status: str,
    failure_code: str = "",
    created_ms: int | None = None,
) -> sqlite3.Row:
    payment_id, capture_id = f"py-{uuid.uuid4()}", f"cptr-{uuid.uuid4()}"
    return rows.add_payment(
        running, row, payment_id, cents, status, failure_code, capture_id=capture_id, created_ms=created_ms
    )


def _with_request_id(row: sqlite3.Row) -> str:
    """A session gets its payment request when somebody first pays on its page."""
    return row["request_id"] or f"pr-{uuid.uuid4()}"


def capture(running: database.Transaction, row: sqlite3.Row, cents: int) -> list[Event]:
    """`cents` have come in. An expired or cancelled request stays so; any other has SUCCEEDED."""
    payment = _try(running, row, cents, "SUCCEEDED")
    is_session = row["kind"] == "session"
    status = row["status"] if row["status"] in _STAYS_AS_IT_IS else "COMPLETED" if is_session else "SUCCEEDED"
    running.execute(
        "UPDATE payables SET status = ?, failure_code = NULL, request_id = ?, latest_payment_id = ?, updated_ms = ?"
        " WHERE id = ?",
        (status, _with_request_id(row), payment["payment_id"], payment["created_ms"], row["id"]),
    )
    payable = rows.fresh(running, row["id"])
    captured = Event("payment.capture", shapes.payment(payment, payable))
    out_of_order = faults.happens("webhook", "out_of_order")
    if is_session and status == "COMPLETED":
        with_payment_id = not faults.happens("sessions", "omit_payment_id")
        completed = Event("payment_session.completed", shapes.session(payable, with_payment_id=with_payment_id))
        return [captured, completed] if out_of_order else [completed, captured]
    if out_of_order:
        before_ms = payment["created_ms"] - 1_000
        earlier = _try(running, row, row["amount_cents"], "FAILED", "USER_DECLINED_PAYMENT", before_ms)
        return [captured, Event("payment.failure", shapes.payment(earlier, payable))]
    return [captured]


def fail(running: database.Transaction, row: sqlite3.Row, failure_code: str) -> list[Event]:
    """This try has failed. A request ends FAILED; a session stays ACTIVE, the customer may try another card."""
    payment = _try(running, row, row["amount_cents"], "FAILED", failure_code)
    is_session = row["kind"] == "session"
    running.execute(
        "UPDATE payables SET status = ?, failure_code = ?, request_id = ?, latest_payment_id = ?, updated_ms = ?"
        " WHERE id = ?",
        (
            row["status"] if is_session else "FAILED",
            None if is_session else failure_code,
            _with_request_id(row),
            None if is_session else payment["payment_id"],
            payment["created_ms"],
            row["id"],
        ),
    )
    return [Event("payment.failure", shapes.payment(payment, rows.fresh(running, row["id"])))]


def expire(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """The time has run out, unless something else was quicker (then nothing is told)."""
    changed = running.execute(
        "UPDATE payables SET status = 'EXPIRED', updated_ms = ?"
        " WHERE id = ? AND status IN ('REQUIRES_ACTION', 'ACCEPTING_PAYMENTS', 'ACTIVE')",
        (now_ms(), row["id"]),
    ).rowcount
    if not changed:
        return []
    payable = rows.fresh(running, row["id"])
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
