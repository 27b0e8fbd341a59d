"""What every supplier's adapter takes and gives: plain frozen data, no models. Four outcomes of a call, not two.

There are two kinds of suppliers. One *tells its history* (GemGo): what became of a lost call is read from there. The
other *knows our reference* (Digiflazz): the same call again, under the same reference, tells how the first one stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any, Protocol

from core.money import Money


class SupplierUnavailable(Exception):
    """A read got no usable answer; nothing is known, nothing was changed."""


class SupplierDenied(Exception):
    """401 or 403: our key or address is not let in. Repeating it may get us banned: the account pauses."""


class Outcome(StrEnum):
    ACCEPTED = "ACCEPTED"  # made, with its id
    REJECTED = "REJECTED"  # surely nothing made, or made and finally failed: the supplier's own word
    DENIED = "DENIED"  # surely nothing made: 401/403
    NOT_SENT = "NOT_SENT"  # no connection came about
    UNKNOWN = "UNKNOWN"  # time-out after sending, reset, 5xx, 429, unreadable


class Meaning(StrEnum):
    """What a refusal speaks of, where the supplier says so."""

    NONE = ""  # not said: our balance decides, see fulfilment.recording
    PRODUCT = "PRODUCT"  # this product is not to be had: another route may do
    PLAYER = "PLAYER"  # the number or account that the customer gave is wrong: no route can do
    PRICE = "PRICE"  # it costs more by now than we allowed
    BALANCE = "BALANCE"  # our deposit is too low
    LATER = "LATER"  # not now (closing time, too fast): the same product may do in a while


@dataclass(frozen=True, slots=True)
class Ask:
    """One purchase. The last three are for suppliers that know our reference, and the same at every repetition."""

    product_code: str
    game_code: str
    player_id: str
    zone: str
    callback_url: str
    reference: str = ""
    customer_no: str = ""  # player and zone as this product wants them written
    max_cost: Money | None = None


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
    meaning: Meaning = Meaning.NONE
    is_delivered: bool = False  # of an accepted one: the goods have arrived, nothing is left to wait for
    is_formed: bool = False  # of a rejected one: it had been made, and failed
    needs_staff: bool = False  # of an unknown one: asking again will not tell; a person has to
    serial: str = ""  # the proof: a serial number, or the voucher code itself
    retry_after: float | None = None  # seconds, where the supplier says that we call too often
    is_ours: bool = False  # came about on our side and says nothing of the supplier


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
class FundingEntry:
    """Money that was paid into our account, as the supplier tells; `status` is completed or another word of its own."""

    reference: str
    amount: Money
    method: str
    status: str
    made_at: datetime


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
    cut_off: tuple[time, time] | None = None  # closed from, until, by the clock of the supplier's country
    is_multi: bool = True  # False: once a day for the same customer


@dataclass(frozen=True, slots=True)
class Catalogue:
    games: tuple[Game, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class PlayerFound:
    nickname: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class PlayerUnknown:
    message: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What a webhook says of the attempt with that reference; `status` and `detail` tell one message from another."""

    reference: str
    status: str
    detail: str
    placed: Placed


class Supplier(Protocol):
    """What every supplier does."""

    code: str
    name: str
    currency: str
    knows_reference: bool
    catalogue_pause: float  # seconds between two readings of the whole catalogue; 0: no limit

    @property
    def answer_seconds(self) -> float:
        """How long a purchase may wait for its answer, once connected."""

    def place(self, ask: Ask) -> Placed:
        """One purchase, sent at most once; never raises for what the network or the supplier does."""

    def body(self, ask: Ask) -> dict[str, Any]:
        """What `place` sends, the same for the same `ask`; with our signature in it, where there is one."""

    def profile(self) -> Profile:
        """Raises SupplierUnavailable, SupplierDenied."""

    def catalogue(self) -> Catalogue:
        """All it sells. Raises SupplierUnavailable, SupplierDenied."""


class TellsHistory(Supplier, Protocol):
    """Without a reference of ours: what was made is read from its history."""

    def history(self, limit: int) -> History:
        """The newest `limit` rows, sorted by us newest first. Raises SupplierUnavailable, SupplierDenied."""

    def fundings(self, limit: int) -> tuple[FundingEntry, ...]:
        """The newest `limit` payments into our account. Raises SupplierUnavailable, SupplierDenied."""


class KnowsReference(Supplier, Protocol):
    """The same purchase again, under the same reference, is a look at the first and never a second one, as long as
    fulfilment.checking keeps its two rules (not too soon, not too late)."""

    def check(self, ask: Ask) -> Placed:
        """How the purchase of that reference stands, or (if it never arrived) it is made now. UNKNOWN, NOT_SENT and
        DENIED say nothing about it. Never raises for what the network or the supplier does."""

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the supplier signed these bytes."""

    def read_news(self, body: bytes) -> News | None:
        """What a webhook says; None where it speaks of no purchase."""


class ChecksPlayers(Protocol):
    def check_player(self, game_code: str, player_id: str, zone: str) -> PlayerFound | PlayerUnknown:
        """Raises SupplierUnavailable, SupplierDenied."""
