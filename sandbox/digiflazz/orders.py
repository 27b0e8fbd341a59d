"""Transactions at Digiflazz: the deposit, the book by `ref_id`, and how transactions end."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.digiflazz import codes, webhooks
from sandbox.digiflazz.catalogue import Product
from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms

FLIP = "digiflazz.flip"
BALANCE = "digiflazz_balance"
_WIB = timezone(timedelta(hours=7))
# A code that the price list cannot bring about by itself, asked for by the fault `digiflazz.rc`.
_UNSET = -1
_TEST_SKU = "xld10"
_TEST_NUMBERS = {"087800001230": "00", "087800001232": "02", "087800001233": "00", "087800001234": "02"}
_AT_ONCE = ("57", "58")
_ENDED_AT_ONCE = ("087800001230", "087800001232")
# Which prefixes are whose: only as much as it takes to refuse a number of another operator.
_PREFIXES = {
    "TELKOMSEL": ("0811", "0812", "0813", "0821", "0822", "0823", "0851", "0852", "0853"),
    "BY.U": ("0851",),
    "INDOSAT": ("0814", "0815", "0816", "0855", "0856", "0857", "0858"),
    "XL": ("0817", "0818", "0819", "0859", "0877", "0878", "0879"),
    "AXIS": ("0831", "0832", "0833", "0838"),
    "TRI": ("0895", "0896", "0897", "0898", "0899"),
    "SMARTFREN": ("0881", "0882", "0883", "0884", "0885", "0886", "0887", "0888", "0889"),
}
_NUMBER = re.compile(r"\d{5,30}")


class Refused(Exception):
    """No transaction was formed; `rc` says why."""

    def __init__(self, rc: str) -> None:
        super().__init__(rc)
        self.rc = rc


def balance() -> int:
    """Our deposit there, in rupiah."""
    return int(database.fact(BALANCE))


@dataclass(frozen=True)
class Asked:
    """One call to /transaction; `product` is None for a SKU that nobody sells."""

    ref_id: str
    sku: str
    product: Product | None
    customer_no: str
    max_price: int | None


def answer_to(asked: Asked) -> dict[str, Any]:
    """The transaction of that reference, as it stands: the one there is, or one made now. Raises Refused.

    A reference whose transaction is older than `digiflazz.forget_after_ms` is forgotten, and the call makes a new one;
    so does, by the documented race, a call within `digiflazz.race_ms` of the last.
    """
    now = now_ms()
    with database.transaction() as running:
        known = running.one("SELECT * FROM digiflazz_orders WHERE ref_id = ? ORDER BY id DESC LIMIT 1", (asked.ref_id,))
        if known is not None and not _is_new(known, now):
            running.execute("UPDATE digiflazz_orders SET asked_ms = ? WHERE id = ?", (now, known["id"]))
            if (known["sku"], known["customer_no"]) != (asked.sku, asked.customer_no):
                raise Refused("49")
            return dict(known)
        order = _formed(running, asked, now)
    if order["is_early"]:
        _end_before_the_answer(order)  # and yet the answer is of the moment before
    return order


def _is_new(known: sqlite3.Row, now: int) -> bool:
    if now - known["created_ms"] >= faults.number("digiflazz", "forget_after_ms"):
        return True
    race_ms = faults.number("digiflazz", "race_ms")
    return bool(race_ms) and now - known["asked_ms"] < race_ms


def _formed(running: database.Transaction, asked: Asked, now: int) -> dict[str, Any]:
    forced = int(faults.number("digiflazz", "rc"))
    wanted = "" if forced == _UNSET else f"{forced:02d}"
    product = asked.product
    if wanted and not codes.is_formed(wanted):
        raise Refused(wanted)
    if product is None or not product.is_active or faults.happens("create_order", "reject"):
        raise Refused("43")
    if not product.multi and _bought_today(running, asked, now):
        raise Refused("63")
    if asked.max_price is not None and product.price > asked.max_price:
        raise Refused("69")
    end = wanted or _end_of(product, asked.customer_no, now)
    is_open = codes.status(end) == "Pending"
    is_at_once = not is_open and (bool(wanted) or end in _AT_ONCE or asked.customer_no in _ENDED_AT_ONCE)
    never = not is_at_once and faults.happens("order", "never")
    is_early = not (never or is_at_once) and faults.happens("callback", "early")
    order: dict[str, Any] = {
        "ref_id": asked.ref_id,
        "sku": asked.sku,
        "customer_no": asked.customer_no,
        "price": product.price,
        "rc": end if is_open else "03",
        "outcome": "00" if is_open else end,
        "sn": "",
        "created_ms": now,
        "asked_ms": now,
        "finish_ms": None if never else now + (0 if is_early else int(faults.number("order", "finish_after_ms"))),
    }
    left = running.one(
        "UPDATE facts SET value = value - ? WHERE name = ? AND value >= ? RETURNING value",
        (product.price, BALANCE, product.price),
    )
    if left is None:
        raise Refused("44")
    order["balance"] = int(left[0])
    columns = list(order)
    order["id"] = running.execute(
        f"INSERT INTO digiflazz_orders ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
        [order[column] for column in columns],
    ).lastrowid
    order["is_early"] = is_early
    row = running.one("SELECT * FROM digiflazz_orders WHERE id = ?", (order["id"],))
    assert row is not None
    if is_at_once:
        _end(running, row, announced=False)
        order["rc"] = end
    elif faults.happens("callback", "forge"):
        webhooks.forge(running, row)
    if order["finish_ms"] is not None and not is_early:
        running.wake_at(order["finish_ms"])
    return order


def _end_of(product: Product, customer_no: str, now: int) -> str:
    """How a transaction ends when nothing goes wrong but what its buyer did wrong."""
    if product.sku == _TEST_SKU:
        return _TEST_NUMBERS.get(customer_no, "54")
    if _is_cut_off(product, now):
        return "58"
    digits = customer_no.replace(".", "")
    if not _NUMBER.fullmatch(digits):
        return "57"
    if digits.startswith("000"):
        return "54"
    prefixes = _PREFIXES.get(product.brand.upper())
    if prefixes and not customer_no.startswith(prefixes):
        return "52"
    return "02" if faults.happens("order", "fail") else "00"


def _is_cut_off(product: Product, now: int) -> bool:
    start, end = (tuple(int(part) for part in text.split(":")) for text in (product.start_cut_off, product.end_cut_off))
    moment = datetime.fromtimestamp(now / 1000, _WIB)
    clock = (moment.hour, moment.minute)
    if start == end:
        return False
    return start <= clock < end if start < end else clock >= start or clock < end


def _bought_today(running: database.Transaction, asked: Asked, now: int) -> bool:
    day = datetime.fromtimestamp(now / 1000, _WIB).replace(hour=0, minute=0, second=0, microsecond=0)
    row = running.one(
        "SELECT 1 FROM digiflazz_orders WHERE sku = ? AND customer_no = ? AND created_ms >= ? AND rc IN ('00', '03')",
        (asked.sku, asked.customer_no, int(day.timestamp() * 1000)),
    )
    return row is not None


def _end_before_the_answer(order: dict[str, Any]) -> None:
    with database.transaction() as running:
        row = running.one("SELECT * FROM digiflazz_orders WHERE id = ?", (order["id"],))
        ended = row is not None and _end(running, row, announced=False)
    row = database.one("SELECT * FROM digiflazz_orders WHERE id = ?", (order["id"],))
    if ended and row is not None:
        webhooks.send({"event": "update", "order": webhooks.shown(row), "is_forged": False}, tries=1)


def _end(running: database.Transaction, order: sqlite3.Row, *, announced: bool = True) -> bool:
    """The transaction has its outcome (a failed one's price is back on the deposit). False when it had ended before."""
    rc = order["outcome"]
    sn = f"{order['id']:06d}{order['created_ms'] % 10**10:010d}" if rc == "00" else ""
    changed = running.execute(
        "UPDATE digiflazz_orders SET rc = ?, sn = ?, finish_ms = NULL WHERE id = ? AND finish_ms IS NOT NULL",
        (rc, sn, order["id"]),
    ).rowcount
    if not changed:
        return False
    if rc != "00":
        _give_back(running, order["price"])
    elif faults.happens("order", "flip_to_failed"):
        due_ms = now_ms() + int(faults.number("order", "flip_after_ms"))
        schedule.add(running, due_ms, FLIP, {"id": order["id"]})
    if announced:
        webhooks.announce(running, order["id"])
    return True


def _give_back(running: database.Transaction, price: int) -> None:
    running.execute("UPDATE facts SET value = value + ? WHERE name = ?", (price, BALANCE))


def finish_due(now: int) -> int | None:
    """Every transaction whose time has come has ended; answers when the next one ends (ms)."""
    due = database.rows("SELECT * FROM digiflazz_orders WHERE finish_ms <= ? ORDER BY finish_ms LIMIT 200", (now,))
    if due:
        with database.transaction() as running:
            for order in due:
                _end(running, order)
    row = database.one("SELECT MIN(finish_ms) FROM digiflazz_orders WHERE finish_ms IS NOT NULL")
    return None if row is None else row[0]


def finish_endless(running: database.Transaction, now: int) -> int:
    """Transactions without an end are due now; how many they are."""
    endless = "UPDATE digiflazz_orders SET finish_ms = ? WHERE rc = '03' AND finish_ms IS NULL"
    return running.execute(endless, (now,)).rowcount


def give_back(payload: dict[str, Any], tries: int) -> None:
    """A success is taken back (rc 74); its price is on the deposit again."""
    with database.transaction() as running:
        order = running.one("SELECT * FROM digiflazz_orders WHERE id = ? AND rc = '00'", (payload["id"],))
        if order is not None:
            running.execute("UPDATE digiflazz_orders SET rc = '74' WHERE id = ?", (order["id"],))
            _give_back(running, order["price"])
            webhooks.announce(running, order["id"])


def truth() -> list[dict[str, Any]]:
    """Every transaction that was formed, oldest first, as the control call shows it."""
    return [
        {
            "supplier": "digiflazz",
            "transaction_id": row["ref_id"],
            "product_code": row["sku"],
            # Where player and zone are written with a dot between them they can be told apart.
            "game_user_id": row["customer_no"].partition(".")[0],
            "game_zone_id": row["customer_no"].partition(".")[2],
            "customer_no": row["customer_no"],
            "callback_url": webhooks.address(),
            "status": {"Sukses": "success", "Gagal": "failed"}.get(codes.status(row["rc"]), "pending"),
            "rc": row["rc"],
            "sell_price": row["price"],
            "created_ms": row["created_ms"],
        }
        for row in database.rows("SELECT * FROM digiflazz_orders ORDER BY id")
    ]
