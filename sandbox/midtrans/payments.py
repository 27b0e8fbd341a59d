"""What becomes of a transaction: paid, denied, held for a decision, expired, taken back.

Each function changes rows in the caller's transaction and answers the notifications that tell of it, in their order.
"""

import sqlite3
from typing import Any

from sandbox.midtrans import methods, webhooks
from sandbox.midtrans.webhooks import Event
from sandbox.payables import rows
from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms

REVERSE, SETTLE = "midtrans.reverse", "midtrans.settle"


def pay(running: database.Transaction, row: sqlite3.Row, cents: int) -> list[Event]:
    """`cents` have come in; late money too. A card is captured now and settled later; a held one is accepted."""
    if row["status"] in ("SUCCEEDED", "REVERSED"):
        return []
    is_card = row["kind"] == "session"
    if row["status"] != "CHALLENGED":
        _try(running, row, cents, "SUCCEEDED")
    else:
        running.execute("UPDATE payments SET status = 'SUCCEEDED' WHERE payable = ? AND status = 'HELD'", (row["id"],))
    row = rows.set_status(running, row, "SUCCEEDED", captured=is_card, paid_ms=now_ms(), paid_cents=cents)
    if is_card:
        schedule.add(running, now_ms() + int(faults.number("midtrans", "settle_after_ms")), SETTLE, {"id": row["id"]})
    elif methods.of(row["channel_code"]).reversible and faults.happens("midtrans", "reverse"):
        due_ms = now_ms() + int(faults.number("midtrans", "reverse_after_ms"))
        schedule.add(running, due_ms, REVERSE, {"id": row["id"]})
    told = [Event.of(row)]
    if faults.happens("webhook", "out_of_order"):
        told.append(Event.of(row, as_pending=True))
    return told


def challenge(running: database.Transaction, row: sqlite3.Row, cents: int) -> list[Event]:
    """The card is charged, but the fraud engine wants the merchant to decide. Nothing for other methods."""
    if row["kind"] != "session" or row["status"] != "ACTIVE":
        return []
    _try(running, row, cents, "HELD")
    return [Event.of(rows.set_status(running, row, "CHALLENGED", paid_ms=now_ms(), paid_cents=cents))]


def fail(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """Denied. A card page stays open for another card; a held card that is denied is over."""
    _try(running, row, row["amount_cents"], "FAILED")
    if row["kind"] == "session" and row["status"] == "ACTIVE":
        return [Event.of(rows.set_status(running, row, "ACTIVE", denied=True))]
    return [Event.of(rows.set_status(running, row, "FAILED"))]


def expire(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """The time has run out, unless something else was quicker. A page that nobody used ends without a word."""
    if row["status"] not in rows.DUE_STATUSES:
        return []
    was_used = row["kind"] != "session" or bool(rows.payments(row["id"]))
    row = rows.set_status(running, row, "EXPIRED")
    return [Event.of(row)] if was_used else []


def reverse(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """A settlement turns into a denial: the bank took the money back."""
    if row["status"] != "SUCCEEDED":
        return []
    running.execute("UPDATE payments SET status = 'REVERSED' WHERE payable = ? AND status = 'SUCCEEDED'", (row["id"],))
    return [Event.of(rows.set_status(running, row, "REVERSED"))]


def reverse_later(payload: dict[str, Any], tries: int) -> None:
    """The reversal that was due has come about and its notification is under way."""
    _later(payload["id"], reverse)


def settle_later(payload: dict[str, Any], tries: int) -> None:
    """A captured card is settled, and announced a second time."""
    _later(payload["id"], settle)


def settle(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """The capture has become a settlement."""
    if row["status"] != "SUCCEEDED":
        return []
    return [Event.of(rows.set_status(running, row, "SUCCEEDED", captured=False))]


def _later(payable_id: int, act: Any) -> None:
    with database.transaction() as running:
        row = running.one("SELECT * FROM payables WHERE id = ?", (payable_id,))
        for event in act(running, row) if row is not None else ():
            webhooks.announce(running, event)


def _try(running: database.Transaction, row: sqlite3.Row, cents: int, status: str) -> None:
    count = running.one("SELECT COUNT(*) FROM payments WHERE payable = ?", (row["id"],))
    number = int(count[0]) + 1 if count is not None else 1
    rows.add_payment(running, row, f"{row['request_id']}/{number}", cents, status)
