"""Payment requests: something that can be paid, under an id of HitPay's; our reference is not unique here."""

import json
import re
import sqlite3
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox import emv, surroundings
from sandbox.hitpay import methods
from sandbox.hitpay.errors import Refused
from sandbox.hitpay.methods import Method
from sandbox.payables import rows
from sandbox.state import database, faults
from sandbox.wire import decimal, iso_seconds, now_ms

_LIFE_MS = 7 * 86_400_000  # a request without expires_after lives on; long enough for any sandbox
_UNITS_MS = {"min": 60_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def create(body: dict[str, Any]) -> sqlite3.Row:
    """A request waits for its customer. Raises Refused (422), and then nothing was made."""
    currency = str(body.get("currency") or "").upper()
    if currency not in methods.COUNTRIES:
        raise Refused(422, "The currency field is required.", "currency")
    cents = amount_cents(body.get("amount"))
    reference = str(body.get("reference_number") or "")
    if len(reference) > 255:
        raise Refused(422, "The reference number may not be greater than 255 characters.", "reference_number")
    method = _method(body, currency)
    if is_on(body.get("add_admin_fee")):
        raise Refused(422, "The store never lets the provider add its own fee.", "add_admin_fee")
    wants_qr, wants_direct = is_on(body.get("generate_qr")), is_on(body.get("generate_direct_link"))
    if wants_qr and not method.qr:
        raise Refused(422, "The selected payment method has no QR code.", "generate_qr")
    if wants_direct and not method.direct:
        raise Refused(422, "The selected payment method has no direct link.", "generate_direct_link")
    expires_ms = now_ms() + _life_ms(body.get("expires_after"))
    kept = ("redirect_url", "webhook", "purpose", "name", "email", "phone", "send_email", "send_sms", "metadata")
    with database.transaction() as running:
        return rows.add(
            running,
            "hitpay",
            kind="session" if method.card else "request",
            request_id=str(uuid.uuid4()),
            reference=reference,
            channel_code=method.code,
            country=methods.COUNTRIES[currency],
            currency=currency,
            amount_cents=cents,
            details={name: body[name] for name in kept if body.get(name)},
            actions=_ways(method, reference, cents, currency, expires_ms, qr=wants_qr, direct=wants_direct),
            expires_ms=expires_ms,
        )


def is_on(value: Any) -> bool:
    """Switches come as booleans, as words and as digits."""
    return value in (True, "true", "1", 1)


def amount_cents(value: Any, name: str = "amount") -> int:
    """An amount in major units, number or text, in hundredths; 0.3 at least. Raises Refused (422)."""
    try:
        scaled = Decimal(str(value)) * 100 if not isinstance(value, bool) else Decimal(0)
    except InvalidOperation:
        scaled = Decimal(0)
    if not scaled.is_finite() or scaled < 30 or scaled != scaled.to_integral_value():
        raise Refused(422, f"The {name} must be a number of at least 0.3.", name)
    return int(scaled)


def _method(body: dict[str, Any], currency: str) -> Method:
    given = body.get("payment_methods") or body.get("payment_methods[]")
    codes = given if isinstance(given, list) else [given]
    method = methods.find(str(codes[0])) if len(codes) == 1 else None
    if method is None or currency not in method.currencies:
        raise Refused(422, "The selected payment methods is invalid.", "payment_methods")
    return method


def _life_ms(given: Any) -> int:
    if not given:
        return _LIFE_MS
    told = re.fullmatch(r"(\d+) (min|minute|hour|day)s?", str(given))
    if told is None or not int(told[1]):
        raise Refused(422, "The expires after format is invalid.", "expires_after")
    return int(told[1]) * _UNITS_MS[told[2]]


def _ways(
    method: Method, reference: str, cents: int, currency: str, expires_ms: int, *, qr: bool, direct: bool
) -> dict[str, Any]:
    page = f"{surroundings.URL}/pay/{reference}"
    ways: dict[str, Any] = {}
    if qr:
        if method.code == "qrph_netbank" and faults.happens("hitpay", "qrph_error"):
            raise Refused(500, "Server Error")
        code = page if faults.happens("hitpay", "qr_as_url") else _qr(currency, reference, cents, expires_ms)
        whole = {"qr_code": code, "qr_code_expiry": None}
        ways["qr_code_data"] = code if faults.happens("hitpay", "bare_qr") else whole
    if direct:
        ways["direct_link"] = {"direct_link_url": page, "direct_link_app_url": f"{page}?app=1", "expiry_time": None}
    return ways


def _qr(currency: str, reference: str, cents: int, expires_ms: int) -> str:
    amount = decimal(cents)
    if currency == "SGD":
        return emv.paynow(amount, reference, iso_seconds(expires_ms)[:10].replace("-", ""))
    if currency == "THB":
        return emv.promptpay(amount, re.sub(r"[^A-Z0-9]", "", reference.upper()))
    if currency == "PHP":
        return emv.qrph(amount, reference)
    if currency == "IDR":
        return emv.qris(str(cents // 100), reference)
    return emv.duitnow(amount, reference)


def find(request_id: str) -> sqlite3.Row:
    """The request of that id. Raises Refused (404), also for a deleted one."""
    row = database.one("SELECT * FROM payables WHERE gateway = 'hitpay' AND request_id = ?", (request_id,))
    if row is None or json.loads(row["details"]).get("deleted"):
        raise Refused(404, f"No query results for model [App\\Business\\PaymentRequest] {request_id}")
    return row


def search(words: str, limit: int, page: int = 1) -> list[sqlite3.Row]:
    """That page of the requests whose reference, id or e-mail holds the words, newest first: a partial match."""
    pattern = f"%{words}%"
    found = database.rows(
        "SELECT * FROM payables WHERE gateway = 'hitpay' AND (reference LIKE ? OR request_id LIKE ?)"
        " ORDER BY id DESC LIMIT ? OFFSET ?",
        (pattern, pattern, limit, (page - 1) * limit),
    )
    return [row for row in found if not json.loads(row["details"]).get("deleted")]


def delete(request_id: str) -> None:
    """The request cannot be looked up any more; a card page is void, a code that was shown stays payable."""
    row = find(request_id)
    if row["status"] in ("SUCCEEDED", "COMPLETED"):
        raise Refused(400, "Completed payment requests cannot be deleted.")
    with database.transaction() as running:
        rows.set_status(running, row, "CANCELED" if row["kind"] == "session" else row["status"], deleted=True)
