"""Charges: something that can be paid once, under an order id that the merchant chose."""

import re
import sqlite3
import uuid
import zlib
from typing import Any

from sandbox import emv, surroundings
from sandbox.midtrans import methods
from sandbox.midtrans.errors import Refused
from sandbox.midtrans.methods import Method
from sandbox.payables import rows
from sandbox.state import database
from sandbox.wire import now_ms

_ORDER_ID = re.compile(r"[A-Za-z0-9\-_~.]{1,50}")
_UNITS_MS = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_SHORTEST_MS = 20_000
_DEAD = ("EXPIRED", "CANCELED")


def create(body: dict[str, Any]) -> sqlite3.Row:
    """A transaction waits for its customer. Raises Refused, and then nothing was made."""
    method = methods.asked(body)
    order_id, amount = transaction_details(body)
    expires_ms = now_ms() + _life_ms(method, body.get("custom_expiry"))
    given = body.get(str(body.get("payment_type")))
    with database.transaction() as running:
        ensure_free(running, order_id)
        return rows.add(
            running,
            "midtrans",
            kind="request",
            request_id=str(uuid.uuid4()),
            reference=order_id,
            channel_code=method.code,
            country="ID",
            currency="IDR",
            amount_cents=amount * 100,
            details={"payment_type": body["payment_type"], "asked": given if isinstance(given, dict) else {}},
            actions=_ways(method, order_id, amount),
            expires_ms=expires_ms,
        )


def transaction_details(body: dict[str, Any]) -> tuple[str, int]:
    """Order id and whole amount of a charge or a page. Raises Refused."""
    given = body.get("transaction_details")
    told = given if isinstance(given, dict) else {}
    order_id, amount = told.get("order_id"), told.get("gross_amount")
    if not isinstance(order_id, str) or not _ORDER_ID.fullmatch(order_id):
        raise Refused(400, "transaction_details.order_id is required and may hold letters, digits and -_~.")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise Refused(400, "transaction_details.gross_amount is required and must be a whole number")
    items = body.get("item_details")
    if items is not None and sum(item["price"] * item["quantity"] for item in items) != amount:
        raise Refused(400, "transaction_details.gross_amount is not equal to the sum of item_details")
    return order_id, amount


def ensure_free(running: database.Transaction, order_id: str) -> None:
    """An order id is free again once what stood under it has expired or was cancelled. Raises Refused (406)."""
    held = running.one(
        "SELECT status FROM payables WHERE gateway = 'midtrans' AND invoice = ? AND reference = ?"
        " ORDER BY id DESC LIMIT 1",
        (rows.invoice_of(order_id), order_id),
    )
    if held is not None and held["status"] not in _DEAD:
        raise Refused(406, "transaction_details.order_id has already been taken")


def _life_ms(method: Method, custom: Any) -> int:
    if custom is None or not method.settable:
        return method.life_ms
    duration = custom.get("expiry_duration") if isinstance(custom, dict) else None
    unit = custom.get("unit", "minute") if isinstance(custom, dict) else ""
    if isinstance(duration, bool) or not isinstance(duration, int) or unit not in _UNITS_MS:
        raise Refused(400, "custom_expiry is invalid")
    life_ms = duration * _UNITS_MS[unit]
    if life_ms < _SHORTEST_MS:
        raise Refused(400, "custom_expiry.expiry_duration must be at least 20 seconds")
    return life_ms


def _ways(method: Method, order_id: str, amount: int) -> dict[str, Any]:
    """What the answer says beside the common fields: QR, numbers, addresses."""
    base, page = f"{surroundings.URL}/midtrans", f"{surroundings.URL}/pay/{order_id}"

    def action(name: str, url: str) -> dict[str, str]:
        return {"name": name, "method": "GET", "url": url}

    status = action("get-status", f"{base}/v2/{order_id}/status")
    if method.code == "qris":
        image = f"{base}/v2/qris/{order_id}/qr-code"
        return {
            "acquirer": "gopay",
            "qr_string": emv.qris(str(amount), order_id),
            "actions": [action("generate-qr-code", image), action("generate-qr-code-v2", image)],
        }
    if method.code == "gopay":
        image = f"{base}/v2/qris/{order_id}/qr-code"
        return {
            "actions": [
                action("generate-qr-code", image),
                action("deeplink-redirect", page),
                status,
                {"name": "cancel", "method": "POST", "url": f"{base}/v2/{order_id}/cancel"},
            ]
        }
    if method.code in ("shopeepay", "dana"):
        return {"actions": [action("deeplink-redirect", page)]}
    if method.code == "permata":
        return {"permata_va_number": method.prefix + _digits(order_id, 12)}
    if method.code == "echannel":
        return {"biller_code": "70012", "bill_key": _digits(order_id, 12)}
    if method.code in ("alfamart", "indomaret"):
        return {"payment_code": method.prefix + _digits(order_id, 12), "store": method.code}
    if method.code == "ovo":
        return {}
    return {"va_numbers": [{"bank": method.code, "va_number": method.prefix + _digits(order_id, 11)}]}


def _digits(order_id: str, length: int) -> str:
    made = zlib.crc32(f"{order_id}/{uuid.uuid4().hex}".encode()) * 10_007
    return f"{made:0{length}d}"[-length:]


def find(order_or_transaction: str) -> sqlite3.Row:
    """The newest transaction of that order id, or the one of that transaction id. Raises Refused (404), also for a
    page on which nobody has tried to pay yet."""
    row = database.one(
        "SELECT * FROM payables WHERE gateway = 'midtrans' AND (request_id = ? OR (invoice = ? AND reference = ?))"
        " ORDER BY id DESC LIMIT 1",
        (order_or_transaction, rows.invoice_of(order_or_transaction), order_or_transaction),
    )
    if row is None or (row["kind"] == "session" and not rows.payments(row["id"])):
        raise Refused(404)
    return row
