"""A crowd of members in the database, by plain SQL: what one of them, the heaviest, is measured among.

Every statement fills from one series of order numbers, so that a database that holds the heaviest member's orders alone
holds the very same rows of theirs as the one with the crowd, where they lie scattered among everybody else's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

#: Orders of the heaviest member.
THEIRS = 10_000
SPAN_DAYS = 180
HEAVIEST = "customer@example.com"  # of the demonstration data, which knows the password
# Ids of rows that the store makes itself stay below.
_FIRST_USER = 1_000


@dataclass(frozen=True)
class Filled:
    orders: int
    transfers: int
    seconds: float


# Order i of the series: whose it is, what came of it and when. Every `step`-th is the heaviest member's.
_SERIES = """
    SELECT i, ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS inquiry_id,
           'GATE' || upper(substr(md5('order ' || i), 1, 21)) AS number,
           CASE WHEN mod(i, %(step)s) = 0 THEN %(heaviest)s
                ELSE %(first_user)s + mod(i - i / %(step)s, %(members)s) END AS user_id,
           CASE WHEN mod(CASE WHEN mod(i, %(step)s) = 0 THEN i / %(step)s ELSE i END, 20) = 7
                THEN 'FAILED' ELSE 'SUCCESS' END AS status,
           %(since)s::timestamptz + i * interval '%(days)s days' / %(orders)s AS at,
           10000 + mod(i * 37, 90) * 1000 AS total, '[{"key": "userId", "name": "User ID", "value": "' ||
           (600000000 + mod(i, 7919)) || '"}]' AS fields
      FROM generate_series(%(every)s, %(orders)s, %(every)s) AS i
"""
_GOODS = """
    goods AS (
        SELECT s.id AS sku_id, s.code AS sku_code, p.id AS product_id, p.code AS product_code, c.id AS channel_id
          FROM storefront_sku s JOIN storefront_product p ON p.id = s.product_id, storefront_channel c
         WHERE s.code = 'MLBB_172' AND c.code = 'BALANCE' AND c.region_id = 'ID')
"""

_MEMBERS = """
    INSERT INTO accounts_user (id, password, is_superuser, public_id, email, first_name, last_name, status, level,
        language, email_verified_at, is_staff, created_at, updated_at, current_region_id, primary_region_id, picture)
    SELECT %(first_user)s + n, '!', false, 'usr_' || lpad(to_hex(n), 12, '0'), 'shopper' || n || '@example.com',
           'Shopper', n::text, 'ACTIVE', 'CLASSIC', 'id', %(since)s, false, %(since)s, %(since)s, 'ID', 'ID', ''
      FROM generate_series(0, %(members)s - 1) AS n
"""
_HOUSES = """
    INSERT INTO payments_account (key, kind, currency, created_at)
    VALUES ('external:IDR', 'EXTERNAL', 'IDR', %(since)s), ('funds:IDR', 'FUNDS', 'IDR', %(since)s),
           ('sales:IDR', 'SALES', 'IDR', %(since)s) ON CONFLICT DO NOTHING
"""
_WALLETS = """
    INSERT INTO payments_account (key, kind, currency, balance_minor, created_at, user_id)
    SELECT 'wallet:' || id || ':IDR', 'WALLET', 'IDR', 1000000, %(since)s, id FROM accounts_user
     WHERE id >= %(first_user)s OR id = %(heaviest)s
"""
# Whoever joins a wallet to each of a million orders had better know how many there are.
_COUNTED = "ANALYZE payments_account"
_STARTS = """
    INSERT INTO payments_transfer (key, amount_minor, currency, reason, note, source_id, target_id, at,
        target_before_minor, target_after_minor)
    SELECT 'start:' || w.key, 1000000, 'IDR', 'adjustment', 'start', e.id, w.id, %(since)s, 0, 1000000
      FROM payments_account w, payments_account e WHERE w.kind = 'WALLET' AND e.key = 'external:IDR'
"""
_INQUIRIES = f"""
    WITH series AS ({_SERIES}), {_GOODS}
    INSERT INTO storefront_inquiry (id, fields, account_region, quantity, currency, unit_price_minor, list_price_minor,
        subtotal_minor, discount_minor, fee_minor, total_minor, email, phone, language, owner, device, address,
        created_at, expires_at, channel_id, region_id, user_id, product_id, sku_id)
    SELECT inquiry_id, fields::jsonb, '', 1, 'IDR', total, total, total, 0, 0, total, '', '', 'id', '', '', '',
           at, at + interval '15 minutes', channel_id, 'ID', user_id, product_id, sku_id
      FROM series, goods ORDER BY i
"""
_ORDERS = f"""
    WITH series AS ({_SERIES}), {_GOODS}
    INSERT INTO storefront_order (id, number, status, product_code, product_name, sku_code, sku_name, channel_code,
        channel_name, promo_code, fields, player_id, zone, nickname, account_region, quantity, delivered, failed,
        currency, unit_price_minor, list_price_minor, subtotal_minor, discount_minor, fee_minor, total_minor, email,
        phone, language, owner, device, address, created_at, expires_at, paid_at, ended_at, updated_at, channel_id,
        inquiry_id, region_id, user_id, product_id, sku_id)
    SELECT i, number, status, product_code, 'Mobile Legends', sku_code, '172 Diamonds', 'BALANCE', 'Balance', '',
           fields::jsonb, 'player', '', 'Shopper', '', 1, (status = 'SUCCESS')::int, (status = 'FAILED')::int,
           'IDR', total, total, total, 0, 0, total, 'shopper@example.com', '+6281234567890', 'id', '', '', '', at,
           at + interval '1 hour', at, at, at, channel_id, inquiry_id, 'ID', user_id, product_id, sku_id
      FROM series, goods ORDER BY i
"""
_EVENTS = f"""
    WITH series AS ({_SERIES})
    INSERT INTO storefront_orderevent (before, after, by, reason, note, at, order_id)
    SELECT 'PROCESSING', status, 'bench', '', '', at, i FROM series ORDER BY i
"""
_PAYMENTS = f"""
    WITH series AS ({_SERIES}), {_GOODS}
    INSERT INTO payments_payment (attempt, reference, gateway, gateway_channel, hold, amount_minor, currency, state,
        gateway_id, instructions, received_minor, expires_at, not_before, polls, error, created_at, settled_at,
        ended_at, channel_id, order_id)
    SELECT 1, number, 'balance', '', '', total, 'IDR', 'SETTLED', '', '{{}}', total, at + interval '1 hour',
           'infinity', 0, '', at, at, at, channel_id, i FROM series, goods WHERE mod(i, %(step)s) = 0 ORDER BY i
"""
# A success: money comes in, pays, is earned. A failure: it pays and comes back. The wallet stands where it stood.
_TRANSFERS = f"""
    WITH series AS ({_SERIES}), house AS (
        SELECT max(id) FILTER (WHERE kind = 'EXTERNAL') AS outside, max(id) FILTER (WHERE kind = 'FUNDS') AS funds,
               max(id) FILTER (WHERE kind = 'SALES') AS sales FROM payments_account
    ), moves AS (
        SELECT i, 1 AS turn, 'in:' || number AS key, outside AS source, w.id AS target, NULL::bigint AS source_before,
               NULL::bigint AS source_after, 1000000::bigint AS target_before, 1000000 + total AS target_after,
               NULL::bigint AS order_id, total, at
          FROM series JOIN payments_account w ON w.user_id = series.user_id AND w.kind = 'WALLET', house
         WHERE status = 'SUCCESS'
        UNION ALL
        SELECT i, 2, 'capture:balance:' || number, w.id, funds,
               CASE status WHEN 'SUCCESS' THEN 1000000 + total ELSE 1000000 END,
               CASE status WHEN 'SUCCESS' THEN 1000000 ELSE 1000000 - total END, NULL, NULL, i, total, at
          FROM series JOIN payments_account w ON w.user_id = series.user_id AND w.kind = 'WALLET', house
        UNION ALL
        SELECT i, 3, CASE status WHEN 'SUCCESS' THEN 'sales:' ELSE 'refund:' END || number, funds,
               CASE status WHEN 'SUCCESS' THEN sales ELSE w.id END, NULL, NULL,
               CASE status WHEN 'FAILED' THEN 1000000 - total END, CASE status WHEN 'FAILED' THEN 1000000 END,
               i, total, at
          FROM series JOIN payments_account w ON w.user_id = series.user_id AND w.kind = 'WALLET', house)
    INSERT INTO payments_transfer (key, source_id, target_id, source_before_minor, source_after_minor,
        target_before_minor, target_after_minor, order_id, amount_minor, at, currency, reason, note)
    SELECT key, source, target, source_before, source_after, target_before, target_after, order_id, total, at, 'IDR',
           'bench', '' FROM moves ORDER BY i, turn
"""
# One order in ten was preceded by a deposit of its buyer's. Lists read these rows alone; the money is above.
_WITH_DEPOSIT = "CASE WHEN mod(i, %(step)s) = 0 THEN mod(i / %(step)s, 10) = 0 ELSE mod(i, 10) = 1 END"
_DEPOSIT_INQUIRIES = f"""
    WITH series AS ({_SERIES}), {_GOODS}
    INSERT INTO payments_depositinquiry (id, currency, amount_minor, fee_minor, language, created_at, expires_at,
        channel_id, region_id, user_id)
    SELECT inquiry_id, 'IDR', total, 0, 'id', at, at + interval '15 minutes', channel_id, 'ID', user_id
      FROM series, goods WHERE {_WITH_DEPOSIT} ORDER BY i
"""
_DEPOSITS = f"""
    WITH series AS ({_SERIES}), {_GOODS}
    INSERT INTO payments_deposit (number, channel_code, channel_name, status, currency, amount_minor, fee_minor,
        total_minor, credited_minor, language, created_at, expires_at, paid_at, ended_at, updated_at, channel_id,
        inquiry_id, region_id, user_id)
    SELECT 'DEP' || substr(number, 5), 'QRIS', 'QRIS',
           CASE status WHEN 'SUCCESS' THEN 'SUCCESS' ELSE 'EXPIRED' END, 'IDR', total, 0, total,
           CASE status WHEN 'SUCCESS' THEN total ELSE 0 END, 'id', at, at + interval '1 hour',
           CASE status WHEN 'SUCCESS' THEN at END, at, at, channel_id, inquiry_id, 'ID', user_id
      FROM series, goods WHERE {_WITH_DEPOSIT} ORDER BY i
"""
_FIRST = (_MEMBERS, _HOUSES, _WALLETS, _COUNTED, _STARTS)
# Two at a time: neither group reads what the other writes.
_THEN = ((_INQUIRIES, _ORDERS, _EVENTS), (_PAYMENTS, _DEPOSIT_INQUIRIES, _DEPOSITS, _TRANSFERS))
_SEQUENCES = ("accounts_user", "storefront_order")


def fill(database: str, orders: int, *, alone: bool) -> Filled:
    """`orders` orders (a multiple of THEIRS) of SPAN_DAYS stand in the database, every one paid from a wallet, and
    about three times as many ledger rows with unbroken chains; `alone` writes the heaviest member's alone. Payments
    stand for the heaviest member's orders only.

    The tables were empty. Statistics and visibility are what autovacuum makes of them sooner or later.
    """
    began = time.monotonic()
    with psycopg.connect(database, autocommit=True) as connection:
        # The server belongs to this run: no checkpoint in the middle of every million rows.
        connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        connection.execute("SELECT pg_reload_conf()")
        since, heaviest = _one(
            connection,
            f"SELECT now() - interval '{SPAN_DAYS} days', id FROM accounts_user WHERE email = '{HEAVIEST}'",
        )
        step = orders // THEIRS
        values = {
            "orders": orders,
            "step": step,
            "every": step if alone else 1,
            "members": orders // 20,
            "first_user": _FIRST_USER,
            "heaviest": heaviest,
            "since": since,
            "days": SPAN_DAYS,
        }
        execute(database, _FIRST[1:] if alone else _FIRST, values)
        with ThreadPoolExecutor(len(_THEN)) as pool:
            list(pool.map(lambda statements: execute(database, statements, values), _THEN))
        for table in _SEQUENCES:
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        filled = time.monotonic() - began
        connection.execute("VACUUM (ANALYZE)")
        counts = _one(
            connection, "SELECT (SELECT count(*) FROM storefront_order), (SELECT count(*) FROM payments_transfer)"
        )
    return Filled(counts[0], counts[1], filled)


def execute(database: str, statements: Iterable[str], values: Mapping[str, object]) -> None:
    """One after the other, with nothing checked that the database would check of rows one by one but what is unique;
    a percent sign is written twice."""
    with psycopg.connect(database, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        # What refers to what is right by construction; the checks one by one would take most of the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        for statement in statements:
            connection.execute(statement, values)


def number_of(database: str) -> str:
    """One of the heaviest member's invoice numbers, from the middle of the span."""
    with psycopg.connect(database) as connection:
        query = (
            "SELECT number FROM storefront_order o JOIN accounts_user u ON u.id = o.user_id"
            f" WHERE u.email = '{HEAVIEST}' ORDER BY o.id OFFSET {THEIRS // 2} LIMIT 1"
        )
        return str(_one(connection, query)[0])


def _one(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)
