"""Orders at GemGo: the balance, the order book, and how orders end."""

import sqlite3
from typing import Any

from sandbox.gemgo import callbacks, catalogue, players
from sandbox.gemgo.catalogue import Product
from sandbox.outbound import post_json
from sandbox.state import database, faults, schedule
from sandbox.wire import iso_seconds, now_ms

FLIP = "gemgo.flip"
DELIVERED = "Order delivered"
FAILED = "Order failed, your balance was refunded"


class Refused(Exception):
    """The supplier's own refusal; `reference` is the TX id it carries. No order exists."""

    def __init__(self, message: str, reference: str) -> None:
        super().__init__(message)
        self.message, self.reference = message, reference


def _new_transaction_id(running: database.Transaction, ms: int) -> str:
    day = iso_seconds(ms)[:10].replace("-", "")
    return f"TX-{day}-{database.count_up(running, f'tx/{day}'):04d}"


def refusal(message: str) -> Refused:
    """A refusal with a reference of its own."""
    with database.transaction() as running:
        return Refused(message, _new_transaction_id(running, now_ms()))


def place(product: Product, user_id: str, zone_id: str, callback_url: str) -> dict[str, Any]:
    """An order exists, its price is off the balance, its end is decided. Raises Refused when the balance is too low."""
    created_ms = now_ms()
    game = catalogue.GAMES[product.game_code]
    ends_well = not faults.happens("order", "fail") and players.exists(game, user_id, zone_id)
    never = faults.happens("order", "never")
    early = bool(callback_url) and not never and faults.happens("callback", "early")
    wait_ms = 0 if early else int(faults.number("order", "finish_after_ms"))
    order: dict[str, Any] = {
        "product_code": product.product_code,
        "product_name": product.name,
        "game_code": product.game_code,
        "game_user_id": user_id,
        "game_zone_id": zone_id,
        "callback_url": callback_url,
        "sell_price_cents": product.sell_price_cents,
        "status": "pending",
        "message": "",
        "outcome": "success" if ends_well else "failed",
        "created_ms": created_ms,
        "finish_ms": None if never else created_ms + wait_ms,
    }
    with database.transaction() as running:
        order["transaction_id"] = _new_transaction_id(running, created_ms)
        paid = running.execute(
            "UPDATE facts SET value = value - ? WHERE name = 'balance_cents' AND value >= ?",
            (product.sell_price_cents, product.sell_price_cents),
        ).rowcount
        if paid:
            columns = list(order)
            order["id"] = running.execute(
                f"INSERT INTO supplier_orders ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                [order[column] for column in columns],
            ).lastrowid
            if order["finish_ms"] is not None and not early:
                running.wake_at(order["finish_ms"])
            if callback_url and faults.happens("callback", "forge"):
                callbacks.forge(running, order)
    if not paid:
        raise Refused("Insufficient balance", order["transaction_id"])
    if early:
        _end_before_the_answer(order)
    return order


def _end_before_the_answer(order: dict[str, Any]) -> None:
    with database.transaction() as running:
        row = running.one("SELECT * FROM supplier_orders WHERE id = ?", (order["id"],))
        ended = row is not None and _end(running, row, announced=False)
    if ended:
        message = DELIVERED if order["outcome"] == "success" else FAILED
        post_json(order["callback_url"], callbacks.body_of(order, order["outcome"], message))


def _end(running: database.Transaction, order: sqlite3.Row, *, announced: bool = True) -> bool:
    """The order has its outcome (a failed one's price is back on the balance). False when it had ended before."""
    status = order["outcome"]
    message = DELIVERED if status == "success" else FAILED
    changed = running.execute(
        "UPDATE supplier_orders SET status = ?, message = ? WHERE id = ? AND status = 'pending'",
        (status, message, order["id"]),
    ).rowcount
    if not changed:
        return False
    if status == "failed":
        _give_back(running, order["sell_price_cents"])
    elif faults.happens("order", "flip_to_failed"):
        due_ms = now_ms() + int(faults.number("order", "flip_after_ms"))
        schedule.add(running, due_ms, FLIP, {"id": order["id"]})
    if announced:
        callbacks.announce(running, order, status, message)
    return True


def _give_back(running: database.Transaction, cents: int) -> None:
    running.execute("UPDATE facts SET value = value + ? WHERE name = 'balance_cents'", (cents,))


def finish_due(now: int) -> int | None:
    """Every order whose time has come has ended; answers when the next one ends (ms)."""
    due = database.rows(
        "SELECT * FROM supplier_orders WHERE status = 'pending' AND finish_ms <= ? ORDER BY finish_ms LIMIT 200", (now,)
    )
    if due:
        with database.transaction() as running:
            for order in due:
                _end(running, order)
    row = database.one("SELECT MIN(finish_ms) FROM supplier_orders WHERE status = 'pending' AND finish_ms IS NOT NULL")
    return None if row is None else row[0]


def finish_endless(running: database.Transaction, now: int) -> int:
    """Orders without an end are due now; how many they are."""
    endless = "UPDATE supplier_orders SET finish_ms = ? WHERE status = 'pending' AND finish_ms IS NULL"
    return running.execute(endless, (now,)).rowcount


def flip_to_failed(payload: dict[str, Any], tries: int) -> None:
    """An order that was a success is a failed one; its price is back on the balance."""
    with database.transaction() as running:
        order = running.one("SELECT * FROM supplier_orders WHERE id = ? AND status = 'success'", (payload["id"],))
        if order is not None:
            running.execute(
                "UPDATE supplier_orders SET status = 'failed', outcome = 'failed', message = ? WHERE id = ?",
                (FAILED, order["id"]),
            )
            _give_back(running, order["sell_price_cents"])
            callbacks.announce(running, order, "failed", FAILED)


def shown_at(created_ms: int) -> str:
    """An order's time by the supplier's clock, which may go wrong."""
    return iso_seconds(created_ms + int(faults.number("order_history", "skew_seconds") * 1000))


def history(limit: int) -> list[sqlite3.Row]:
    """The newest orders, newest first; faults may hide the latest, cap the number, or turn the order round."""
    cap = int(faults.number("order_history", "cap"))
    seen_until_ms = now_ms() - int(faults.number("order_history", "lag_ms"))
    rows = database.rows(
        "SELECT * FROM supplier_orders WHERE created_ms <= ? ORDER BY id DESC LIMIT ?",
        (seen_until_ms, min(limit, cap) if cap else limit),
    )
    return rows[::-1] if faults.number("order_history", "oldest_first") else rows


def balance_cents() -> int:
    """What the reseller has left, in US cents."""
    return int(database.fact("balance_cents"))


def totals(since_ms: int) -> dict[str, tuple[int, int, int]]:
    """Per status: number of orders, their sum, and the sum of those since `since_ms` (US cents)."""
    rows = database.rows(
        "SELECT status, COUNT(*), SUM(sell_price_cents),"
        " SUM(CASE WHEN created_ms >= ? THEN sell_price_cents ELSE 0 END) FROM supplier_orders GROUP BY status",
        (since_ms,),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def fund(cents: int, status: str) -> int:
    """Somebody has paid in; a completed payment is on the balance. Answers its id."""
    with database.transaction() as running:
        made = running.execute(
            "INSERT INTO supplier_fundings (amount_cents, status, created_ms) VALUES (?, ?, ?)",
            (cents, status, now_ms()),
        ).lastrowid
        if status == "completed":
            _give_back(running, cents)
    return int(made or 0)


def fundings() -> list[sqlite3.Row]:
    """What was paid in since the first deposit, newest first."""
    return database.rows("SELECT * FROM supplier_fundings ORDER BY id DESC")
