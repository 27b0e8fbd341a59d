"""What Midtrans is asked for by channel, and where in its answer stands what the customer pays by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now

from payments.gateways.base import Charge, GatewayRefused, GatewayUnavailable, Offer, Opened
from payments.gateways.calling import text

OFFERS = (
    Offer("qris", "QR", is_refundable=True),
    Offer("gopay", "REDIRECT", is_refundable=True),
    Offer("shopeepay", "REDIRECT", is_refundable=True),
    Offer("ovo", "REDIRECT", is_refundable=True, needs_phone=True),
    *(Offer(bank, "VA") for bank in ("bca", "bni", "bri", "cimb", "permata", "mandiri")),
    Offer("alfamart", "CODE"),
    Offer("indomaret", "CODE"),
    Offer("credit_card", "CARD", is_refundable=True),
)
_BANKS = ("bca", "bni", "bri", "cimb", "permata")
_SHORTEST = timedelta(seconds=20)
_SHORTEST_PAGE = timedelta(minutes=5)


def charge_body(charge: Charge) -> dict[str, Any]:
    """The body of POST /v2/charge. Raises GatewayRefused for a channel that there is none of; nothing was sent."""
    body: dict[str, Any] = {
        **_method(charge),
        "transaction_details": {"order_id": charge.reference, "gross_amount": charge.amount.number},
    }
    # OVO asks on the phone and gives up after a minute, whatever is wished.
    if charge.channel != "ovo":
        body["custom_expiry"] = {"expiry_duration": _seconds_left(charge.expires_at, _SHORTEST), "unit": "second"}
    return body


def _method(charge: Charge) -> dict[str, Any]:
    code = charge.channel
    if code == "qris":
        return {"payment_type": "qris", "qris": {"acquirer": "gopay"}}
    if code == "gopay":
        return {"payment_type": "gopay", "gopay": {"enable_callback": True, "callback_url": charge.return_url}}
    if code == "shopeepay":
        return {"payment_type": "shopeepay", "shopeepay": {"callback_url": charge.return_url}}
    if code == "ovo":
        if not charge.payer_phone:
            raise GatewayRefused("PHONE_REQUIRED", "OVO asks on the customer's phone")
        local = "0" + charge.payer_phone.removeprefix("+62") if charge.payer_phone.startswith("+62") else ""
        if not local:
            raise GatewayRefused("PHONE_REQUIRED", "OVO needs an Indonesian number")
        return {"payment_type": "ovo", "ovo": {"payer_phone_number": local}}
    if code in _BANKS:
        return {"payment_type": "bank_transfer", "bank_transfer": {"bank": code}}
    if code == "mandiri":
        return {
            "payment_type": "echannel",
            "echannel": {"bill_info1": "Payment:", "bill_info2": charge.payer_name[:30]},
        }
    if code in ("alfamart", "indomaret"):
        return {"payment_type": "cstore", "cstore": {"store": code, "message": charge.payer_name[:20]}}
    raise GatewayRefused("UNKNOWN_CHANNEL", f"{code!r} is no channel of Midtrans")


def page_body(charge: Charge) -> dict[str, Any]:
    """The body of Snap's POST /snap/v1/transactions: cards only, so that the fee that was shown holds, with 3DS."""
    seconds = _seconds_left(charge.expires_at, _SHORTEST_PAGE)
    return {
        "transaction_details": {"order_id": charge.reference, "gross_amount": charge.amount.number},
        "credit_card": {"secure": True},
        "enabled_payments": ["credit_card"],
        "callbacks": {"finish": charge.return_url},
        "page_expiry": {"duration": -(-seconds // 60), "unit": "minute"},
    }


def opened(charge: Charge, made: Mapping[str, Any]) -> Opened:
    """What the customer pays by. Raises GatewayUnavailable where the answer does not hold it."""
    actions = _actions(made)
    deeplink = actions.get("deeplink-redirect", "")
    shown = {
        "QR": lambda: Opened(
            charge.reference,
            qr_string=text(made.get("qr_string"), 1000),
            # Not every account is told the text of the code; its picture then stands behind a link.
            redirect_url="" if made.get("qr_string") else actions.get("generate-qr-code", ""),
        ),
        # An https address that opens the app, or on a desktop a page that says how.
        "REDIRECT": lambda: Opened(charge.reference, redirect_url=deeplink, deeplink=deeplink),
        "VA": lambda: Opened(charge.reference, account_number=_account(made), biller_code=_biller(made)),
        "CODE": lambda: Opened(charge.reference, payment_code=text(made.get("payment_code"), 40)),
    }.get(charge.kind)
    if shown is None:
        raise GatewayUnavailable(f"nothing is known of {charge.kind}")
    found = shown()
    if charge.channel != "ovo" and not (
        found.qr_string or found.redirect_url or found.account_number or found.payment_code
    ):
        raise GatewayUnavailable(f"a {charge.channel} charge without anything to pay by")
    return found


def _account(made: Mapping[str, Any]) -> str:
    numbers = made.get("va_numbers")
    first = numbers[0] if isinstance(numbers, list) and numbers and isinstance(numbers[0], dict) else {}
    return text(made.get("permata_va_number") or made.get("bill_key") or first.get("va_number"), 40)


def _biller(made: Mapping[str, Any]) -> str:
    return text(made.get("biller_code"), 20)


def _actions(made: Mapping[str, Any]) -> dict[str, str]:
    given = made.get("actions")
    listed = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return {text(one.get("name")): text(one.get("url"), 1000) for one in listed}


def _seconds_left(until: datetime, least: timedelta) -> int:
    return int(max(until - now(), least).total_seconds()) + 1
