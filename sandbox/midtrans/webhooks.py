"""Notifications to the store: signed in the body by SHA-512 over order id, code, amount and server key.

How often one is repeated depends on what the store answers.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import surroundings
from sandbox.midtrans import shapes
from sandbox.outbound import post_json
from sandbox.payables import telling
from sandbox.state import database, faults
from sandbox.wire import now_ms

SEND = "midtrans.webhook"
_MINUTE = 60_000
_SPACING_MS = (2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 90 * _MINUTE, 210 * _MINUTE)
_REPEATS = {500: 1, 503: 4, 400: 2, 404: 2, 301: 0, 302: 0, 303: 0}


@dataclass(frozen=True)
class Event:
    """A notification as it stood when it was caused."""

    name: str
    data: dict[str, Any]

    @classmethod
    def of(cls, row: sqlite3.Row, *, as_pending: bool = False) -> "Event":
        data = shapes.notification(row, as_pending=as_pending)
        return cls(str(data["transaction_status"]), data)


def signature(data: dict[str, Any], key: str) -> str:
    """Lower-case hex; it does not cover transaction_status."""
    content = f"{data['order_id']}{data['status_code']}{data['gross_amount']}{key}"
    return hashlib.sha512(content.encode()).hexdigest()


def announce(running: database.Transaction, event: Event) -> None:
    """The notification is under way once the transaction is committed, as the faults say."""
    telling.announce(running, SEND, {"event": event.name, "data": event.data})


def deliver(events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
    """Sends each event `repeat` times now, as `telling.deliver` does."""
    return telling.deliver(events, repeat, lambda event: _post(event.data))


def _post(data: dict[str, Any]) -> int:
    key = "not-the-key" if faults.happens("webhook", "wrong_token") else surroundings.MIDTRANS_SERVER_KEY
    body = {**data, "signature_key": signature(data, key)}
    return post_json(f"{surroundings.STORE_URL}/hooks/midtrans", body, {"User-Agent": "Veritrans"}, timeout_s=15)


def send(payload: dict[str, Any], tries: int) -> int | None:
    """Posts once; answers when to try again."""
    status = _post(payload["data"])
    if 200 <= status < 300 or tries >= _REPEATS.get(status, len(_SPACING_MS)):
        return None
    return now_ms() + _SPACING_MS[tries]
