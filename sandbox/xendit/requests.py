"""Payment requests v3: something that can be paid once, and what the customer is shown to pay it."""

import re
import sqlite3
import uuid
import zlib
from typing import Any

from sandbox import emv, surroundings
from sandbox.payables import rows
from sandbox.state import database, schedule
from sandbox.wire import decimal, iso_seconds, major, now_ms
from sandbox.xendit import channels, fields, payments, webhooks
from sandbox.xendit.channels import Channel
from sandbox.xendit.errors import Refused

SIMULATE = "xendit.simulate"
_KEPT = ("type", "capture_method", "channel_properties", "description", "metadata", "items", "customer_id", "customer")


def create(body: dict[str, Any]) -> sqlite3.Row:
    """A payment request waits for its customer. Raises Refused, and then nothing was made."""
    reference = fields.text(body, "reference_id", 1, 255)
    kind = fields.choice(body, "type", ("PAY", "PAY_AND_SAVE", "REUSABLE_PAYMENT_CODE"))
    fields.choice(body, "capture_method", ("AUTOMATIC", "MANUAL"), "AUTOMATIC")
    fields.metadata(body, 50, 500)
    channel = _channel(body)
    cents = fields.amount_cents(body.get("request_amount"), channel.currency, "request_amount")
    if not channel.min_cents <= cents <= channel.max_cents:
        low, high = major(channel.min_cents), major(channel.max_cents)
        raise Refused(fields.VALIDATION, f"request_amount must be between {low} and {high} for {channel.code}")
    properties = body.get("channel_properties")
    if not isinstance(properties, dict):
        raise Refused(fields.VALIDATION, "channel_properties is required and must be an object")
    _check_properties(channel, properties)

    created_ms = now_ms()
    expires_ms = _expiry(channel, properties, created_ms)
    with database.transaction() as running:
        return rows.add(
            running,
            "xendit",
            kind="request",
            request_id=f"pr-{uuid.uuid4()}",
            reference=reference,
            channel_code=channel.code,
            country=channel.country,
            currency=channel.currency,
            amount_cents=cents,
            details={"capture_method": "AUTOMATIC", **{name: body[name] for name in _KEPT if name in body}},
            actions=_actions(channel, properties, reference, cents, expires_ms),
            expires_ms=expires_ms,
            status="ACCEPTING_PAYMENTS" if kind == "REUSABLE_PAYMENT_CODE" else "REQUIRES_ACTION",
        )


def _channel(body: dict[str, Any]) -> Channel:
    code, country = fields.text(body, "channel_code", 1, 64), fields.text(body, "country", 2, 2)
    channel = channels.find(code, country)
    if channel is None:
        known = channels.exists(code)
        raise Refused(fields.VALIDATION, f"channel_code {code} is not supported{f' in {country}' if known else ''}")
    if body.get("currency") != channel.currency:
        raise Refused(fields.VALIDATION, f"currency must be {channel.currency} for {code} in {country}")
    return channel


def _check_properties(channel: Channel, properties: dict[str, Any]) -> None:
    if channel.kind in (channels.REDIRECT, channels.BANK):
        fields.return_url(properties, "success_return_url", required=True)
        for name in ("failure_return_url", "cancel_return_url"):
            fields.return_url(properties, name, required=False)
    elif channel.kind == channels.VA:
        fields.text(properties, "display_name", 1, 250)
    elif channel.kind == channels.OTC:
        fields.text(properties, "payer_name", 1, 250)
    elif channel.kind == channels.PUSH:
        number = properties.get("account_mobile_number")
        if not isinstance(number, str) or not re.fullmatch(r"\+62\d{8,13}", number):
            raise Refused(fields.VALIDATION, "account_mobile_number is required in E.164 format")
    elif channel.kind == channels.CARD:
        # card numbers need PCI-DSS level 1, which neither the store nor this sandbox has: cards go by /sessions
        raise Refused("INVALID_MERCHANT_SETTINGS", "Raw card details are not enabled for this account")


def _expiry(channel: Channel, properties: dict[str, Any], created_ms: int) -> int:
    if not channel.settable or properties.get("expires_at") is None:
        return created_ms + channel.life_ms
    expires_ms = fields.moment_ms(properties["expires_at"], "expires_at")
    if expires_ms <= created_ms:
        raise Refused(fields.VALIDATION, "expires_at must be in the future")
    return expires_ms


def _actions(
    channel: Channel, properties: dict[str, Any], reference: str, cents: int, expires_ms: int
) -> list[dict[str, str]]:
    """What the customer is shown: a QR, a number to pay to, or addresses to go to. OVO asks on the phone instead."""

    def shown(descriptor: str, value: str) -> dict[str, str]:
        return {"type": "PRESENT_TO_CUSTOMER", "descriptor": descriptor, "value": value}

    if channel.kind == channels.QR:
        return [shown("QR_STRING", _qr(channel, reference, cents, expires_ms))]
    if channel.kind == channels.VA:
        chosen = properties.get("virtual_account_number")
        made = channel.prefix + _digits(reference, 16 - len(channel.prefix))
        return [shown("VIRTUAL_ACCOUNT_NUMBER", str(chosen or made))]
    if channel.kind == channels.OTC:
        return [shown("PAYMENT_CODE", channel.prefix + _digits(reference, 12))]
    if channel.kind in (channels.REDIRECT, channels.BANK):
        page = f"{surroundings.URL}/pay/{reference}"
        actions = [{"type": "REDIRECT_CUSTOMER", "descriptor": "WEB_URL", "value": page}]
        if channel.kind == channels.REDIRECT:
            actions.append({"type": "REDIRECT_CUSTOMER", "descriptor": "DEEPLINK_URL", "value": f"{page}?app=1"})
        return actions
    return []


def _digits(reference: str, length: int) -> str:
    """Digits that hold apart the references of one day; a new request of the same reference has new ones."""
    made = zlib.crc32(f"{reference}/{uuid.uuid4().hex}".encode()) * 10_007
    return f"{made:0{length}d}"[-length:]


def _qr(channel: Channel, reference: str, cents: int, expires_ms: int) -> str:
    amount = decimal(cents)
    if channel.country == "ID":
        return emv.qris(str(cents // 100), reference)
    if channel.country == "SG":
        return emv.paynow(amount, reference, iso_seconds(expires_ms)[:10].replace("-", ""))
    if channel.country == "TH":
        return emv.promptpay(amount, re.sub(r"[^A-Z0-9]", "", reference.upper()))
    if channel.country == "PH":
        return emv.qrph(amount, reference)
    return emv.duitnow(amount, reference)


def find(request_id: str) -> sqlite3.Row:
    """The payment request of that id. Raises Refused (DATA_NOT_FOUND)."""
    row = database.one("SELECT * FROM payables WHERE request_id = ?", (request_id,))
    if row is None:
        raise Refused("DATA_NOT_FOUND", f"Payment request {request_id} could not be found")
    return row


def cancel(request_id: str) -> sqlite3.Row:
    """The request can no longer be paid (no webhook tells of it). Raises Refused when it is no longer open."""
    find(request_id)
    with database.transaction() as running:
        changed = running.execute(
            "UPDATE payables SET status = 'CANCELED', updated_ms = ? WHERE request_id = ?"
            " AND status IN ('REQUIRES_ACTION', 'ACCEPTING_PAYMENTS')",
            (now_ms(), request_id),
        ).rowcount
    if not changed:
        raise Refused("INACTIVE_PAYMENT_REQUEST", "Payment request is already inactive.")
    return find(request_id)


def simulate(request_id: str, cents: int | None) -> None:
    """Test mode: the customer pays shortly. Raises Refused when the request is not open."""
    row = find(request_id)
    if row["status"] not in rows.OPEN_STATUSES:
        raise Refused("INACTIVE_PAYMENT_REQUEST", "Payment request is already inactive.")
    with database.transaction() as running:
        schedule.add(running, now_ms() + 200, SIMULATE, {"id": row["id"], "cents": cents or row["amount_cents"]})


def simulate_payment(payload: dict[str, Any], tries: int) -> None:
    """The payment that `simulate` promised has come in and its webhook is under way."""
    with database.transaction() as running:
        row = running.one("SELECT * FROM payables WHERE id = ?", (payload["id"],))
        if row is not None and row["status"] in rows.OPEN_STATUSES:
            for event in payments.capture(running, row, payload["cents"]):
                webhooks.announce(running, event)
