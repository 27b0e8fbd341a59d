"""The ledger kept a second time, in plain Python: an independent witness that costs little enough to be asked after
each step of a long walk."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import connection

_MOVES = """
    SELECT t.id, t.key, t.amount_minor, t.currency, t.order_id, t.deposit_id,
           s.key, s.kind, s.balance_minor IS NOT NULL, d.key, d.kind, d.balance_minor IS NOT NULL,
           t.source_before_minor, t.source_after_minor, t.target_before_minor, t.target_after_minor
      FROM payments_transfer t
      JOIN payments_account s ON s.id = t.source_id
      JOIN payments_account d ON d.id = t.target_id
     WHERE t.id > %s ORDER BY t.id
"""
_UNDER_WAY = "SELECT id, currency, total_minor FROM storefront_order WHERE status IN ('PAID', 'PROCESSING')"
_BALANCES = "SELECT key, balance_minor FROM payments_account WHERE balance_minor IS NOT NULL"
_CREDITED = "SELECT id, currency, credited_minor FROM payments_deposit WHERE credited_minor <> 0"
_RECEIVED = "SELECT id, currency, received_minor FROM payments_payment WHERE received_minor <> 0"
_CAPTURES = "SELECT gateway, gateway_ref, amount_minor, currency, payment_id FROM payments_capture ORDER BY id"
_OWED = "SELECT order_id, currency, SUM(amount_minor) FROM payments_refund GROUP BY order_id, currency"
_DONE = "SELECT key FROM payments_refund WHERE state = 'DONE'"

Sums = Counter[tuple[Any, str]]


class Shadow:
    """What every account, order and deposit must hold, by the transfers seen so far."""

    def __init__(self) -> None:
        self.last = 0
        self.amounts: dict[str, int] = {}  # by the transfer's key
        self.owned: Counter[str] = Counter()
        self.house: Counter[str] = Counter()
        self.funds: Sums = Counter()
        self.refunds: Sums = Counter()
        self.credited: Sums = Counter()

    def follow(self) -> None:
        """The transfers since the last call are taken over; whatever the database says beside them agrees."""
        for row in _rows(_MOVES, self.last):
            self._take(*row)
        cached = Counter(dict(_rows(_BALANCES)))
        assert +cached == +self.owned and not -cached and not -self.owned
        # In customer funds stands what is paid and under way, and nothing else.
        assert +self.funds == _sums(_UNDER_WAY) and not -self.funds
        assert +self.credited == _sums(_CREDITED) and +self.refunds == _sums(_OWED)
        captured: Sums = Counter()
        for gateway, ref, minor, currency, payment in _rows(_CAPTURES):
            assert self.amounts[f"capture:{gateway}:{ref}"] == minor
            captured[payment, currency] += minor
        assert captured == _sums(_RECEIVED)
        assert all(f"refund:{key}" in self.amounts for (key,) in _rows(_DONE))
        # Nothing is made or lost.
        assert not sum(self.owned.values()) + sum(self.house.values())

    def _take(self, pk: int, key: str, minor: int, currency: str, order: Any, deposit: Any, *rest: Any) -> None:
        source, source_kind, source_is_owned, target, target_kind, target_is_owned, *chain = rest
        assert minor > 0 and source != target and pk > self.last
        self.last, self.amounts[key] = pk, minor
        for account, kind, is_owned, moved, before, after in (
            (source, source_kind, source_is_owned, -minor, *chain[:2]),
            (target, target_kind, target_is_owned, minor, *chain[2:]),
        ):
            if is_owned:
                assert (before, after) == (self.owned[account], self.owned[account] + moved), key
            else:
                assert before is None and after is None, key
            (self.owned if is_owned else self.house)[account] += moved
            if kind == "FUNDS":
                assert (order is None) != (deposit is None), key
                self.funds[order if deposit is None else f"deposit {deposit}", currency] += moved
        if target_kind == "REFUNDS":
            self.refunds[order, currency] += minor
        if target_kind == "WALLET" and deposit is not None:
            self.credited[deposit, currency] += minor


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _sums(statement: str) -> Sums:
    return Counter({(whose, currency): int(minor) for whose, currency, minor in _rows(statement) if minor})
