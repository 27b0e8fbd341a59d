"""Paid orders by the thousand: copies of one real order and of what its payment wrote, by plain SQL.

A copy differs from its original in what must be unique and in the columns named here; whatever columns a table gets
later are copied along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg

_COPY = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(original, {named} || jsonb_build_object({made}))).*
      FROM {table} original, generate_series(%(first)s::bigint, %(last)s) AS i WHERE original.id = %(original)s
"""
_PLAYER = """
    jsonb_build_array(jsonb_build_object('key', 'userId', 'name', 'User ID', 'value', (900000000 + i)::text),
                      jsonb_build_object('key', 'zoneId', 'name', 'Zone ID', 'value', '8610'))
"""
_INQUIRY = "'id', ('00000000-0000-4000-9000-' || lpad(to_hex(i), 12, '0'))"
_ORDER = f"""
    'id', i, 'number', 'BENCH' || i, 'inquiry_id', '00000000-0000-4000-9000-' || lpad(to_hex(i), 12, '0'),
    'player_id', (900000000 + i)::text, 'zone', '8610', 'fields', {_PLAYER},
    'created_at', now(), 'updated_at', now(), 'expires_at', now() + interval '1 hour',
    'paid_at', clock_timestamp() + i * interval '1 microsecond'
"""
_UNTOUCHED = {"status": "PAID", "delivered": 0, "cost_minor": 0, "ended_at": None}
_PAYMENT = "'id', i, 'order_id', i, 'reference', 'BENCH' || i, 'gateway_id', 'bench-' || i"
_CAPTURE = "'id', i, 'payment_id', i, 'gateway_ref', 'bench-' || i"
_TRANSFER = "'id', i, 'order_id', i, 'key', 'capture:bench:' || i, 'at', now()"
_TOPUP = "'id', i, 'order_id', i, 'created_at', now(), 'not_before', now() + interval '10 minutes'"
_ATTEMPT = """
    'id', i, 'topup_id', i, 'callback_token', 'bench-' || i, 'transaction_id', 'TX-OPEN-' || i,
    'player_id', (900000000 + i)::text, 'sent_at', now(), 'answered_at', now(), 'created_at', now(),
    'made_at', date_trunc('second', now()), 'history_row_id', i
"""
_SEEN = """
    INSERT INTO fulfilment_historyrow (id, account_id, transaction_id, made_at, player_id, game_code, product_name,
        cost_minor, status, first_seen_at, changed_at)
    SELECT id, account_id, transaction_id, made_at, player_id, game_code, product_name, cost_minor, 'pending', now(),
        now() FROM fulfilment_attempt WHERE id >= %s
"""
_FORGET = (
    "UPDATE storefront_order SET status = 'EXPIRED', ended_at = now() WHERE status IN ('PAID', 'PROCESSING')",
    "UPDATE fulfilment_topup SET state = 'FAILED', ended_at = now() WHERE state IN ('QUEUED', 'SENDING', 'UNKNOWN')",
    "UPDATE fulfilment_topup SET state = 'DELIVERED', ended_at = now() WHERE state = 'ACCEPTED'",
    "UPDATE fulfilment_attempt SET state = 'NOT_SENT', ended_at = now() WHERE state IN ('SENDING', 'UNKNOWN')",
    "UPDATE fulfilment_attempt SET ended_at = now() WHERE state = 'ACCEPTED' AND ended_at IS NULL",
    "UPDATE fulfilment_attempt SET history_row_id = NULL WHERE history_row_id IS NOT NULL",
    "DELETE FROM fulfilment_historyrow",
    "UPDATE fulfilment_supplieraccount SET baseline_at = NULL, poll_limit = 50, poll_claimed_at = NULL",
)
# Ids of what the shop itself makes stay below.
FIRST = 10_000_000


class Till:
    """Where paid orders come from; each call goes on counting where the last one ended."""

    def __init__(self, database: str) -> None:
        self.connection = psycopg.connect(database, autocommit=True, cursor_factory=psycopg.ClientCursor)
        # What refers to what is right by construction; the checks one by one would take most of the time.
        self.connection.execute("SET session_replication_role = replica")
        self.next = FIRST
        self.order = self._one("SELECT max(id) FROM storefront_order WHERE status = 'SUCCESS'")
        self.inquiry = self._one("SELECT inquiry_id FROM storefront_order WHERE id = %s", self.order)
        self.payment = self._one("SELECT id FROM payments_payment WHERE order_id = %s", self.order)
        self.capture = self._one("SELECT id FROM payments_capture WHERE payment_id = %s", self.payment)
        self.transfer = self._one(
            "SELECT id FROM payments_transfer WHERE order_id = %s AND key LIKE 'capture:%%'", self.order
        )
        self.topup = self._one("SELECT id FROM fulfilment_topup WHERE order_id = %s", self.order)
        self.attempt = self._one("SELECT id FROM fulfilment_attempt WHERE topup_id = %s", self.topup)

    def paid(self, count: int, *, with_money: bool = True) -> range:
        """So many orders are PAID, their money in customer funds (or not, where nobody will look); their ids."""
        first, last = self.next, self.next + count - 1
        self.next += count
        with self.connection.transaction():
            self._copy("storefront_inquiry", _INQUIRY, self.inquiry, first, last)
            self._copy("storefront_order", _ORDER, self.order, first, last, _UNTOUCHED)
            if not with_money:
                return range(first, last + 1)
            self._copy("payments_payment", _PAYMENT, self.payment, first, last)
            self._copy("payments_capture", _CAPTURE, self.capture, first, last)
            self._copy("payments_transfer", _TRANSFER, self.transfer, first, last)
        return range(first, last + 1)

    def open(self, count: int) -> list[dict[str, str]]:
        """So many orders more are open at the supplier and seen there; the rows of its history, newest first."""
        ids = self.paid(count, with_money=False)
        first, last = ids[0], ids[-1]
        named: dict[str, object] = {"state": "ACCEPTED", "ended_at": None, "waits_for": "", "cost_minor": None}
        with self.connection.transaction():
            self.connection.execute("UPDATE storefront_order SET status = 'PROCESSING' WHERE id >= %s", [first])
            self._copy("fulfilment_topup", _TOPUP, self.topup, first, last, named)
            named = {"state": "ACCEPTED", "ended_at": None, "covered_polls": 0}
            self._copy("fulfilment_attempt", _ATTEMPT, self.attempt, first, last, named)
            self.connection.execute(_SEEN, [first])
            rows = self.connection.execute(
                "SELECT transaction_id, product_name, game_code, player_id, cost_minor, made_at"
                "  FROM fulfilment_attempt WHERE id >= %s ORDER BY id DESC",
                [first],
            ).fetchall()
        return [
            {
                "transaction_id": row[0], "product_name": row[1], "game_code": row[2], "game_user_id": row[3],
                "sell_price": f"{row[4] / 100:.2f}", "status": "pending", "created_at": row[5].isoformat(),
            }
            for row in rows
        ]  # fmt: skip

    def claimed(self, ids: range) -> None:
        """These PAID orders are as `fulfilment.take` leaves them, but for the step in their timeline."""
        values = {"first": ids[0], "last": ids[-1]}
        with self.connection.transaction():
            self.connection.execute(
                "UPDATE storefront_order SET status = 'PROCESSING' WHERE id BETWEEN %(first)s AND %(last)s", values
            )
            named = {"state": "ACCEPTED", "ended_at": None, "waits_for": "", "cost_minor": None}
            self._copy("fulfilment_topup", _TOPUP, self.topup, ids[0], ids[-1], named)

    def forget(self) -> None:
        """Nothing that was made here is open any more, and no history is known: no phase weighs on the next."""
        for statement in _FORGET:
            self.connection.execute(statement)

    def _copy(
        self, table: str, made: str, original: int, first: int, last: int, named: Mapping[str, object] | None = None
    ) -> None:
        statement = _COPY.format(table=table, named="%(named)s::jsonb", made=made)
        values = {"original": original, "first": first, "last": last, "named": json.dumps(named or {})}
        self.connection.execute(statement, values)

    def _one(self, query: str, *values: object) -> int:
        row = self.connection.execute(query, list(values)).fetchone()
        assert row is not None
        return int(row[0]) if isinstance(row[0], int) else row[0]
