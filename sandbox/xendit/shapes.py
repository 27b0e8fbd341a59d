"""Rows as the JSON objects that Xendit sends. Amounts are JSON numbers in major units."""

import json
import sqlite3
from typing import Any

from sandbox import surroundings
from sandbox.wire import iso_millis, major

BUSINESS_ID = "661f87c614802d6c402cd82d"


def payment_request(row: sqlite3.Row) -> dict[str, Any]:
    """A payment request."""
    details = json.loads(row["details"])
    told: dict[str, Any] = {
        "business_id": BUSINESS_ID,
        "reference_id": row["reference"],
        "payment_request_id": row["request_id"],
        "type": details.get("type", "PAY"),
        "country": row["country"],
        "currency": row["currency"],
        "request_amount": major(row["amount_cents"]),
        "capture_method": details.get("capture_method", "AUTOMATIC"),
        "channel_code": row["channel_code"],
        "channel_properties": details.get("channel_properties", {}),
        "actions": json.loads(row["actions"]),
        "status": _request_status(row),
    }
    for name in ("description", "metadata", "items", "customer_id"):
        if details.get(name) is not None:
            told[name] = details[name]
    if row["latest_payment_id"]:
        told["latest_payment_id"] = row["latest_payment_id"]
    if row["failure_code"]:
        told["failure_code"] = row["failure_code"]
    told["created"], told["updated"] = iso_millis(row["created_ms"]), iso_millis(row["updated_ms"])
    return told


def _request_status(row: sqlite3.Row) -> str:
    """The request behind a session has a request's words."""
    status = str(row["status"])
    return {"ACTIVE": "REQUIRES_ACTION", "COMPLETED": "SUCCEEDED"}.get(status, status)


def session(row: sqlite3.Row, *, with_payment_id: bool = True) -> dict[str, Any]:
    """A session, with the request and payment that came of it."""
    details = json.loads(row["details"])
    told = {
        "payment_session_id": row["session_id"],
        "created": iso_millis(row["created_ms"]),
        "updated": iso_millis(row["updated_ms"]),
        "reference_id": row["reference"],
        "customer_id": details.get("customer_id"),
        "session_type": details["session_type"],
        "currency": row["currency"],
        "amount": major(row["amount_cents"]),
        "country": row["country"],
        "mode": details["mode"],
        "capture_method": details["capture_method"],
        "channel_properties": details.get("channel_properties") or {},
        "allowed_payment_channels": details.get("allowed_payment_channels") or [],
        "expires_at": iso_millis(row["expires_ms"]),
        "locale": details.get("locale", "en"),
        "description": details.get("description"),
        "success_return_url": details.get("success_return_url"),
        "cancel_return_url": details.get("cancel_return_url"),
        "items": details.get("items"),
        "metadata": details.get("metadata"),
        "status": row["status"],
        "payment_link_url": f"{surroundings.URL}/pay/{row['reference']}",
        "payment_token_id": None,
        "payment_request_id": row["request_id"],
        "business_id": BUSINESS_ID,
    }
    if with_payment_id:
        told["payment_id"] = row["latest_payment_id"]
    return told


def payment(row: sqlite3.Row, payable: sqlite3.Row) -> dict[str, Any]:
    """A payment: `captures` is the money, `request_amount` only what was asked for."""
    details = json.loads(payable["details"])
    created = iso_millis(row["created_ms"])
    told: dict[str, Any] = {
        "payment_id": row["payment_id"],
        "business_id": BUSINESS_ID,
        "reference_id": payable["reference"],
        "payment_request_id": payable["request_id"],
        "type": details.get("type", "PAY"),
        "country": payable["country"],
        "currency": payable["currency"],
        "request_amount": major(payable["amount_cents"]),
        "capture_method": details.get("capture_method", "AUTOMATIC"),
        "channel_code": payable["channel_code"],
        "status": row["status"],
        "metadata": details.get("metadata"),
        "created": created,
        "updated": created,
    }
    if row["status"] == "SUCCEEDED":
        told["captures"] = [
            {
                "capture_id": row["capture_id"],
                "capture_amount": major(row["amount_cents"]),
                "capture_timestamp": created,
            }
        ]
        told["payment_details"] = {"issuer_name": "Sandbox Bank", "receipt_id": row["payment_id"][-12:], "remark": None}
    if row["failure_code"]:
        told["failure_code"] = row["failure_code"]
    return told


def refund(row: sqlite3.Row, payable: sqlite3.Row) -> dict[str, Any]:
    """A refund."""
    return {
        "id": row["refund_id"],
        "payment_request_id": payable["request_id"],
        "payment_id": payable["latest_payment_id"],
        "invoice_id": None,
        "amount": major(row["amount_cents"]),
        "payment_method_type": "CARD" if payable["channel_code"] == "CARDS" else "EWALLET",
        "channel_code": payable["channel_code"],
        "currency": payable["currency"],
        "status": row["status"],
        "reason": row["reason"],
        "reference_id": row["reference"],
        "failure_code": row["failure_code"],
        "refund_fee_amount": None,
        "created": iso_millis(row["created_ms"]),
        "updated": iso_millis(row["updated_ms"]),
        "metadata": json.loads(row["metadata"]),
    }
