"""Each gateway as a test sees it: a channel of it, and what it posts to the store about a payment."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.test import Client

from core.money import Money
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


class HitPayCast:
    """Its two forms of webhook tell of the same payment: `about` is the JSON, `form` the other."""

    code = "hitpay"

    def channel(self) -> Channel:
        # Rupiah, so that the orders of these tests can be paid by it; in the demo it takes Singapore dollars.
        return factories.channel("QRIS_H", gateway="hitpay", gateway_channel="ifpay_qris", is_refundable=True)

    def about(self, payment: Payment) -> Message:
        url = f"{settings.HITPAY_BASE_URL}/v1/payment-requests/{payment.gateway_id}"
        told = requests.get(url, headers={"X-BUSINESS-API-KEY": settings.HITPAY_API_KEY}, timeout=5).json()
        return self.json(told)

    def forged(self, payment: Payment) -> list[Message]:
        told = {"id": payment.gateway_id, "status": "completed", "reference_number": payment.reference}
        return [
            self.json(told, "guessed"),
            # Each salt is good for its own form only.
            self.json(told, settings.HITPAY_API_SALT),
            self.form(payment, "completed", "p-forged", settings.HITPAY_WEBHOOK_SALT),
            Message(json.dumps(told).encode(), {}),
        ]

    def json(self, told: dict[str, Any], salt: str | None = None) -> Message:
        body = json.dumps(told).encode()
        salt = settings.HITPAY_WEBHOOK_SALT if salt is None else salt
        return Message(body, {"Hitpay-Signature": hmac.new(salt.encode(), body, hashlib.sha256).hexdigest()})

    def form(self, payment: Payment, status: str, payment_id: str, salt: str | None = None) -> Message:
        fields = {
            "payment_id": payment_id,
            "payment_request_id": payment.gateway_id,
            "phone": "",
            "amount": str(Money(payment.amount_minor, payment.currency).major),
            "currency": payment.currency,
            "status": status,
            "reference_number": payment.reference,
        }
        message = "".join(f"{name}{fields[name]}" for name in sorted(fields))
        salt = settings.HITPAY_API_SALT if salt is None else salt
        signature = hmac.new(salt.encode(), message.encode(), hashlib.sha256).hexdigest()
        return Message(urlencode(fields | {"hmac": signature}).encode(), {}, "application/x-www-form-urlencoded")


MIDTRANS = MidtransCast()
HITPAY = HitPayCast()
CASTS: list[Cast] = [XenditCast(), MIDTRANS, HITPAY]
