"""Sessions: the hosted card page. No card number is ever typed, here or in the store."""

import secrets
import sqlite3
from typing import Any

from sandbox.payables import rows
from sandbox.state import database, faults
from sandbox.wire import major, now_ms
from sandbox.xendit import channels, fields
from sandbox.xendit.errors import Refused

_LIFE_MS = 30 * 60_000
_SHORTEST_LIFE_MS = 10 * 60_000
_SLACK_MS = 15_000  # between the store's clock reading and ours
_KEPT = (
    "description", "metadata", "items", "customer_id", "channel_properties", "allowed_payment_channels", "locale",
    "success_return_url", "cancel_return_url",
)  # fmt: skip


def create(body: dict[str, Any]) -> sqlite3.Row:
    """A page waits for its customer. Raises Refused, and then nothing was made."""
    reference = fields.text(body, "reference_id", 1, 64)
    session_type = fields.choice(body, "session_type", ("PAY",))
    mode = fields.choice(body, "mode", ("PAYMENT_LINK",))
    capture_method = fields.choice(body, "capture_method", ("AUTOMATIC", "MANUAL"), "AUTOMATIC")
    fields.metadata(body, 20, 80)
    saving = body.get("allow_save_payment_method", "DISABLED") != "DISABLED"
    if saving and not (body.get("customer") or body.get("customer_id")):
        raise Refused("MISSING_CUSTOMER", "customer is required when payment details are saved")
    channel = channels.find("CARDS", str(body.get("country")))
    if channel is None:
        raise Refused("INVALID_COUNTRY", "country must be one of [ID, PH, TH, SG, MY]")
    if body.get("currency") != channel.currency:
        raise Refused("INVALID_CURRENCY", f"currency must be {channel.currency} in {channel.country}")
    allowed = body.get("allowed_payment_channels", [])
    if not isinstance(allowed, list) or any(not channels.exists(str(code)) for code in allowed):
        raise Refused("INVALID_PAYMENT_CHANNEL", "allowed_payment_channels holds an unknown channel")
    cents = fields.amount_cents(body.get("amount"), channel.currency, "amount", "INVALID_AMOUNT")
    if not channel.min_cents <= cents <= channel.max_cents:
        low, high = major(channel.min_cents), major(channel.max_cents)
        raise Refused("INVALID_AMOUNT", f"amount must be between {low} and {high}")
    for name in ("success_return_url", "cancel_return_url"):
        fields.return_url(body, name, required=False, code="INVALID_URL")
    created_ms = now_ms()
    expires_ms = created_ms + _LIFE_MS
    if body.get("expires_at") is not None:
        expires_ms = fields.moment_ms(body["expires_at"], "expires_at", "INVALID_EXPIRY_DATE")
        if expires_ms < created_ms + _SHORTEST_LIFE_MS - _SLACK_MS:
            raise Refused("INVALID_EXPIRY_DATE", "expires_at must be at least 10 minutes ahead")

    details = {
        "session_type": session_type,
        "mode": mode,
        "capture_method": capture_method,
        **{name: body[name] for name in _KEPT if name in body},
    }
    with database.transaction() as running:
        return rows.add(
            running,
            "xendit",
            kind="session",
            request_id=None,
            session_id=f"ps-{secrets.token_hex(12)}",
            reference=reference,
            channel_code=channel.code,
            country=channel.country,
            currency=channel.currency,
            amount_cents=cents,
            details=details,
            actions=[],
            expires_ms=expires_ms,
        )


def find(session_id: str) -> sqlite3.Row:
    """The session of that id. Raises Refused (DATA_NOT_FOUND)."""
    row = database.one("SELECT * FROM payables WHERE session_id = ?", (session_id,))
    if row is None:
        raise Refused("DATA_NOT_FOUND", f"Session {session_id} could not be found")
    return row


def cancel(session_id: str) -> sqlite3.Row:
    """The page is void (no webhook tells of it). Raises Refused when it is not ACTIVE, or a payment is under way."""
    find(session_id)
    if faults.happens("sessions", "cancel_refused"):
        raise Refused("SESSION_IN_PROGRESS", "A payment on this session is in progress")
    with database.transaction() as running:
        changed = running.execute(
            "UPDATE payables SET status = 'CANCELED', updated_ms = ? WHERE session_id = ? AND status = 'ACTIVE'",
            (now_ms(), session_id),
        ).rowcount
    if not changed:
        raise Refused("API_VALIDATION_ERROR", "Session is not active")
    return find(session_id)
