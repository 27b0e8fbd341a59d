"""What every supplier's adapter takes and gives: plain frozen data, no models. Four outcomes of a call, not two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.money import Money


class SupplierUnavailable(Exception):
    """A read got no usable answer; nothing is known, nothing was changed."""


class SupplierDenied(Exception):
    """401 or 403: our key or address is not let in. Repeating it may get us banned: the account pauses."""


class Outcome(StrEnum):
    ACCEPTED = "ACCEPTED"  # made, with its id
    REJECTED = "REJECTED"  # surely nothing made: the supplier's own refusal
    DENIED = "DENIED"  # surely nothing made: 401/403
    NOT_SENT = "NOT_SENT"  # no connection came about
    UNKNOWN = "UNKNOWN"  # time-out after sending, reset, 5xx, 429, unreadable


@dataclass(frozen=True, slots=True)
class Ask:
    product_code: str
    game_code: str
    player_id: str
    zone: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome of one order call. `raw` is the answer's text (at most 16 KB), never with our key."""

    outcome: Outcome
    transaction_id: str = ""
    status: str = ""
    product_name: str = ""
    player_id: str = ""
    cost: Money | None = None
    made_at: datetime | None = None
    http_status: int | None = None
    message: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the supplier's order history; `status` is success, failed or pending (unknown words: pending)."""

    transaction_id: str
    product_name: str
    game_code: str
    player_id: str
    cost: Money
    status: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    rows: tuple[HistoryEntry, ...]
    limit: int
    clock: datetime | None  # the supplier's clock, from the answer's Date header
    unreadable: int = 0  # rows that were there and could not be read: such a page proves no absence


@dataclass(frozen=True, slots=True)
class Profile:
    balance: Money
    is_active: bool
    counters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Game:
    code: str
    name: str
    description: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    game_code: str
    code: str
    name: str
    cost: Money
    is_active: bool


@dataclass(frozen=True, slots=True)
class PlayerFound:
    nickname: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class PlayerUnknown:
    message: str = ""


class Supplier(Protocol):
    code: str

    def check_player(self, game_code: str, player_id: str, zone: str) -> PlayerFound | PlayerUnknown:
        """Raises SupplierUnavailable, SupplierDenied."""

    def place(self, ask: Ask) -> Placed:
        """One purchase, sent at most once; never raises for what the network or the supplier does."""

    def history(self, limit: int) -> History:
        """The newest `limit` rows, sorted by us newest first. Raises SupplierUnavailable, SupplierDenied."""

    def profile(self) -> Profile: ...

    def games(self) -> list[Game]: ...

    def offers(self, game_code: str) -> list[Offer]: ...
