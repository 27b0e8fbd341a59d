"""Xendit: Payment Requests v3, Sessions for cards (their hosted page), refunds, webhooks by shared token.

Amounts go over the wire as JSON numbers in major units and come back as Decimal. A POST is never sent twice: v3
promises no idempotency, so an answer that was lost is GatewayUnavailable and the caller decides.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from core.money import Money
from payments.gateways.base import (
    CaptureSeen,
    Charge,
    GatewayRefused,
    GatewayUnavailable,
    Hint,
    Listed,
    Looked,
    Offer,
    Opened,
    RefundReply,
    RefundStanding,
    Standing,
    Withdrawal,
)
from payments.gateways.calling import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, call, moment, money, read_object
from payments.gateways.calling import text as _text
from payments.gateways.xendit_channels import OFFERS

API_VERSION = "2024-11-11"
# A session may not end sooner than ten minutes from now, by the gateway's clock; the order may still end sooner here.
SESSION_LEAST = timedelta(minutes=11)

# A payment that went back in more parts than this has a person behind it.
_REFUNDS_LISTED = 50

_STANDING = {
    "SUCCEEDED": Standing.PAID,
    "COMPLETED": Standing.PAID,
    "FAILED": Standing.FAILED,
    "EXPIRED": Standing.EXPIRED,
    "CANCELED": Standing.CANCELLED,
    "CANCELLED": Standing.CANCELLED,
}
_REFUND_STANDING = {
    "SUCCEEDED": RefundStanding.DONE,
    "FAILED": RefundStanding.FAILED,
    "CANCELLED": RefundStanding.FAILED,
    "CANCELED": RefundStanding.FAILED,
}
# Events that speak of money: a look that shows none yet is repeated.
_OF_MONEY = ("payment.capture", "payment.succeeded", "payment_session.completed")


class Xendit:
    """One instance serves all threads; each thread keeps its own connections."""

    code = "xendit"
    lists_requests = False  # v3 looks up by its own ids only
    tells_refunds = False  # a refund is looked up by its own id; one that we did not ask for comes by webhook

    @property
    def timeout_s(self) -> float:
        return CONNECT_TIMEOUT_S + READ_TIMEOUT_S

    def offers(self, country: str) -> tuple[Offer, ...]:
        return OFFERS.get(country, ())

    def find(self, reference: str) -> str | None:
        # v3 looks up by its own id only; what was made unseen can be paid by nobody, and a webhook would tell of it.
        return None

    def create(self, charge: Charge) -> Opened:
        if charge.kind == "CARD":
            return self._create_session(charge)
        made = self._post("/v3/payment_requests", _request_body(charge), key=charge.reference)
        return _opened(made)

    def newest(self, page: int) -> tuple[Listed, ...]:
        return ()

    def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
        is_session = gateway_id.startswith("ps-")
        path = f"/sessions/{quote(gateway_id)}" if is_session else f"/v3/payment_requests/{quote(gateway_id)}"
        try:
            request = self._call("GET", path)
        except GatewayRefused as refusal:
            if refusal.status != 404:
                raise GatewayUnavailable(str(refusal)) from refusal
            request = {}
        own = {_text(request.get("payment_id")), _text(request.get("latest_payment_id"))} - {""}
        reference = _text(request.get("reference_id"))
        captures: list[CaptureSeen] = []
        for one in sorted(own | ({payment_id} if payment_id else set())):
            payment = self._payment(one)
            theirs = _text(payment.get("reference_id"))
            reference = reference or theirs
            # What only a hint named may be somebody else's payment.
            if one in own or theirs == reference:
                captures += _captures(payment)
        if not request and not captures:
            return Looked(Standing.MISSING, reference=reference)
        standing = _STANDING.get(_text(request.get("status")).upper(), Standing.OPEN)
        return Looked(Standing.PAID if captures else standing, tuple(captures), reference)

    def withdraw(self, gateway_id: str) -> Withdrawal:
        is_session = gateway_id.startswith("ps-")
        path = f"/sessions/{quote(gateway_id)}" if is_session else f"/v3/payment_requests/{quote(gateway_id)}"
        try:
            answer = self._call("POST", f"{path}/cancel")
        except GatewayRefused:
            return Withdrawal.BUSY
        is_void = _text(answer.get("status")).upper() in ("CANCELED", "CANCELLED")
        return Withdrawal.VOID if is_void else Withdrawal.BUSY

    def refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply:
        body = {
            "payment_request_id": self._request_of(gateway_id),
            "reference_id": reference,
            "currency": amount.currency,
            "amount": amount.number,
            "reason": "REQUESTED_BY_CUSTOMER",
        }
        return _refund_reply(self._post("/refunds", body, key=reference))

    def look_up_refund(self, refund_id: str) -> RefundReply:
        return _refund_reply(self._call("GET", f"/refunds/{quote(refund_id)}"))

    def find_refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply | None:
        request_id = self._request_of(gateway_id)
        told = self._call("GET", f"/refunds?payment_request_id={quote(request_id)}&limit={_REFUNDS_LISTED}")
        listed = [row for row in told.get("data") or () if isinstance(row, dict)]
        for row in listed:
            if _text(row.get("reference_id")) == reference:
                return _refund_reply(row)
        # Rows of another request would say that the filter was not understood, and then nothing is known.
        is_whole = isinstance(told.get("data"), list) and told.get("has_more") is False
        is_about_it = all(_text(row.get("payment_request_id")) == request_id for row in listed)
        return RefundReply("", RefundStanding.ABSENT, reference=reference) if is_whole and is_about_it else None

    def _request_of(self, gateway_id: str) -> str:
        """The payment request behind a payment of ours: itself, or the one its session led to."""
        if not gateway_id.startswith("ps-"):
            return gateway_id
        request_id = _text(self._call("GET", f"/sessions/{quote(gateway_id)}").get("payment_request_id"))
        if not request_id:
            raise GatewayRefused("NO_PAYMENT_REQUEST", "the session names no payment request")
        return request_id

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        shown = next((value for name, value in headers.items() if name.lower() == "x-callback-token"), "")
        return hmac.compare_digest(shown.encode(), settings.XENDIT_CALLBACK_TOKEN.encode())

    def read_hint(self, body: bytes) -> Hint | None:
        told = read_object(body)
        return None if told is None else self._hint(told)

    def _hint(self, body: dict[str, Any]) -> Hint:
        inner = body.get("data")
        # The example of a refund event is wrapped twice, its schema once.
        if isinstance(inner, dict) and isinstance(inner.get("data"), dict):
            body, inner = {**body, **inner}, inner["data"]
        subject: dict[str, Any] = inner if isinstance(inner, dict) else {}
        event = _text(body.get("event"))
        captures = subject.get("captures")
        capture = captures[0] if isinstance(captures, list) and captures and isinstance(captures[0], dict) else {}
        is_refund = event.startswith("refund.")
        hint = Hint(
            event=event[:60],
            reference=_text(subject.get("reference_id"))[:80],
            gateway_id=_text(subject.get("payment_session_id") or subject.get("payment_request_id"))[:80],
            payment_id="" if is_refund else _text(subject.get("payment_id") or subject.get("latest_payment_id"))[:80],
            refund_id=_text(subject.get("id") or subject.get("refund_id"))[:80] if is_refund else "",
        )
        dedupe = (hint.event, hint.gateway_id, hint.payment_id, hint.refund_id, _text(capture.get("capture_id")))
        return Hint(
            hint.event,
            hint.reference,
            hint.gateway_id,
            hint.payment_id,
            hint.refund_id,
            (*dedupe, _text(subject.get("status"))) if hint.event and any(dedupe[1:]) else (),
            is_of_money=hint.event in _OF_MONEY,
        )

    def _create_session(self, charge: Charge) -> Opened:
        made = self._post(
            "/sessions",
            {
                "reference_id": charge.reference,
                "session_type": "PAY",
                "mode": "PAYMENT_LINK",
                "amount": charge.amount.number,
                "currency": charge.amount.currency,
                "country": charge.country,
                # Left out, every channel of the account would be on the page, with other fees than were shown.
                "allowed_payment_channels": [charge.channel or "CARDS"],
                "capture_method": "AUTOMATIC",
                "expires_at": _iso(max(charge.expires_at, timezone.now() + SESSION_LEAST)),
                "locale": charge.locale if charge.locale in ("id", "en") else "en",
                "description": charge.description[:1000],
                "success_return_url": charge.return_url,
                "cancel_return_url": charge.return_url,
            },
            key=charge.reference,
        )
        link = _text(made.get("payment_link_url"))
        gateway_id = _text(made.get("payment_session_id"))
        if not (link and gateway_id):
            raise GatewayUnavailable("a session without id or link")
        return Opened(gateway_id, redirect_url=link)

    def _payment(self, payment_id: str) -> dict[str, Any]:
        try:
            return self._call("GET", f"/v3/payments/{quote(payment_id)}")
        except GatewayRefused as refusal:
            if refusal.status == 404:
                return {}
            raise GatewayUnavailable(str(refusal)) from refusal

    def _post(self, path: str, body: dict[str, Any], *, key: str) -> dict[str, Any]:
        # Not documented for v3, harmless there; honoured for refunds.
        return self._call("POST", path, body, {"idempotency-key": key})

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object that was answered. Raises GatewayNotReached, GatewayUnavailable or GatewayRefused."""
        answer = call(
            self.code,
            method,
            settings.XENDIT_BASE_URL + path,
            json=body,
            headers={"api-version": API_VERSION, **(headers or {})},
            auth=(settings.XENDIT_SECRET_KEY, ""),
        )
        if answer.status >= 400:
            told = answer.body or {}
            code = _text(told.get("error_code")) or str(answer.status)
            raise GatewayRefused(code, _text(told.get("message")), status=answer.status)
        if answer.body is None:
            raise GatewayUnavailable("an answer that is no JSON object")
        return answer.body


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _request_body(charge: Charge) -> dict[str, Any]:
    return {
        "reference_id": charge.reference,
        "type": "PAY",
        "country": charge.country,
        "currency": charge.amount.currency,
        "request_amount": charge.amount.number,
        "capture_method": "AUTOMATIC",
        "channel_code": charge.channel,
        "channel_properties": _channel_properties(charge),
        "description": charge.description[:1000],
    }


def _channel_properties(charge: Charge) -> dict[str, str]:
    if charge.kind == "VA":
        return {"display_name": charge.payer_name, "expires_at": _iso(charge.expires_at)}
    if charge.kind == "CODE":
        return {
            "payer_name": charge.payer_name,
            "display_name": charge.payer_name,
            "expires_at": _iso(charge.expires_at),
        }
    if charge.kind == "REDIRECT" and charge.channel == "OVO":
        if not charge.payer_phone:
            raise GatewayRefused("PHONE_REQUIRED", "OVO asks on the customer's phone")
        return {"account_mobile_number": charge.payer_phone}
    if charge.kind == "REDIRECT":
        return {
            "success_return_url": charge.return_url,
            "failure_return_url": charge.return_url,
            "cancel_return_url": charge.return_url,
        }
    return {}


def _opened(made: Mapping[str, Any]) -> Opened:
    gateway_id = _text(made.get("payment_request_id"))
    if not gateway_id:
        raise GatewayUnavailable("a payment request without id")
    shown: dict[str, str] = {}
    for action in made.get("actions") or ():
        if isinstance(action, dict):
            shown.setdefault(_text(action.get("descriptor")), _text(action.get("value")))
    return Opened(
        gateway_id,
        qr_string=shown.get("QR_STRING", ""),
        account_number=shown.get("VIRTUAL_ACCOUNT_NUMBER", ""),
        payment_code=shown.get("PAYMENT_CODE", ""),
        redirect_url=shown.get("WEB_URL", ""),
        deeplink=shown.get("DEEPLINK_URL", ""),
    )


def _captures(payment: Mapping[str, Any]) -> list[CaptureSeen]:
    """The captures of one payment; where the list is missing, a payment that SUCCEEDED counts as one of its amount."""
    currency = _text(payment.get("currency"))
    payment_id = _text(payment.get("payment_id"))
    seen = []
    for capture in payment.get("captures") or ():
        if isinstance(capture, dict) and _text(capture.get("capture_id")):
            amount = money(capture.get("capture_amount"), currency)
            seen.append(
                CaptureSeen(_text(capture["capture_id"]), amount, moment(capture.get("capture_timestamp"), UTC))
            )
    if not seen and _text(payment.get("status")) == "SUCCEEDED" and payment_id:
        # The list may be absent in one answer and there in the next; the payment's id would then count the same money
        # twice. Xendit shows it late, not never: ask again.
        raise GatewayUnavailable(f"{payment_id} succeeded but shows no captures yet")
    return seen


def _refund_reply(answer: Mapping[str, Any]) -> RefundReply:
    refund_id = _text(answer.get("id")) or _text(answer.get("refund_id"))
    if not refund_id:
        raise GatewayUnavailable("a refund without id")
    standing = _REFUND_STANDING.get(_text(answer.get("status")).upper(), RefundStanding.PENDING)
    return RefundReply(refund_id, standing, _text(answer.get("failure_code")), _text(answer.get("reference_id")))
