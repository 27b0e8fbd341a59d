"""Xendit as the paying page and the control calls see it."""

import json
import sqlite3
from collections.abc import Sequence

from sandbox.payables import rows
from sandbox.state import database
from sandbox.xendit import channels, payments, webhooks
from sandbox.xendit.webhooks import Event


class Xendit:
    def apply(
        self, running: database.Transaction, row: sqlite3.Row, outcome: str, cents: int | None = None
    ) -> list[Event]:
        row = rows.fresh(running, row["id"])
        if outcome == "paid":
            return payments.capture(running, row, cents or row["amount_cents"])
        if outcome == "failed":
            is_card = row["kind"] == "session"
            return payments.fail(running, row, "AUTHENTICATION_FAILED" if is_card else "USER_DECLINED_PAYMENT")
        return payments.expire(running, row) if outcome == "expired" else []

    def announce(self, running: database.Transaction, event: Event) -> None:
        webhooks.announce(running, event)

    def deliver(self, events: Sequence[Event], repeat: int) -> list[tuple[str, int]]:
        return webhooks.deliver(events, repeat)

    def label(self, row: sqlite3.Row) -> str:
        channel = channels.find(row["channel_code"], row["country"])
        return channel.label if channel else str(row["channel_code"])

    def return_url(self, row: sqlite3.Row, *, is_paid: bool) -> str:
        details = json.loads(row["details"])
        given = details if row["kind"] == "session" else details.get("channel_properties", {})
        if is_paid:
            return str(given.get("success_return_url") or "")
        return str(given.get("cancel_return_url") or given.get("failure_return_url") or "")
