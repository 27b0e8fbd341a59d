"""Rows as the JSON objects that HitPay sends: text amounts and lower-case currencies in requests, numbers in charges,
times of UTC+8 without an offset."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import surroundings
from sandbox.hitpay import methods
from sandbox.payables import rows
from sandbox.wire import decimal

_WORDS = {
    "REQUIRES_ACTION": "pending", "ACTIVE": "pending", "SUCCEEDED": "completed", "FAILED": "failed",
    "EXPIRED": "expired", "CANCELED": "canceled",
}  # fmt: skip
BUSINESS = "9f0000b5-0000-4000-8000-000000000001"


def clock(ms: int) -> str:
    """`2026-06-26T20:00:00`, which means Singapore."""
    return (datetime.fromtimestamp(ms // 1000, UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")


def page_url(row: sqlite3.Row) -> str:
    """The hosted page."""
    return f"{surroundings.URL}/hitpay/payment-request/@gate/{row['request_id']}/checkout"


def request(row: sqlite3.Row, *, fresh: bool = False) -> dict[str, Any]:
    """A payment request. `fresh`: as the create call answers it, with what the customer is shown."""
    details = json.loads(row["details"])
    told: dict[str, Any] = {
        "id": row["request_id"],
        "name": details.get("name"),
        "email": details.get("email"),
        "phone": details.get("phone"),
        "amount": decimal(row["amount_cents"]),
        "currency": row["currency"].lower(),
        "is_currency_editable": False,
        "status": _WORDS[row["status"]],
        "purpose": details.get("purpose"),
        "reference_number": row["reference"],
        "payment_methods": [row["channel_code"]],
        "url": page_url(row),
        "redirect_url": details.get("redirect_url"),
        "webhook": details.get("webhook"),
        "send_sms": details.get("send_sms") == "true",
        "send_email": details.get("send_email") == "true",
        "allow_repeated_payments": False,
        "expiry_date": clock(row["expires_ms"]),
        "metadata": details.get("metadata"),
        "created_at": clock(row["created_ms"]),
        "updated_at": clock(row["updated_ms"]),
        "business_location_id": None,
    }
    if fresh:
        told |= json.loads(row["actions"])
        return told
    return told | {"payments": [payment(one, row) for one in rows.payments(row["id"])]}


def payment(one: sqlite3.Row, row: sqlite3.Row) -> dict[str, Any]:
    """One try to pay, as it stands inside a request."""
    back = _back(one, row)
    return {
        "id": one["payment_id"],
        "quantity": 1,
        "status": _payment_status(one, back),
        "buyer_name": "Sandbox",
        "buyer_phone": None,
        "buyer_email": None,
        "currency": row["currency"].lower(),
        "amount": decimal(one["amount_cents"]),
        "refunded_amount": decimal(back),
        "payment_type": row["channel_code"],
        "fees": "0.00",
        "created_at": clock(one["created_ms"]),
        "updated_at": clock(row["updated_ms"]),
    }


def charge(one: sqlite3.Row, row: sqlite3.Row) -> dict[str, Any]:
    """The same payment as a charge: amounts are numbers."""
    back = _back(one, row)
    return {
        "id": one["payment_id"],
        "business_id": BUSINESS,
        "channel": "payment_gateway",
        "payment_request_id": row["request_id"],
        "payment_request": {"id": row["request_id"], "reference_number": row["reference"]},
        "status": _payment_status(one, back),
        "amount": one["amount_cents"] / 100,
        "currency": row["currency"].lower(),
        "refunded_amount": back / 100,
        "payment_provider": {"code": methods.of(row["channel_code"]).code},
        "created_at": clock(one["created_ms"]),
        "closed_at": f"{clock(one['created_ms'])}+08:00",
    }


def refund(made: sqlite3.Row, one: sqlite3.Row, row: sqlite3.Row, *, with_status: bool) -> dict[str, Any]:
    """A refund; older accounts are told no status."""
    words = {"PENDING": "pending", "SUCCEEDED": "succeeded", "FAILED": "failed"}
    return {
        "id": made["refund_id"],
        "refunded_by": "api",
        "payment_id": one["payment_id"],
        "amount_refunded": made["amount_cents"] / 100,
        "total_amount": one["amount_cents"] / 100,
        "currency": row["currency"].lower(),
        "status": words[made["status"]] if with_status else None,
        "payment_method": row["channel_code"],
        "created_at": clock(made["created_ms"]),
    }


def _back(one: sqlite3.Row, row: sqlite3.Row) -> int:
    made = [made for made in rows.refunds(row["id"]) if made["status"] == "SUCCEEDED"]
    return sum(made["amount_cents"] for made in made if json.loads(made["metadata"]) == one["payment_id"])


def _payment_status(one: sqlite3.Row, back: int) -> str:
    if one["status"] != "SUCCEEDED":
        return "failed"
    if not back:
        return "succeeded"
    return "refunded" if back >= one["amount_cents"] else "partially_refunded"
