"""HitPay: payment requests with an embedded QR (PayNow, QR Ph, PromptPay ...), links to wallets, and cards on its page.

It knows no idempotency: a create whose answer was lost is looked for by our reference, which is not unique there, and
a refund is judged by what the payment itself says went back. A code that was shown stays payable until its own end, so
nothing is ever withdrawn. Amounts come as text in requests and as numbers elsewhere; times are UTC+8 without saying so.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote

from django.conf import settings
from django.utils.timezone import now

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
from payments.gateways.calling import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, call, moment, money, read_object, text
from payments.gateways.hitpay_channels import OFFERS, has_direct_link

SINGAPORE = timezone(timedelta(hours=8))
_CAME_IN = ("succeeded", "succeeded_manually", "refunded", "partially_refunded")
_STANDING = {
    "failed": Standing.FAILED,
    "expired": Standing.EXPIRED,
    "canceled": Standing.CANCELLED,
    "cancelled": Standing.CANCELLED,
    "inactive": Standing.CANCELLED,
}
_REFUND_STANDING = {
    "succeeded": RefundStanding.DONE,
    "completed": RefundStanding.DONE,
    "refunded": RefundStanding.DONE,
    "failed": RefundStanding.FAILED,
    "canceled": RefundStanding.FAILED,
}
_OF_MONEY = ("payment_request.completed", "charge.created", "form.completed")
_MOST_FIELDS = 50
_PER_PAGE = 100


class HitPay:
    """One instance serves all threads."""

    code = "hitpay"
    lists_requests = True
    tells_refunds = True

    @property
    def timeout_s(self) -> float:
        return CONNECT_TIMEOUT_S + READ_TIMEOUT_S

    def offers(self, country: str) -> tuple[Offer, ...]:
        return OFFERS.get(country, ())

    def create(self, charge: Charge) -> Opened:
        made = self._call("POST", "/payment-requests", _request_body(charge))
        request_id = text(made.get("id"), 36)
        if not request_id or text(made.get("reference_number")) != charge.reference:
            raise GatewayUnavailable("a payment request without id, or of another reference")
        return _opened(charge, request_id, made)

    def find(self, reference: str) -> str | None:
        try:
            told = self._call("GET", f"/payment-requests?search={quote(reference, safe='')}&per_page=100")
        except GatewayRefused as refusal:
            raise GatewayUnavailable(str(refusal)) from refusal
        listed = told.get("data")
        for one in listed if isinstance(listed, list) else ():
            # The search is a partial one: the first attempt's number is found in the second's too.
            if isinstance(one, dict) and text(one.get("reference_number")) == reference and text(one.get("id")):
                return text(one["id"], 36)
        return ""

    def newest(self, page: int) -> tuple[Listed, ...]:
        try:
            told = self._call("GET", f"/payment-requests?per_page={_PER_PAGE}&current_page={page}")
        except GatewayRefused as refusal:
            raise GatewayUnavailable(str(refusal)) from refusal
        rows = told.get("data")
        return tuple(
            Listed(text(one["id"], 36), text(one.get("reference_number")), moment(one.get("created_at"), SINGAPORE))
            for one in (rows if isinstance(rows, list) else ())
            if isinstance(one, dict) and text(one.get("id"))
        )

    def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
        request = self._request(gateway_id)
        if not request:
            return Looked(Standing.MISSING)
        reference = text(request.get("reference_number"))
        came_in = [one for one in _payments(request) if _came_in(one)]
        captures = tuple(_capture(one, request) for one in came_in)
        status = text(request.get("status")).lower()
        if captures:
            back = sum(_went_back(one, request).minor for one in came_in)
            given_back = Money(back, captures[0].amount.currency)
            return Looked(Standing.PAID, captures, reference, given_back=given_back)
        if status == "completed":
            raise GatewayUnavailable(f"{reference} is completed but shows no payment yet")
        standing = _STANDING.get(status, Standing.OPEN)
        if standing == Standing.FAILED and _is_card(request):
            # A refused card; the same page takes another one.
            standing = Standing.OPEN
        return Looked(standing, reference=reference)

    def withdraw(self, gateway_id: str) -> Withdrawal:
        # Deleting it would only take the look-up away: a code once shown stays payable.
        return Withdrawal.STAYS

    def refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply:
        request = self._request(gateway_id)
        payment = next((one for one in _payments(request) if _came_in(one) and amount <= _left(one, request)), None)
        if payment is None:
            raise GatewayRefused("NO_SUCH_MONEY", "no payment of the request holds that much")
        body = {"payment_id": payment["id"], "amount": str(amount.major), "send_email": "false"}
        made = self._call("POST", "/refund", body)
        refund_id = text(made.get("id"), 40)
        if not refund_id:
            raise GatewayUnavailable("a refund without id")
        return RefundReply(f"{gateway_id}/{refund_id}"[:80], _refund_standing(made))

    def look_up_refund(self, refund_id: str) -> RefundReply:
        request_id, _, number = refund_id.partition("/")
        told = self._call("GET", f"/refund/{quote(number)}")
        standing = _refund_standing(told)
        if standing == RefundStanding.PENDING and told.get("status") is None:
            # Older answers say no status at all; then the payment's own account of what went back decides.
            request = self._request(request_id)
            payment = next((one for one in _payments(request) if one.get("id") == told.get("payment_id")), None)
            if payment is not None and _went_back(payment, request):
                standing = RefundStanding.DONE
        return RefundReply(refund_id, standing)

    def find_refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply | None:
        request = self._request(gateway_id)
        came_in = [one for one in _payments(request) if _came_in(one)]
        if not came_in:
            raise GatewayUnavailable(f"{gateway_id} shows no money")
        back = [_went_back(one, request) for one in came_in]
        if not any(back):
            return RefundReply("", RefundStanding.ABSENT)
        # One refund per payment: a sum that is not ours was somebody else's doing.
        return RefundReply("", RefundStanding.DONE) if amount in back else None

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        shown = next((value for name, value in headers.items() if name.lower() == "hitpay-signature"), "")
        if shown:
            expected = hmac.new(settings.HITPAY_WEBHOOK_SALT.encode(), body, hashlib.sha256).hexdigest()
            return hmac.compare_digest(shown.encode(errors="replace"), expected.encode())
        fields = _form(body)
        if not fields or "hmac" not in fields:
            return False
        message = "".join(f"{name}{fields[name]}" for name in sorted(fields) if name != "hmac")
        salt = settings.HITPAY_API_SALT.encode()
        expected = hmac.new(salt, message.encode(errors="replace"), hashlib.sha256).hexdigest()
        return hmac.compare_digest(fields["hmac"].encode(errors="replace"), expected.encode())

    def read_hint(self, body: bytes) -> Hint | None:
        told = read_object(body)
        if told is not None:
            return _charge_hint(told) if "payment_request_id" in told or "payment_request" in told else _hint(told)
        fields = _form(body)
        if not fields or "payment_request_id" not in fields:
            return None
        status = text(fields.get("status"), 20)
        request_id, payment_id = text(fields["payment_request_id"], 60), text(fields.get("payment_id"), 60)
        return Hint(
            event=f"form.{status}",
            reference=text(fields.get("reference_number"), 60),
            gateway_id=request_id,
            payment_id=payment_id,
            dedupe=("form", request_id, payment_id, status),
            is_of_money=f"form.{status}" in _OF_MONEY,
        )

    def _request(self, request_id: str) -> dict[str, Any]:
        """The payment request; empty where there is none. Raises GatewayUnavailable."""
        try:
            return self._call("GET", f"/payment-requests/{quote(request_id, safe='')}")
        except GatewayRefused as refusal:
            if refusal.status == 404:
                return {}
            raise GatewayUnavailable(str(refusal)) from refusal

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object of a success. Raises GatewayNotReached, GatewayUnavailable or GatewayRefused."""
        headers = {"X-BUSINESS-API-KEY": settings.HITPAY_API_KEY, "X-Requested-With": "XMLHttpRequest"}
        answer = call(self.code, method, f"{settings.HITPAY_BASE_URL}/v1{path}", json=body, headers=headers)
        if answer.status >= 400:
            told = answer.body or {}
            raise GatewayRefused(str(answer.status), text(told.get("message")), answer.status)
        if answer.body is None:
            raise GatewayUnavailable("an answer that is no JSON object")
        return answer.body


def _request_body(charge: Charge) -> dict[str, Any]:
    minutes = -(-int(max((charge.expires_at - now()).total_seconds(), 1)) // 60)
    body: dict[str, Any] = {
        "amount": str(charge.amount.major),
        "currency": charge.amount.currency,
        # Exactly one: left out, everything enabled would be on the page, with other fees and limits than were shown.
        "payment_methods": [charge.channel],
        "reference_number": charge.reference,
        "purpose": charge.description[:255],
        "redirect_url": charge.return_url,
        "expires_after": f"{minutes} minutes" if minutes > 1 else "1 minute",
        "allow_repeated_payments": "false",
        # The schema's default is to send messages of its own.
        "send_email": "false",
        "send_sms": "false",
        "add_admin_fee": "false",
        "webhook": f"{settings.PUBLIC_BASE_URL}/hooks/hitpay",
    }
    if charge.kind == "QR":
        body["generate_qr"] = True
    elif charge.kind == "REDIRECT" and has_direct_link(charge.channel):
        body["generate_direct_link"] = True
    return body


def _opened(charge: Charge, request_id: str, made: Mapping[str, Any]) -> Opened:
    page = text(made.get("url"), 1000)
    drawn = made.get("qr_code_data")
    code = text(drawn.get("qr_code") if isinstance(drawn, dict) else drawn, 1000)
    link = made.get("direct_link")
    direct = link if isinstance(link, dict) else {}
    if charge.kind == "QR" and code and not code.startswith("http"):
        return Opened(request_id, qr_string=code)
    # In its test mode the code is an address; without a code its own page shows one.
    target = code or text(direct.get("direct_link_url"), 1000) or page
    if not target:
        raise GatewayUnavailable("a payment request without anything to pay by")
    return Opened(request_id, redirect_url=target, deeplink=text(direct.get("direct_link_app_url"), 1000))


def _payments(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = request.get("payments")
    return [one for one in given if isinstance(one, dict) and text(one.get("id"))] if isinstance(given, list) else []


def _came_in(payment: Mapping[str, Any]) -> bool:
    return text(payment.get("status")).lower() in _CAME_IN


def _is_card(request: Mapping[str, Any]) -> bool:
    methods = request.get("payment_methods")
    return isinstance(methods, list) and bool(methods) and all(str(one).startswith("card") for one in methods)


def _capture(payment: Mapping[str, Any], request: Mapping[str, Any]) -> CaptureSeen:
    currency = text(payment.get("currency")) or text(request.get("currency"))
    # Its creation does not move when the payment is touched again by a refund.
    at = moment(payment.get("created_at"), SINGAPORE) or moment(payment.get("updated_at"), SINGAPORE)
    return CaptureSeen(text(payment["id"], 80), money(payment.get("amount"), currency), at)


def _went_back(payment: Mapping[str, Any], request: Mapping[str, Any]) -> Money:
    currency = text(payment.get("currency")) or text(request.get("currency"))
    return money(payment.get("refunded_amount") or 0, currency)


def _left(payment: Mapping[str, Any], request: Mapping[str, Any]) -> Money:
    return _capture(payment, request).amount - _went_back(payment, request)


def _refund_standing(told: Mapping[str, Any]) -> RefundStanding:
    return _REFUND_STANDING.get(text(told.get("status")).lower(), RefundStanding.PENDING)


def _hint(told: Mapping[str, Any]) -> Hint:
    """Of a payment_request event, whose body is the request."""
    request_id, status = text(told.get("id"), 60), text(told.get("status"), 20).lower()
    if not (request_id and status):
        return Hint(event="")
    payments = _payments(told)
    latest = text(payments[-1]["id"], 60) if payments else ""
    event = f"payment_request.{status}"
    return Hint(
        event=event,
        reference=text(told.get("reference_number"), 60),
        gateway_id=request_id,
        payment_id=latest,
        dedupe=("request", request_id, latest, status),
        is_of_money=event in _OF_MONEY,
    )


def _charge_hint(told: Mapping[str, Any]) -> Hint:
    """Of a charge event, whose body is the payment: that it succeeded, failed, or went back."""
    nested = told.get("payment_request")
    request = nested if isinstance(nested, dict) else {}
    request_id = text(told.get("payment_request_id") or request.get("id"), 60)
    payment_id, status = text(told.get("id"), 60), text(told.get("status"), 30).lower()
    back = str(told.get("refunded_amount") or "")
    if not (request_id and payment_id and status):
        return Hint(event="")
    is_new = status in ("succeeded", "succeeded_manually") and not back.strip("0.")
    return Hint(
        event="charge.created" if is_new else f"charge.{status}",
        reference=text(request.get("reference_number"), 60),
        gateway_id=request_id,
        payment_id=payment_id,
        dedupe=("charge", request_id, payment_id, status, back[:20]),
        is_of_money=is_new,
    )


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form webhook, blank ones too; none where it is no form or names a field twice."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
