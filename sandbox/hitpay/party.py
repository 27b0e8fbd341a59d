"""HitPay as the paying page and the control calls see it."""

import json
import sqlite3
from collections.abc import Sequence
from urllib.parse import urlencode

from sandbox.hitpay import methods, payments, webhooks
from sandbox.hitpay.webhooks import Event
from sandbox.payables import rows
from sandbox.state import database


class HitPay:
    def apply(
        self, running: database.Transaction, row: sqlite3.Row, outcome: str, cents: int | None = None
    ) -> list[Event]:
        row = rows.fresh(running, row["id"])
        if outcome == "paid":
            return payments.pay(running, row, cents or row["amount_cents"])
        if outcome == "failed":
            return payments.fail(running, row)
        return payments.expire(running, row) if outcome == "expired" else []

    def announce(self, running: database.Transaction, event: Event) -> None:
        webhooks.announce(running, event)

    def deliver(self, events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
        return webhooks.deliver(events, repeat)

    def label(self, row: sqlite3.Row) -> str:
        return methods.of(row["channel_code"]).label

    def return_url(self, row: sqlite3.Row, *, is_paid: bool) -> str:
        """With HitPay's own id as `reference`: it is not ours, and it proves nothing."""
        url = json.loads(row["details"]).get("redirect_url") or ""
        shown = {"reference": row["request_id"], "status": "completed" if is_paid else "canceled"}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(shown)}" if url else ""
