"""SQLite in WAL mode: one file, plain SQL, one writer at a time.

`synchronous=OFF` survives `kill -9` of the process (the page cache is the kernel's); only a crash of the machine may
lose the last writes, which a sandbox can bear.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox import surroundings

# AUTOINCREMENT: an id is never used again, so work still under way at a reset cannot hit a row made after it
SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS product_overrides (product_code TEXT PRIMARY KEY, sell_price_cents INTEGER, status TEXT);
CREATE TABLE IF NOT EXISTS supplier_orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, transaction_id TEXT NOT NULL,
    product_code TEXT NOT NULL, product_name TEXT NOT NULL,
    game_code TEXT NOT NULL, game_user_id TEXT NOT NULL, game_zone_id TEXT NOT NULL, callback_url TEXT NOT NULL,
    sell_price_cents INTEGER NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, outcome TEXT NOT NULL,
    created_ms INTEGER NOT NULL, finish_ms INTEGER);
CREATE INDEX IF NOT EXISTS supplier_orders_due ON supplier_orders (finish_ms) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS supplier_orders_spent ON supplier_orders (status, created_ms, sell_price_cents);
CREATE TABLE IF NOT EXISTS supplier_fundings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, amount_cents INTEGER NOT NULL, status TEXT NOT NULL,
    created_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS digiflazz_products (sku TEXT PRIMARY KEY, product TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS digiflazz_orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ref_id TEXT NOT NULL, sku TEXT NOT NULL, customer_no TEXT NOT NULL,
    price INTEGER NOT NULL, rc TEXT NOT NULL, outcome TEXT NOT NULL, sn TEXT NOT NULL, balance INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, asked_ms INTEGER NOT NULL, finish_ms INTEGER);
CREATE INDEX IF NOT EXISTS digiflazz_orders_ref ON digiflazz_orders (ref_id);
CREATE INDEX IF NOT EXISTS digiflazz_orders_due ON digiflazz_orders (finish_ms) WHERE finish_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS payables (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, request_id TEXT, session_id TEXT, invoice TEXT NOT NULL,
    reference TEXT NOT NULL, channel_code TEXT NOT NULL, country TEXT NOT NULL, currency TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, status TEXT NOT NULL, failure_code TEXT, latest_payment_id TEXT,
    details TEXT NOT NULL, actions TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    expires_ms INTEGER, gateway TEXT NOT NULL DEFAULT 'xendit');
CREATE UNIQUE INDEX IF NOT EXISTS payables_request ON payables (request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS payables_session ON payables (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payables_invoice ON payables (invoice);
CREATE INDEX IF NOT EXISTS payables_due ON payables (expires_ms)
    WHERE status IN ('REQUIRES_ACTION', 'ACCEPTING_PAYMENTS', 'ACTIVE');
CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment_id TEXT NOT NULL UNIQUE,
    payable INTEGER NOT NULL, amount_cents INTEGER NOT NULL,
    status TEXT NOT NULL, failure_code TEXT, capture_id TEXT, created_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS payments_payable ON payments (payable);
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT, refund_id TEXT NOT NULL UNIQUE,
    payable INTEGER NOT NULL, amount_cents INTEGER NOT NULL,
    reference TEXT NOT NULL, reason TEXT NOT NULL, status TEXT NOT NULL, failure_code TEXT, metadata TEXT NOT NULL,
    idempotency_key TEXT, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refunds_payable ON refunds (payable);
CREATE UNIQUE INDEX IF NOT EXISTS refunds_key ON refunds (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS midtrans_answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL, created_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS google_codes (code TEXT PRIMARY KEY, claims TEXT NOT NULL, expires_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chat_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL,
    created_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS telegram_chats (chat_id INTEGER PRIMARY KEY, blocked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due_ms INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_ms);
"""
START_BALANCES = {"balance_cents": 1_000_000, "digiflazz_balance": 100_000_000}  # USD 10,000 and Rp100.000.000
FORGOTTEN_BY_RESET = (
    "chat_messages", "telegram_chats",
    "supplier_fundings", "supplier_orders", "digiflazz_orders", "digiflazz_products", "payables", "payments",
    "refunds", "midtrans_answers", "google_codes", "jobs", "product_overrides",
)  # fmt: skip

_local = threading.local()
_one_writer = threading.RLock()
_wake: Callable[[int], None] = lambda due_ms: None  # noqa: E731  (replaced by the scheduler)


class Transaction:
    """A write transaction; what falls due later is announced to the scheduler once it is committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.soonest_ms: int | None = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)

    def one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def wake_at(self, due_ms: int) -> None:
        """The scheduler will look at its rows no later than `due_ms`."""
        self.soonest_ms = due_ms if self.soonest_ms is None else min(self.soonest_ms, due_ms)


def _connection() -> sqlite3.Connection:
    connection: sqlite3.Connection | None = getattr(_local, "connection", None)
    if connection is None:
        path = surroundings.DATA / "sandbox.sqlite3"
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, cached_statements=256)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        _local.connection = connection
    return connection


def prepare() -> None:
    """The file exists and holds every table; a new one holds the suppliers' first balances."""
    surroundings.DATA.mkdir(parents=True, exist_ok=True)
    connection = _connection()
    connection.executescript(SCHEMA)
    _add_missing_columns(connection)
    for name, amount in START_BALANCES.items():
        connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, amount))


def _add_missing_columns(connection: sqlite3.Connection) -> None:
    """A file that an earlier version wrote has what this one reads."""
    held = {row["name"] for row in connection.execute("PRAGMA table_info(payables)")}
    if "gateway" not in held:
        connection.execute("ALTER TABLE payables ADD COLUMN gateway TEXT NOT NULL DEFAULT 'xendit'")


def announce_to(wake: Callable[[int], None]) -> None:
    """From now on `wake(due_ms)` hears of everything that falls due."""
    global _wake
    _wake = wake


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One write transaction; rolled back when the block raises. Nobody else writes meanwhile: keep it short."""
    connection = _connection()
    with _one_writer:
        connection.execute("BEGIN IMMEDIATE")
        running = Transaction(connection)
        try:
            yield running
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    if running.soonest_ms is not None:
        _wake(running.soonest_ms)


def rows(sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """All rows of a query: what is committed, and what this thread's own open transaction has written."""
    return _connection().execute(sql, values).fetchall()


def one(sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
    """The first row of a query, or None."""
    row: sqlite3.Row | None = _connection().execute(sql, values).fetchone()
    return row


def fact(name: str, default: Any = None) -> Any:
    """A remembered single value."""
    row = one("SELECT value FROM facts WHERE name = ?", (name,))
    return default if row is None else row[0]


def remember(running: Transaction, name: str, value: Any) -> None:
    """`fact(name)` is `value` once the transaction is committed."""
    running.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def count_up(running: Transaction, name: str) -> int:
    """1, 2, 3, ... for each call with `name`, without gaps or repeats, also over restarts and resets."""
    row = running.one(
        "INSERT INTO facts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value", (name,)
    )
    assert row is not None
    return int(row[0])


def forget(running: Transaction) -> None:
    """Orders, payments, refunds, price changes and whatever was still due are gone; balances are the first ones.

    Counters stay, so that ids given out before a reset never come again.
    """
    for table in FORGOTTEN_BY_RESET:
        running.execute(f"DELETE FROM {table}")  # noqa: S608  (names from the list above)
    for name, amount in START_BALANCES.items():
        remember(running, name, amount)
    remember(running, "digiflazz_prices_read_ms", 0)
