"""Rows as the JSON objects that Midtrans sends: codes and amounts as text, times of Jakarta without an offset."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.midtrans import methods
from sandbox.payables import rows
from sandbox.wire import decimal

MERCHANT_ID = "G141532850"
_WORDS = {
    "REQUIRES_ACTION": "pending", "ACTIVE": "pending", "FAILED": "deny", "REVERSED": "deny", "EXPIRED": "expire",
    "CANCELED": "cancel", "CHALLENGED": "capture",
}  # fmt: skip
_CODES = {"pending": "201", "deny": "202", "expire": "407"}


def clock(ms: int) -> str:
    """`2026-06-26 19:00:00`, which means Jakarta."""
    moment = datetime.fromtimestamp(ms // 1000, UTC) + timedelta(hours=7)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def status_word(row: sqlite3.Row) -> str:
    """transaction_status."""
    details = json.loads(row["details"])
    if row["status"] == "ACTIVE" and details.get("denied"):
        return "deny"
    if row["status"] != "SUCCEEDED":
        return _WORDS[row["status"]]
    back = rows.given_back(row["id"], ("PENDING", "SUCCEEDED"))
    if back:
        return "refund" if back >= details["paid_cents"] else "partial_refund"
    return "capture" if details.get("captured") else "settlement"


def transaction(row: sqlite3.Row, *, as_pending: bool = False) -> dict[str, Any]:
    """What all answers and notifications have in common. `as_pending`: as it stood before it was paid."""
    details = json.loads(row["details"])
    method = methods.of(row["channel_code"])
    word = "pending" if as_pending else status_word(row)
    told: dict[str, Any] = {
        "status_code": _CODES.get(word, "200"),
        "status_message": f"{method.label} transaction: {word}",
        "transaction_id": row["request_id"],
        "order_id": row["reference"],
        "merchant_id": MERCHANT_ID,
        "gross_amount": decimal(details.get("paid_cents") or row["amount_cents"]),
        "currency": "IDR",
        "payment_type": details["payment_type"],
        "transaction_time": clock(row["created_ms"]),
        "transaction_status": word,
    }
    if method.fraud:
        told["fraud_status"] = "challenge" if row["status"] == "CHALLENGED" else "accept"
    if word in ("settlement", "refund", "partial_refund") and details.get("paid_ms"):
        told["settlement_time"] = clock(details["paid_ms"])
    return told


def charged(row: sqlite3.Row) -> dict[str, Any]:
    """The answer to a charge. Which shop a code is for is told by the notification only."""
    ways = {name: value for name, value in json.loads(row["actions"]).items() if name != "store"}
    return {**transaction(row), **ways, "expiry_time": clock(row["expires_ms"])}


def looked_up(row: sqlite3.Row) -> dict[str, Any]:
    """The answer to GET status: no QR text and no addresses any more, but refunds."""
    told = transaction(row)
    if told["transaction_status"] == "pending" and methods.of(row["channel_code"]).shouts:
        told |= {"transaction_status": "PENDING", "status_code": "200"}
    ways = {name: value for name, value in json.loads(row["actions"]).items() if name not in ("actions", "qr_string")}
    return {**told, **ways, **_refunds(row)}


def notification(row: sqlite3.Row, *, as_pending: bool = False) -> dict[str, Any]:
    """The body of a webhook, without its signature."""
    return {**looked_up(row), **transaction(row, as_pending=as_pending)}


def _refunds(row: sqlite3.Row) -> dict[str, Any]:
    made = [one for one in rows.refunds(row["id"]) if one["status"] != "FAILED"]
    if not made:
        return {}
    listed = []
    for one in made:
        told = {
            "refund_chargeback_id": one["id"],
            "refund_chargeback_uuid": one["refund_id"],
            "refund_amount": decimal(one["amount_cents"]),
            "created_at": clock(one["created_ms"]),
            "reason": one["reason"],
            "refund_key": one["reference"],
            "refund_method": "Refund API",
        }
        if one["status"] == "SUCCEEDED":
            told["bank_confirmed_at"] = clock(one["updated_ms"])
        listed.append(told)
    total = sum(one["amount_cents"] for one in made)
    return {"refund_amount": decimal(total), "refunds": listed}
