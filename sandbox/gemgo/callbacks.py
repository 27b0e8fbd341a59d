"""Callbacks to the `callback_url` of an order: unsigned JSON, shaped as GemGo's look-alike sends it."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.gemgo import catalogue
from sandbox.outbound import post_json
from sandbox.state import database, faults, schedule
from sandbox.wire import iso_seconds, now_ms

SEND = "gemgo.callback"
_RETRY_AFTER_MS = 5_000


def body_of(order: sqlite3.Row | Mapping[str, Any], status: str, message: str) -> dict[str, Any]:
    """What the supplier tells about an order; `status` may differ from the order's when it is a lie."""
    game = catalogue.GAMES[order["game_code"]]
    return {
        "order_id": order["transaction_id"],
        "transaction_id": order["transaction_id"],
        "game_code": game.game_code,
        "game_name": game.name,
        "player_id": order["game_user_id"],
        "server_id": order["game_zone_id"],
        "product_name": order["product_name"],
        "price": order["sell_price_cents"] / 100,
        "status": status,
        "message": message,
        "timestamp": iso_seconds(now_ms()),
    }


def announce(running: database.Transaction, order: sqlite3.Row, status: str, message: str) -> None:
    """The callback of an order that has ended is under way, or not, or twice, or late: as the faults say."""
    if not order["callback_url"] or faults.happens("callback", "drop"):
        return
    due_ms = now_ms() + int(faults.number("callback", "delay_ms"))
    payload = {"url": order["callback_url"], "body": body_of(order, status, message)}
    for _ in range(2 if faults.happens("callback", "duplicate") else 1):
        schedule.add(running, due_ms, SEND, payload)


def forge(running: database.Transaction, order: Mapping[str, Any]) -> None:
    """Somebody else calls the order's address at once and claims the opposite of what will be true."""
    claimed = "failed" if order["outcome"] == "success" else "success"
    body = body_of(order, claimed, f"Order {claimed}")
    schedule.add(running, now_ms(), SEND, {"url": order["callback_url"], "body": body})


def send(payload: dict[str, Any], tries: int) -> int | None:
    """Posts once; a call that is not answered with 2xx is repeated once, 5 s later."""
    status = post_json(payload["url"], payload["body"])
    return now_ms() + _RETRY_AFTER_MS if not 200 <= status < 300 and tries == 0 else None
