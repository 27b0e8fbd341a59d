"""The gateways by name: what each does when somebody pays, and how it tells the store."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

from sandbox.hitpay.party import HitPay
from sandbox.midtrans.party import Midtrans
from sandbox.state import database
from sandbox.xendit.party import Xendit

OUTCOMES = ("paid", "failed", "expired", "challenged", "reversed")


class Party(Protocol):
    """One gateway. Its events are its own; each has a `name`."""

    def apply(
        self, running: database.Transaction, row: sqlite3.Row, outcome: str, cents: int | None = None
    ) -> list[Any]:
        """The outcome has come about, if this gateway knows such a one; answers the webhooks that tell of it."""

    def announce(self, running: database.Transaction, event: Any) -> None:
        """The webhook is under way once the transaction is committed, as the faults say."""

    def deliver(self, events: Sequence[Any], repeat: int) -> list[tuple[str, int]]:
        """Sends each event `repeat` times now; answers (event, HTTP status), 0 where the store did not answer."""

    def label(self, row: sqlite3.Row) -> str:
        """The way to pay, as a person reads it."""

    def return_url(self, row: sqlite3.Row, *, is_paid: bool) -> str:
        """Where the merchant wants the person back; '' when it did not say."""


_PARTIES: dict[str, Party] = {"xendit": Xendit(), "midtrans": Midtrans(), "hitpay": HitPay()}


def of(row: sqlite3.Row) -> Party:
    """The gateway that holds this payable."""
    return _PARTIES[row["gateway"]]
