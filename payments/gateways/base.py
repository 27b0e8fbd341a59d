"""What every payment gateway's adapter takes and gives: plain frozen data, no models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

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
    """What stands at the gateway; `reference` is the one that the request was made with."""

    standing: Standing
    captures: tuple[CaptureSeen, ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook speaks of; to be looked up, never believed. Empty references: nothing of ours."""

    event: str
    reference: str = ""
    gateway_id: str = ""
    payment_id: str = ""
    refund_id: str = ""
    dedupe: tuple[str, ...] = field(default=())


class RefundStanding(StrEnum):
    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RefundReply:
    gateway_id: str
    standing: RefundStanding
    error: str = ""
    reference: str = ""


class Gateway(Protocol):
    code: str

    @property
    def timeout_s(self) -> float:
        """The longest that one call may take; who waits for another's call gives up after it."""

    def create(self, charge: Charge) -> Opened:
        """Opens a payable request. Raises GatewayUnavailable or GatewayRefused."""

    def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
        """What stands at the gateway now, captures included; `payment_id` names a payment that a hint spoke of.
        Raises GatewayUnavailable."""

    def cancel(self, gateway_id: str) -> bool:
        """True when it can no longer be paid; False when the gateway would not (in progress, already ended).
        Raises GatewayUnavailable."""

    def refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply:
        """Asks for money back. Raises GatewayUnavailable (unknown!) or GatewayRefused (nothing sent)."""

    def look_up_refund(self, refund_id: str) -> RefundReply:
        """How far a refund has come. Raises GatewayUnavailable, or GatewayRefused where it is not known."""

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a webhook carries what only the gateway knows; constant time."""

    def read_hint(self, body: Any) -> Hint:
        """What a webhook's JSON speaks of; tolerant of shapes never seen."""
