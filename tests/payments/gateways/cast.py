"""Each gateway as a test sees it: a channel of it, and what it posts to the store about a payment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from django.conf import settings
from django.test import Client

from payments.models import Payment
from storefront.channels.models import Channel
from tests.storefront import factories


@dataclass(frozen=True)
class Message:
    """One webhook: what is posted, and with which headers."""

    body: bytes
    headers: dict[str, str]
    content_type: str = "application/json"


class Cast(Protocol):
    code: str

    def channel(self) -> Channel:
        """A QR channel of it that gives money back."""

    def about(self, payment: Payment) -> Message:
        """What it says, truly and signed, about the payment as it stands there now."""

    def forged(self, payment: Payment) -> list[Message]:
        """What somebody without its secret could post: that the payment is paid."""


def post(cast: Cast, message: Message) -> int:
    """The store's answer."""
    door = f"/hooks/{cast.code}"
    return Client().post(door, message.body, content_type=message.content_type, headers=message.headers).status_code


class XenditCast:
    code = "xendit"

    def channel(self) -> Channel:
        return factories.channel(is_refundable=True)

    def about(self, payment: Payment) -> Message:
        asked: dict[str, Any] = {
            "auth": (settings.XENDIT_SECRET_KEY, ""),
            "headers": {"api-version": "2024-11-11"},
            "timeout": 5,
        }
        base = f"{settings.XENDIT_BASE_URL}/v3"
        request = requests.get(f"{base}/payment_requests/{payment.gateway_id}", **asked).json()
        told = requests.get(f"{base}/payments/{request['latest_payment_id']}", **asked).json()
        return self._message({"event": "payment.capture", "data": told}, settings.XENDIT_CALLBACK_TOKEN)

    def forged(self, payment: Payment) -> list[Message]:
        data = {"payment_id": "py-forged", "reference_id": payment.reference, "status": "SUCCEEDED"}
        body = {"event": "payment.capture", "data": data}
        return [self._message(body, token) for token in ("", "wrong")]

    def _message(self, body: dict[str, Any], token: str) -> Message:
        return Message(json.dumps(body).encode(), {"x-callback-token": token})


class MidtransCast:
    code = "midtrans"

    def channel(self) -> Channel:
        return factories.channel("QRIS_M", gateway="midtrans", gateway_channel="qris", is_refundable=True)

    def about(self, payment: Payment) -> Message:
        url = f"{settings.MIDTRANS_BASE_URL}/v2/{payment.reference}/status"
        told = requests.get(url, auth=(settings.MIDTRANS_SERVER_KEY, ""), timeout=5).json()
        return self.signed(told)

    def forged(self, payment: Payment) -> list[Message]:
        told = {
            "order_id": payment.reference,
            "status_code": "200",
            "gross_amount": f"{payment.amount_minor}.00",
            "transaction_status": "settlement",
            "transaction_id": "forged",
        }
        return [
            self.signed(told, "SB-Mid-server-guessed"),
            Message(json.dumps(told).encode(), {}),
            # What one can make from the fields alone, as a shop without a key would check it.
            self.signed(told, ""),
        ]

    def signed(self, told: dict[str, Any], key: str | None = None) -> Message:
        key = settings.MIDTRANS_SERVER_KEY if key is None else key
        content = f"{told['order_id']}{told['status_code']}{told['gross_amount']}{key}"
        signature = hashlib.sha512(content.encode()).hexdigest()
        return Message(json.dumps(told | {"signature_key": signature}).encode(), {"User-Agent": "Veritrans"})


MIDTRANS = MidtransCast()
CASTS: list[Cast] = [XenditCast(), MIDTRANS]
