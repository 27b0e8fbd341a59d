"""What becomes of a payment request: money comes in, also late and also twice; a try fails; the time runs out."""

import sqlite3
import uuid

from sandbox.hitpay import shapes, webhooks
from sandbox.hitpay.webhooks import Event
from sandbox.payables import rows
from sandbox.state import database, faults


def pay(running: database.Transaction, row: sqlite3.Row, cents: int) -> list[Event]:
    """`cents` have come in: announced as a form, as a completed request and as a charge, all of one payment."""
    one = rows.add_payment(running, row, str(uuid.uuid4()), cents, "SUCCEEDED")
    row = rows.set_status(running, row, "SUCCEEDED")
    told = [
        *webhooks.v1(row, one, "completed"),
        webhooks.v2("charge.created", shapes.charge(one, row)),
        webhooks.v2("payment_request.completed", shapes.request(row)),
    ]
    if faults.happens("webhook", "out_of_order"):
        told += _failure(rows.add_payment(running, row, str(uuid.uuid4()), cents, "FAILED"), row)
    return told


def fail(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """This try has failed; a card page stays open for another card."""
    one = rows.add_payment(running, row, str(uuid.uuid4()), row["amount_cents"], "FAILED", "declined")
    if row["kind"] != "session":
        row = rows.set_status(running, row, "FAILED")
    return _failure(one, row)


def expire(running: database.Transaction, row: sqlite3.Row) -> list[Event]:
    """The time has run out, which HitPay tells nobody."""
    if row["status"] in rows.DUE_STATUSES:
        rows.set_status(running, row, "EXPIRED")
    return []


def _failure(one: sqlite3.Row, row: sqlite3.Row) -> list[Event]:
    data = shapes.request(row) | {"status": "failed"}
    return [*webhooks.v1(row, one, "failed"), webhooks.v2("payment_request.failed", data)]
