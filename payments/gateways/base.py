"""What every payment gateway's adapter takes and gives: plain frozen data, no models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.money import Money


class GatewayUnavailable(Exception):
    """No usable answer: time-out, reset, 5xx, 429. Whether something was made is not known."""


class GatewayNotReached(GatewayUnavailable):
    """No connection came about, or the gateway turned the call away unread (429): surely nothing was made."""


class GatewayRefused(Exception):
    """The gateway said no and made nothing; trying the same again is pointless. `code` is the gateway's own."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status


class Standing(StrEnum):
    OPEN = "OPEN"
    PAID = "PAID"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    MISSING = "MISSING"
    #: Money is there, but the gateway may still take it back: not ours yet.
    HELD = "HELD"
    #: Money was there and was taken back by bank or cardholder.
    REVERSED = "REVERSED"


class Withdrawal(StrEnum):
    """What came of withdrawing a payable request: no longer payable; being paid or ended already; or this gateway
    withdraws nothing, so that it stays payable until its own end and has to be watched."""

    VOID = "VOID"
    BUSY = "BUSY"
    STAYS = "STAYS"


class Hold(StrEnum):
    """Why money that is there does not count yet."""

    REVERSIBLE = "REVERSIBLE"
    CHALLENGE = "CHALLENGE"


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to pay that a gateway has: its own code, the Channel.Kind it is, and what it can do."""

    code: str
    kind: str
    is_refundable: bool = False
    needs_phone: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """What is asked of the customer. `channel` is the gateway's own code, `kind` one of Channel.Kind."""

    reference: str
    amount: Money
    country: str
    channel: str
    kind: str
    description: str
    expires_at: datetime
    return_url: str
    locale: str = "id"
    payer_name: str = ""
    payer_phone: str = ""
    payer_email: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the customer needs to pay; `gateway_id` is what look_up and cancel take."""

    gateway_id: str
    qr_string: str = ""
    account_number: str = ""
    biller_code: str = ""
    payment_code: str = ""
    redirect_url: str = ""
    deeplink: str = ""


@dataclass(frozen=True, slots=True)
class CaptureSeen:
    """Money the gateway says it took; `ref` is its id, never used for another capture."""

    ref: str
    amount: Money
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What stands at the gateway; `reference` is the one that the request was made with. HELD says why and, where it
    is a matter of time, until when; `note` is for staff. `given_back` is what of the captures went back or is on its
    way, whoever sent it; None where the gateway does not tell (`Gateway.tells_refunds`)."""

    standing: Standing
    captures: tuple[CaptureSeen, ...] = ()
    reference: str = ""
    hold: Hold | None = None
    held_until: datetime | None = None
    note: str = ""
    given_back: Money | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One payable request in a gateway's own list; how it stands is told by `look_up`."""

    gateway_id: str
    reference: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook speaks of; to be looked up, never believed. Empty references: nothing of ours.

    `is_of_money`: it says that money came, so that a look which shows none yet is repeated.
    """

    event: str
    reference: str = ""
    gateway_id: str = ""
    payment_id: str = ""
    refund_id: str = ""
    dedupe: tuple[str, ...] = field(default=())
    is_of_money: bool = False


class RefundStanding(StrEnum):
    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"
    #: Surely never asked for: it may be asked for again.
    ABSENT = "ABSENT"


@dataclass(frozen=True, slots=True)
class RefundReply:
    gateway_id: str
    standing: RefundStanding
    error: str = ""
    reference: str = ""


class Gateway(Protocol):
    code: str
    #: Whether `newest` tells of requests that nobody here asked for. Where it does not, only webhooks do.
    lists_requests: bool
    #: Whether a look at a payment also tells what went back of it, so that refunds made in the dashboard are seen.
    tells_refunds: bool

    @property
    def timeout_s(self) -> float:
        """The longest that one call may take; who waits for another's call gives up after it."""

    def offers(self, country: str) -> tuple[Offer, ...]:
        """The ways to pay that it has in a country (two letters); none where it does not work."""

    def create(self, charge: Charge) -> Opened:
        """Opens a payable request. Raises GatewayUnavailable or GatewayRefused."""

    def find(self, reference: str) -> str | None:
        """The gateway_id of what stands there under our reference, '' where nothing does; None where this gateway
        cannot be asked by reference. Raises GatewayUnavailable."""

    def newest(self, page: int) -> tuple[Listed, ...]:
        """The requests on that page (from 1) of its own list, newest first; none where it has no list. Raises
        GatewayUnavailable."""

    def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
        """What stands at the gateway now, captures included; `payment_id` names a payment that a hint spoke of.
        Raises GatewayUnavailable."""

    def withdraw(self, gateway_id: str) -> Withdrawal:
        """Asks that it can no longer be paid. Raises GatewayUnavailable."""

    def refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply:
        """Asks for money back. Raises GatewayUnavailable (unknown!) or GatewayRefused (nothing sent)."""

    def look_up_refund(self, refund_id: str) -> RefundReply:
        """How far a refund has come. Raises GatewayUnavailable, or GatewayRefused where it is not known."""

    def find_refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply | None:
        """What became of a refund whose asking was never answered; ABSENT where it surely was not made. None where
        this gateway cannot be asked without its own number. Raises GatewayUnavailable."""

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a webhook carries what only the gateway knows, judged on the bytes that came; constant time."""

    def read_hint(self, body: bytes) -> Hint | None:
        """What a webhook speaks of, tolerant of shapes never seen; None where it is not in the gateway's form."""
