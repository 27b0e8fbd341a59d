"""Webhooks of transactions that ended: the answer's own `data`, signed with HMAC-SHA1 over the bytes."""

import hashlib
import hmac
import json
import sqlite3
from typing import Any

from sandbox import surroundings
from sandbox.digiflazz import codes
from sandbox.outbound import post_bytes
from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms

SEND = "digiflazz.webhook"
_RETRY_AFTER_MS = 5_000


def address() -> str:
    """Where they go: the address that the store's owner set up in the dashboard."""
    return f"{surroundings.STORE_URL}/hooks/digiflazz"


def shown(order: sqlite3.Row | dict[str, Any], rc: str = "") -> dict[str, Any]:
    """A transaction as answers and webhooks show it; `rc` may be another than the order's when it is a lie."""
    rc = rc or order["rc"]
    return {
        "ref_id": order["ref_id"],
        "customer_no": order["customer_no"],
        "buyer_sku_code": order["sku"],
        "message": codes.message(rc),
        "status": codes.status(rc),
        "rc": rc,
        "buyer_last_saldo": order["balance"],
        "sn": order["sn"] if rc == order["rc"] else "",
        "price": order["price"],
        "tele": "@contoh",
        "wa": "081234512345",
    }


def announce(running: database.Transaction, order_id: int) -> None:
    """The webhook of a transaction that has ended is under way, or not, or twice, or late: as the faults say."""
    order = running.one("SELECT * FROM digiflazz_orders WHERE id = ?", (order_id,))
    if order is None or faults.happens("callback", "drop"):
        return
    due_ms = now_ms() + int(faults.number("callback", "delay_ms"))
    payload = {"event": "update", "order": shown(order), "is_forged": False}
    for _ in range(2 if faults.happens("callback", "duplicate") else 1):
        schedule.add(running, due_ms, SEND, payload)


def forge(running: database.Transaction, order: sqlite3.Row) -> None:
    """Somebody without the secret calls at once and claims the opposite of what will be true."""
    claimed = "02" if order["outcome"] == "00" else "00"
    schedule.add(running, now_ms(), SEND, {"event": "update", "order": shown(order, claimed), "is_forged": True})


def signature(body: bytes) -> str:
    """What stands in X-Hub-Signature."""
    return "sha1=" + hmac.new(surroundings.DIGIFLAZZ_WEBHOOK_SECRET.encode(), body, hashlib.sha1).hexdigest()


def send(payload: dict[str, Any], tries: int) -> int | None:
    """Posts once; a call that is not answered with 2xx is repeated once, 5 s later."""
    body = json.dumps({"data": payload["order"]}).encode()
    status = post_bytes(
        address(),
        body,
        {
            "X-Digiflazz-Event": payload["event"],
            "X-Hub-Signature": "sha1=" + "0" * 40 if payload["is_forged"] else signature(body),
            "User-Agent": "Digiflazz-Hookshot",
        },
    )
    return now_ms() + _RETRY_AFTER_MS if not 200 <= status < 300 and tries == 0 and not payload["is_forged"] else None
