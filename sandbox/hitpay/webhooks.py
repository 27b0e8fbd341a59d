"""Webhooks in both forms: v1, a form to the request's own address signed with the API key's salt; v2, JSON to the
registered endpoint signed over the raw body with that endpoint's salt. Both tell of the same payment."""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox import surroundings
from sandbox.outbound import post_bytes
from sandbox.payables import telling
from sandbox.state import database, faults
from sandbox.wire import decimal, now_ms

SEND = "hitpay.webhook"
_MINUTE = 60_000
_SPACING_MS = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE)
ENDPOINT = "/hooks/hitpay"


@dataclass(frozen=True)
class Event:
    """`name` is v1, or the type of a v2 event; `url` is where it goes."""

    name: str
    data: dict[str, Any]
    url: str


def v1(row: sqlite3.Row, one: sqlite3.Row, status: str) -> list[Event]:
    """The form, where the request names an address for it; of a failure it names no payment."""
    url = json.loads(row["details"]).get("webhook")
    if not url:
        return []
    is_paid = status == "completed"
    fields = {
        "payment_id": one["payment_id"] if is_paid else "",
        "payment_request_id": row["request_id"],
        "phone": "",
        "amount": decimal(one["amount_cents"]),
        "currency": row["currency"],
        "status": status,
        "reference_number": row["reference"],
    }
    return [Event("v1", fields if is_paid else fields | {"error_message": "Payment was declined"}, url)]


def v2(name: str, data: dict[str, Any]) -> Event:
    """JSON to the endpoint that the store registered."""
    return Event(name, data, f"{surroundings.STORE_URL}{ENDPOINT}")


def form_signature(fields: dict[str, str], salt: str) -> str:
    """Hex HMAC over every field, sorted, each name followed by its value."""
    message = "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return hmac.new(salt.encode(), message.encode(), hashlib.sha256).hexdigest()


def announce(running: database.Transaction, event: Event) -> None:
    """The webhook is under way once the transaction is committed, as the faults say."""
    telling.announce(running, SEND, {"event": event.name, "data": event.data, "url": event.url})


def deliver(events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
    """Sends each event `repeat` times now, as `telling.deliver` does."""
    return telling.deliver(events, repeat, _post)


def _post(event: Event) -> int:
    is_wrong = faults.happens("webhook", "wrong_token")
    if event.name == "v1":
        salt = "not-the-salt" if is_wrong else surroundings.HITPAY_API_SALT
        fields = event.data | {"hmac": form_signature(event.data, salt)}
        body = urlencode(fields).encode()
        return post_bytes(event.url, body, {"Content-Type": "application/x-www-form-urlencoded"}, timeout_s=30)
    salt = "not-the-salt" if is_wrong else surroundings.HITPAY_WEBHOOK_SALT
    body = json.dumps(event.data).encode()
    subject, _, kind = event.name.partition(".")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "HitPay v2.0",
        "Hitpay-Signature": hmac.new(salt.encode(), body, hashlib.sha256).hexdigest(),
        "Hitpay-Event-Object": subject,
        "Hitpay-Event-Type": kind,
    }
    return post_bytes(event.url, body, headers, timeout_s=30)


def send(payload: dict[str, Any], tries: int) -> int | None:
    """Posts once; answers when to try again."""
    status = _post(Event(payload["event"], payload["data"], payload["url"]))
    if 200 <= status < 300 or tries >= len(_SPACING_MS):
        return None
    return now_ms() + _SPACING_MS[tries]
