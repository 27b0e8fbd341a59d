"""Webhooks to the store: JSON with the static `x-callback-token`, repeated for a day until answered with 2xx."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import surroundings
from sandbox.outbound import post_json
from sandbox.payables import telling
from sandbox.state import database, faults
from sandbox.wire import iso_millis, now_ms
from sandbox.xendit import shapes

SEND = "xendit.webhook"
_MINUTE, _HOUR = 60_000, 3_600_000
RETRIES_AFTER_MS = (15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR)  # from the first try


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]


def _body(event: Event) -> dict[str, Any]:
    """The envelope. Refund events come double-wrapped, as the provider's examples show them."""
    data = event.data
    if "captures" in data and faults.happens("webhook", "omit_captures"):
        data = {name: value for name, value in data.items() if name != "captures"}
    if event.name.startswith("refund."):
        created = iso_millis(now_ms())
        data = {"event": event.name, "business_id": shapes.BUSINESS_ID, "created": created, "data": data}
    return {
        "event": event.name,
        "business_id": shapes.BUSINESS_ID,
        "created": iso_millis(now_ms()),
        "api_version": "v3",
        "data": data,
    }


def announce(running: database.Transaction, event: Event) -> None:
    """The webhook is under way once the transaction is committed, as the faults say."""
    telling.announce(running, SEND, {"event": event.name, "data": event.data})


def deliver(events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
    """Sends each event `repeat` times now, as `telling.deliver` does."""
    return telling.deliver(events, repeat, _post)


def _post(event: Event) -> int:
    wrong = faults.happens("webhook", "wrong_token")
    token = "not-the-token" if wrong else surroundings.XENDIT_CALLBACK_TOKEN
    headers = {"x-callback-token": token, "webhook-id": uuid.uuid4().hex}
    return post_json(f"{surroundings.STORE_URL}/hooks/xendit", _body(event), headers, timeout_s=30)


def send(payload: dict[str, Any], tries: int) -> int | None:
    """Posts once; answers when to try again."""
    status = _post(Event(payload["event"], payload["data"]))
    if 200 <= status < 300 or tries >= len(RETRIES_AFTER_MS):
        return None
    return int(payload["first_ms"]) + RETRIES_AFTER_MS[tries]
