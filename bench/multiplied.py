"""The demo's month many times over: a shop of so many orders, with all that hangs on them in the month's proportions.
`python -m bench.multiplied 1000000` does it to the database of the environment, which holds the month and nothing else.

Row `id` of the month becomes `copies` rows that follow each other, so that ids and times go together as they do where
rows are written one by one; what one row says of another (an invoice number too) holds among the copies.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only once the applications are set up.
from django.db import connection, models  # noqa: E402

from accounts.models import FailedSignIn, Session, User  # noqa: E402
from bench import crowd, hangers_on  # noqa: E402
from core.models import (  # noqa: E402
    Approval,
    AuditEntry,
    ChatLink,
    ChatMessage,
    Discrepancy,
    InboxMessage,
    MailMessage,
    Note,
    StaffCase,
)
from fulfilment.models import (  # noqa: E402
    Attempt,
    Code,
    CodeEvent,
    DayFigures,
    DayTotals,
    HistoryRow,
    ProblemReport,
    TopUp,
)
from fulfilment.numbers import summing  # noqa: E402
from payments.models import (  # noqa: E402
    Account,
    Capture,
    Deposit,
    DepositInquiry,
    Payment,
    Payout,
    Redemption,
    Refund,
    RefundEvent,
    Transfer,
)
from storefront.models import Inquiry, Order, OrderEvent, PromoSlot  # noqa: E402

#: Ids of the month's own rows stay below.
FIRST = 100_000
MEMBERS = "@pelanggan.example"
# Two at a time: neither reads what the other writes.
_COPIED: tuple[tuple[type[models.Model], ...], ...] = (
    (User, Session, FailedSignIn, Account, Inquiry, Order, OrderEvent, Payment, Capture, TopUp, HistoryRow, Attempt),
    (
        *(DepositInquiry, Deposit, Refund, RefundEvent, Payout, Redemption, PromoSlot, MailMessage),
        *(InboxMessage, ChatLink, ChatMessage, StaffCase, ProblemReport, Discrepancy, Approval, Note, AuditEntry),
        *(Code, CodeEvent, Transfer),
    ),
)
# Only members and their accounts have copies; staff and the house's accounts are one of each.
_SOME = {User: f"email LIKE '%%{MEMBERS}'", Account: "user_id IS NOT NULL", Code: "topup_id IS NOT NULL OR id %% 2 = 0"}
# The rest of the ledger is made of the like.
_LEFT_OUT = {Transfer: "reason NOT IN ('gateway fee', 'payment fee', 'points earned')"}
_NAMED = {"about", "subject", "note"}
_KEYS = {
    "key",
    "reference",
    "number",
    "gateway_ref",
    "gateway_id",
    "transaction_id",
    "callback_token",
    "message_id",
    "bank_reference",
    "holder",
}
_PLAYERS = {"player_id"}
_MAILS = {"email", "to"}
_PHONES = {"phone", "address"}

# `copy`: 1 and on. Somebody who buys comes back: twenty copies share players, addresses and numbers.
_FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION bench_code(copy int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT lpad(upper(to_hex(copy)), 5, '0') $$;
CREATE OR REPLACE FUNCTION bench_named(said text, copy int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT regexp_replace(said, '(GATE|DEP)[0-9A-Z]{5}([0-9A-Z]{8})', '\1' || bench_code(copy) || '\2') $$;
CREATE OR REPLACE FUNCTION bench_key(said text, copy int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT CASE WHEN said = '' THEN '' WHEN said ~ '(GATE|DEP)[0-9A-Z]{13}' THEN bench_named(said, copy)
                   ELSE said || bench_code(copy) END $$;
CREATE OR REPLACE FUNCTION bench_digits(said text, kept int, copy int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT CASE WHEN said ~ '^[+]?[0-9]{7,17}$' THEN left(said, kept) || lpad(
           mod(('x' || substr(md5(said || ':' || copy), 1, 14))::bit(56)::bigint,
               (10 ^ (length(said) - kept))::bigint)::text, length(said) - kept, '0') ELSE said END $$;
CREATE OR REPLACE FUNCTION bench_mail(said text, copy int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT replace(said, '@', '.' || CASE WHEN said ~ '@pelanggan' THEN copy ELSE copy / 20 END || '@') $$;
CREATE OR REPLACE FUNCTION bench_uuid(said uuid, copy int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$ SELECT md5(said::text || ':' || copy)::uuid $$;
"""
_WORDS = """
    INSERT INTO core_searchtoken (word, kind, target)
    SELECT DISTINCT word, kind, target FROM (
        SELECT substr(lower(player_id), n) AS word, 'player' AS kind, player_id AS target
          FROM (SELECT DISTINCT player_id FROM storefront_order WHERE player_id <> '') p,
               generate_series(1, greatest(1, length(player_id) - 3)) n
        UNION ALL SELECT lower(nickname), 'player', player_id FROM storefront_order WHERE nickname <> ''
        UNION ALL SELECT unnest(ARRAY[email, split_part(email, '@', 1), split_part(email, '@', 2)]), 'email', email
          FROM (SELECT DISTINCT lower(email) AS email FROM storefront_order WHERE email <> '') e
        UNION ALL SELECT substr(phone, n), 'phone', phone
          FROM (SELECT DISTINCT phone FROM storefront_order WHERE phone <> '') f,
               generate_series(2, greatest(2, length(phone) - 3)) n
        UNION ALL SELECT unnest(ARRAY[email, lower(first_name), lower(last_name), public_id]), 'user', public_id
          FROM accounts_user
        UNION ALL SELECT substr(phone, n), 'user', public_id
          FROM accounts_user, generate_series(2, length(phone) - 3) n WHERE phone IS NOT NULL
    ) words WHERE word <> '' ORDER BY word ON CONFLICT DO NOTHING
"""
_MARKS = """
    INSERT INTO core_searchmark (kind, last_id)
    SELECT 'order', max(id) FROM storefront_order UNION ALL SELECT 'user', max(id) FROM accounts_user
        ON CONFLICT (kind) DO UPDATE SET last_id = EXCLUDED.last_id
"""
# Each day sells what its share of the month's orders says; what sells less than once a day is there on some days.
_FIGURES = """
    WITH made AS (
        SELECT o.region_id, o.product_code, o.channel_code, o.currency, count(*) AS orders,
               sum(o.total_minor) / count(*) AS minor
          FROM storefront_order o GROUP BY 1, 2, 3, 4
    ), regions AS (SELECT region_id, currency, sum(orders) AS orders FROM made GROUP BY 1, 2
    ), goods AS (SELECT region_id, product_code, sum(orders) AS orders, avg(minor) AS minor FROM made GROUP BY 1, 2
    ), ways AS (SELECT region_id, channel_code, sum(orders) AS orders FROM made GROUP BY 1, 2
    ), supplied AS (
        SELECT o.product_code, min(a.code) AS code FROM fulfilment_attempt t
          JOIN fulfilment_topup u ON u.id = t.topup_id JOIN storefront_order o ON o.id = u.order_id
          JOIN fulfilment_supplieraccount a ON a.id = t.account_id WHERE t.id < %(first)s GROUP BY 1
    ), sold AS (
        SELECT day::date, r.region_id, g.product_code, w.channel_code, coalesce(s.code, '') AS supplier, r.currency,
               g.minor::bigint AS minor,
               floor(g.orders * w.orders / r.orders / 31 + random())::int AS n
          FROM regions r JOIN goods g USING (region_id) JOIN ways w USING (region_id)
          LEFT JOIN supplied s USING (product_code),
               generate_series(current_date - 30, current_date, interval '1 day') day
    )
    INSERT INTO fulfilment_dayfigures (day, region_id, product, channel, supplier, currency, inquiries, orders, paid,
        delivered, failed, expired, deposits, sales_minor, promo_minor, fees_minor, cost_minor, exchange_minor,
        charges_minor, points_minor, points, goodwill_minor, refunds_minor, cost_unknown, charge_unknown,
        points_unknown, bought, seconds)
    SELECT day, region_id, product_code, channel_code, supplier, currency, n * 3 / 2, n, n - n / 10, n - n / 8,
           n / 8 - n / 10, n / 10, 0, n * minor, 0, n * minor / 100, n * minor * 9 / 10, 0, n * minor / 200, 0, 0, 0, 0,
           0, 0, 0, '{}', (SELECT jsonb_object_agg(seconds, 1 + n / 40) FROM (
               SELECT DISTINCT 10 + (random() * 150)::int AS seconds FROM generate_series(1, least(n, 40))) t)
      FROM sold WHERE n > 0 ON CONFLICT DO NOTHING
"""
_SUMMED = """
    INSERT INTO fulfilment_summedday (region_id, day, stale_at, summed_at)
    SELECT code, day::date, NULL, now() FROM core_region,
           generate_series(current_date - 30, current_date, interval '1 day') day
        ON CONFLICT (region_id, day) DO UPDATE SET stale_at = NULL, summed_at = now()
"""
_NOTED = """
    INSERT INTO fulfilment_noted (id, transfer_id, event_id, inquiry_at)
    SELECT 1, (SELECT max(id) FROM payments_transfer), (SELECT max(id) FROM storefront_orderevent), now()
        ON CONFLICT (id) DO UPDATE SET transfer_id = EXCLUDED.transfer_id, event_id = EXCLUDED.event_id,
            inquiry_at = EXCLUDED.inquiry_at
"""


def multiply(orders: int) -> dict[str, float]:
    """At least so many orders stand, each with what the month's own have; how many of them, of ledger rows and of
    words to search by, and the seconds it took.

    Statistics and visibility are what autovacuum makes of them sooner or later.
    """
    began = time.monotonic()
    database = os.environ["DATABASE_URL"]
    crowd.execute(database, _sequences(), {})  # a fill that failed may have moved them
    hangers_on.hang_on()
    month = Order.objects.count()
    copies = -(-orders // month) - 1
    with connection.cursor() as cursor:
        # The server belongs to this run: no checkpoint in the middle of every million rows.
        cursor.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        cursor.execute("ALTER SYSTEM SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute(_FUNCTIONS)
        dropped = _without_indexes(cursor)
    gap = f"interval '31 days' / {month}"
    done = [[_copied(model, copies, gap) for model in group] for group in _COPIED]
    with ThreadPoolExecutor(len(done)) as pool:
        list(pool.map(lambda statements: crowd.execute(database, statements, {}), done))
    _told("rows", began)
    crowd.execute(database, [_WORDS], {})
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: crowd.execute(database, part, {}), (dropped[::2], dropped[1::2])))
    _told("words and indexes", began)
    after = [_MARKS, "DELETE FROM fulfilment_dayfigures", _FIGURES, _SUMMED, _NOTED, *_sequences()]
    crowd.execute(database, after, {"first": FIRST})
    add_up()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        counted = {}
        for table in ("storefront_order", "payments_transfer", "core_searchtoken"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            counted[table] = cursor.fetchone()[0]
    _told("vacuumed", began)
    return counted | {"seconds": round(time.monotonic() - began)}


def add_up() -> None:
    """The totals of every day are those of its figures."""
    DayTotals.objects.all().delete()
    for day in DayFigures.objects.order_by("day").values_list("day", flat=True).distinct():
        rows = DayFigures.objects.filter(day=day).select_related("region")
        DayTotals.objects.bulk_create(summing.totals(rows), batch_size=500)


def _told(what: str, began: float) -> None:
    print(f"{what}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def _copied(model: type[models.Model], copies: int, gap: str) -> str:
    """The statement that makes the copies of all the month's rows of that model."""
    columns = [field for field in model._meta.concrete_fields if field.column]
    written = ", ".join(_written(model, field) for field in columns)
    names = ", ".join(f'"{field.column}"' for field in columns)
    table, pk = model._meta.db_table, model._meta.pk.column
    some = _SOME.get(model) or _LEFT_OUT.get(model)
    which = f"WHERE {some}" if some else ""
    # In the order of the ids; each row's copies after each other.
    return (
        f"INSERT INTO {table} ({names}) SELECT {written}"
        f" FROM (SELECT * FROM {table} {which} ORDER BY {_order(model, pk)} OFFSET 0) t"
        f" CROSS JOIN LATERAL (SELECT n AS copy, {gap} * (1 - n::float / {copies}) AS earlier"
        f" FROM generate_series(1, {copies} + 0 * length(t::text)) n) k"
    ).replace("@copies@", str(copies))


def _order(model: type[models.Model], pk: str) -> str:
    return "created_at" if isinstance(model._meta.pk, models.UUIDField) else f'"{pk}"'


def _written(model: type[models.Model], field: models.Field) -> str:
    column = f't."{field.column}"'
    target = field.related_model._meta.concrete_model if field.is_relation else model if field.primary_key else None
    if target is not None and any(target in group for group in _COPIED):
        key = target._meta.pk
        if isinstance(key, models.UUIDField):
            return f"bench_uuid({column}, copy)"
        copied = f"{FIRST} + {column} * @copies@ + copy - 1"
        if target in _SOME and not field.primary_key:
            inside = f"{column} IN (SELECT id FROM {target._meta.db_table} WHERE id < {FIRST} AND ({_SOME[target]}))"
            return f"CASE WHEN {inside} THEN {copied} ELSE {column} END"
        return copied
    if isinstance(field, models.DateTimeField):
        return f"{column} - earlier"
    name = field.name
    if (model, name) in ((User, "public_id"),):
        return f"'usr_' || substr(md5({column} || ':' || copy), 1, 12)"
    if (model, name) == (Code, "digest"):
        return f"md5({column} || ':' || copy)"
    if (model, name) == (Code, "public_id"):
        return f"bench_uuid({column}, copy)"
    if (model, name) == (Order, "fields"):
        return f"replace({column}::text, t.player_id, bench_digits(t.player_id, 2, copy / 20))::jsonb"
    if (model, name) == (Attempt, "player_id"):
        # Two purchases without a known outcome are never one player's.
        return f"bench_digits({column}, 2, CASE t.state WHEN 'UNKNOWN' THEN copy ELSE copy / 20 END)"
    if not isinstance(field, models.CharField | models.TextField):
        return column
    if name in _PLAYERS:
        return f"bench_digits({column}, 2, copy / 20)"
    if (model, name) == (User, "phone"):
        return f"bench_digits({column}, 4, copy)"
    if name in _PHONES:
        return f"bench_digits({column}, 4, copy / 20)"
    if name in _MAILS:
        return f"bench_mail({column}, copy)"
    if name in _KEYS:
        return f"bench_key({column}, copy)"
    return f"bench_named({column}, copy)" if name in _NAMED else column


def _without_indexes(cursor: object) -> list[str]:
    """What builds the indexes again that no constraint needs; they are gone, and the rows are written without them."""
    tables = [model._meta.db_table for group in _COPIED for model in group] + ["core_searchtoken"]
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
        " ORDER BY pg_relation_size(indrelid) DESC",
        [tables],
    )
    found = cursor.fetchall()  # type: ignore[attr-defined]
    for name, _definition in found:
        cursor.execute(f"DROP INDEX {name}")  # type: ignore[attr-defined]
    return [definition.replace("%", "%%") for _name, definition in found]


def _sequences() -> Iterable[str]:
    for model in (model for group in _COPIED for model in group):
        if not isinstance(model._meta.pk, models.UUIDField):
            table = model._meta.db_table
            yield f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"


if __name__ == "__main__":
    print(json.dumps(multiply(int(sys.argv[1]))))
