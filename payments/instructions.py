"""How a payment is made, as the API tells it (§19, §20, §43)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings

from core.translated import pick
from payments.models import Payment
from storefront.channels.models import Channel

_KEYS = {
    "qr_string": "qrCode",
    "account_number": "accountNumber",
    "biller_code": "billerCode",
    "payment_code": "paymentCode",
    "redirect_url": "redirectUrl",
    "deeplink": "deeplink",
}


def of(payment: Payment | None, language: str) -> dict[str, Any]:
    """instruction, expiredAt and whatever the channel is paid by: QR code, account number, payment code, addresses.

    Empty without a payment (an order that cost nothing), and for one from the balance, which is done.
    """
    if payment is None or payment.channel.kind == Channel.Kind.BALANCE:
        return {}
    channel = payment.channel
    told: dict[str, Any] = {"instruction": pick(channel.instruction, language)}
    told |= {key: payment.instructions[name] for name, key in _KEYS.items() if payment.instructions.get(name)}
    if "qrCode" in told:
        told["qrCodeImage"] = qr_address(told["qrCode"])
    if "accountNumber" in told:
        told |= {"bankName": channel.bank_name or channel.name, "accountName": settings.SHOP_NAME.upper()}
    return {**told, "expiredAt": payment.expires_at}


def qr_address(payload: str) -> str:
    """Where the QR code is drawn as a PNG."""
    return f"{settings.PUBLIC_BASE_URL}/v2/qr/generate?data={quote(payload, safe='')}"
