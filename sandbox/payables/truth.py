"""The gateways' truth, by invoice: what control calls and the paying page look at and act on."""

import json
import sqlite3
from typing import Any

from sandbox.payables.rows import OPEN_STATUSES, invoice_of
from sandbox.state import database
from sandbox.wire import major

_LATE_ORDER = ("EXPIRED", "CANCELED", "FAILED")
_WORDS = {
    "REQUIRES_ACTION": "pending", "ACCEPTING_PAYMENTS": "pending", "ACTIVE": "pending", "CHALLENGED": "pending",
    "SUCCEEDED": "paid", "COMPLETED": "paid", "FAILED": "failed", "REVERSED": "failed", "EXPIRED": "expired",
    "CANCELED": "cancelled",
}  # fmt: skip


def all_payments() -> list[dict[str, Any]]:
    """Everything payable at every gateway, oldest first.

    A late payment counts as paid; `amount` is then what came in.
    """
    rows = database.rows(
        "SELECT p.*,"
        " (SELECT SUM(amount_cents) FROM payments WHERE payable = p.id AND status = 'SUCCEEDED') AS received,"
        " (SELECT SUM(amount_cents) FROM refunds WHERE payable = p.id AND status = 'SUCCEEDED') AS refunded"
        " FROM payables p ORDER BY p.id"
    )
    return [
        {
            "gateway": row["gateway"],
            "invoiceNumber": row["invoice"],
            "reference": row["reference"],
            "method": row["channel_code"],
            "amount": major(row["received"] if row["received"] else row["amount_cents"]),
            "requestedAmount": major(row["amount_cents"]),
            "currency": row["currency"],
            "status": "paid" if row["received"] else _WORDS[row["status"]],
            "refunded": major(row["refunded"] or 0),
            "id": row["session_id"] or row["request_id"],
        }
        for row in rows
    ]


def of(name: str) -> list[sqlite3.Row]:
    """Requests of an invoice, or of one exact reference of a later attempt, newest first."""
    if invoice_of(name) == name:
        return database.rows("SELECT * FROM payables WHERE invoice = ? ORDER BY id DESC", (name,))
    return exactly(name)


def exactly(reference: str) -> list[sqlite3.Row]:
    """Requests of exactly that reference, newest first."""
    return database.rows(
        "SELECT * FROM payables WHERE invoice = ? AND reference = ? ORDER BY id DESC",
        (invoice_of(reference), reference),
    )


def is_paid_by(row: sqlite3.Row, instrument: str) -> bool:
    """Whether its customer was told to pay by that QR code, account number, payment code or address."""
    return json.dumps(instrument) in row["actions"]


def newest_open(rows: list[sqlite3.Row]) -> sqlite3.Row | None:
    """The newest that can be paid in time."""
    return next((row for row in rows if row["status"] in OPEN_STATUSES), None)


def newest_late(rows: list[sqlite3.Row]) -> sqlite3.Row | None:
    """The newest that money may still reach although its time is over: expired before cancelled before failed."""
    by_status = {status: next((row for row in rows if row["status"] == status), None) for status in _LATE_ORDER}
    return next((row for row in by_status.values() if row is not None), None)


def newest_paid(rows: list[sqlite3.Row]) -> sqlite3.Row | None:
    """The newest whose money came in."""
    return next((row for row in rows if _WORDS[row["status"]] == "paid"), None)
