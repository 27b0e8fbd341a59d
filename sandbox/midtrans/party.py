"""Midtrans as the paying page and the control calls see it."""

import json
import sqlite3
from collections.abc import Sequence
from urllib.parse import urlencode

from sandbox.midtrans import methods, payments, shapes, webhooks
from sandbox.midtrans.webhooks import Event
from sandbox.payables import rows
from sandbox.state import database


class Midtrans:
    def apply(
        self, running: database.Transaction, row: sqlite3.Row, outcome: str, cents: int | None = None
    ) -> list[Event]:
        row = rows.fresh(running, row["id"])
        if outcome == "paid":
            return payments.pay(running, row, cents or row["amount_cents"])
        if outcome == "challenged":
            return payments.challenge(running, row, cents or row["amount_cents"])
        act = {"failed": payments.fail, "expired": payments.expire, "reversed": payments.reverse}[outcome]
        return act(running, row)

    def announce(self, running: database.Transaction, event: Event) -> None:
        webhooks.announce(running, event)

    def deliver(self, events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
        return webhooks.deliver(events, repeat)

    def label(self, row: sqlite3.Row) -> str:
        return methods.of(row["channel_code"]).label

    def return_url(self, row: sqlite3.Row, *, is_paid: bool) -> str:
        """With what the provider adds behind it: unsigned, and for display only."""
        details = json.loads(row["details"])
        url = details.get("finish") or details.get("asked", {}).get("callback_url") or ""
        if not url:
            return ""
        told = shapes.transaction(row)
        shown = {name: told[name] for name in ("order_id", "status_code", "transaction_status")}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(shown)}"
