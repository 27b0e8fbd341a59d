"""Rows of the table `payables`: made by a gateway's own calls, found by invoice, reference or id."""

import json
import re
import sqlite3
from typing import Any

from sandbox.state import database
from sandbox.wire import now_ms

#: Every gateway keeps these words; it translates them for its wire.
OPEN_STATUSES = ("REQUIRES_ACTION", "ACCEPTING_PAYMENTS", "ACTIVE", "CHALLENGED")
DUE_STATUSES = OPEN_STATUSES[:3]
_ATTEMPT = re.compile(r"-a?\d{1,4}$")


def invoice_of(reference: str) -> str:
    """The invoice number in a reference: a second attempt's is `<invoice>-2`."""
    return _ATTEMPT.sub("", reference)


def add(
    running: database.Transaction,
    gateway: str,
    *,
    kind: str,
    request_id: str | None,
    session_id: str | None = None,
    reference: str,
    channel_code: str,
    country: str,
    currency: str,
    amount_cents: int,
    details: dict[str, Any],
    actions: Any,
    expires_ms: int,
    status: str = "",
) -> sqlite3.Row:
    """A payable that waits for its customer; a `session` is a hosted page that may be tried again."""
    created_ms = now_ms()
    cursor = running.execute(
        "INSERT INTO payables (gateway, kind, request_id, session_id, invoice, reference, channel_code, country,"
        " currency, amount_cents, status, details, actions, created_ms, updated_ms, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            gateway,
            kind,
            request_id,
            session_id,
            invoice_of(reference),
            reference,
            channel_code,
            country,
            currency,
            amount_cents,
            status or ("ACTIVE" if kind == "session" else "REQUIRES_ACTION"),
            json.dumps(details),
            json.dumps(actions),
            created_ms,
            created_ms,
            expires_ms,
        ),
    )
    running.wake_at(expires_ms)
    return fresh(running, int(cursor.lastrowid or 0))


def fresh(running: database.Transaction, payable_id: int) -> sqlite3.Row:
    """The row as it stands in this transaction."""
    row = running.one("SELECT * FROM payables WHERE id = ?", (payable_id,))
    assert row is not None
    return row


def set_status(running: database.Transaction, row: sqlite3.Row, status: str, **details: Any) -> sqlite3.Row:
    """The row has that status, and these details beside the ones it had."""
    told = {**json.loads(row["details"]), **details}
    running.execute(
        "UPDATE payables SET status = ?, details = ?, updated_ms = ? WHERE id = ?",
        (status, json.dumps(told), now_ms(), row["id"]),
    )
    return fresh(running, row["id"])


def add_payment(
    running: database.Transaction,
    row: sqlite3.Row,
    payment_id: str,
    cents: int,
    status: str,
    failure_code: str = "",
    *,
    capture_id: str | None = None,
    created_ms: int | None = None,
) -> sqlite3.Row:
    """One try to pay, now unless said otherwise: SUCCEEDED, FAILED, or later REVERSED."""
    made_ms = now_ms() if created_ms is None else created_ms
    running.execute(
        "INSERT INTO payments (payment_id, payable, amount_cents, status, failure_code, capture_id, created_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (payment_id, row["id"], cents, status, failure_code or None, capture_id, made_ms),
    )
    payment = running.one("SELECT * FROM payments WHERE payment_id = ?", (payment_id,))
    assert payment is not None
    return payment


def add_refund(
    running: database.Transaction,
    row: sqlite3.Row,
    refund_id: str,
    cents: int,
    *,
    reference: str = "",
    reason: str = "",
    status: str = "PENDING",
    metadata: Any = None,
    idempotency_key: str | None = None,
) -> sqlite3.Row:
    """Money of the payable on its way back."""
    made_ms = now_ms()
    running.execute(
        "INSERT INTO refunds (refund_id, payable, amount_cents, reference, reason, status, metadata, idempotency_key,"
        " created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            refund_id,
            row["id"],
            cents,
            reference,
            reason,
            status,
            json.dumps(metadata),
            idempotency_key,
            made_ms,
            made_ms,
        ),
    )
    refund = running.one("SELECT * FROM refunds WHERE refund_id = ?", (refund_id,))
    assert refund is not None
    return refund


def received(payable_id: int) -> int:
    """What came in, in hundredths."""
    return _sum("SELECT SUM(amount_cents) FROM payments WHERE payable = ? AND status = 'SUCCEEDED'", payable_id)


def given_back(payable_id: int, statuses: tuple[str, ...] = ("SUCCEEDED",)) -> int:
    """What went back, in hundredths; with PENDING also what is on its way."""
    marks = ", ".join(f"'{status}'" for status in statuses)
    return _sum(f"SELECT SUM(amount_cents) FROM refunds WHERE payable = ? AND status IN ({marks})", payable_id)  # noqa: S608


def _sum(sql: str, payable_id: int) -> int:
    row = database.one(sql, (payable_id,))
    return int(row[0] or 0) if row is not None else 0


def payments(payable_id: int) -> list[sqlite3.Row]:
    """Every try to pay it, oldest first."""
    return database.rows("SELECT * FROM payments WHERE payable = ? ORDER BY id", (payable_id,))


def refunds(payable_id: int) -> list[sqlite3.Row]:
    """Every refund of it, oldest first."""
    return database.rows("SELECT * FROM refunds WHERE payable = ? ORDER BY id", (payable_id,))
