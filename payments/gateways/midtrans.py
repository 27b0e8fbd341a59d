"""Midtrans: Core API for QRIS, wallets, bank transfers and shops, Snap for the hosted card page. Indonesia, rupiah.

What a payment is called there is our own reference (`order_id`), so that an answer that was lost can be asked for; of
a Snap page its token is kept behind it. The result code stands in the body, also under HTTP 200. Amounts go as whole
numbers and come back as text ("44851.00"); times are Jakarta's and say no offset.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.timezone import now

from core.money import Money
from payments.gateways.base import (
    CaptureSeen,
    Charge,
    GatewayNotReached,
    GatewayRefused,
    GatewayUnavailable,
    Hint,
    Hold,
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
from payments.gateways.midtrans_charges import OFFERS, charge_body, opened, page_body

JAKARTA = timezone(timedelta(hours=7))
_LONGEST_KEY = 46
_NOT_FOUND, _DUPLICATE, _EXPIRED_OK = 404, 406, 407

_STANDING = {
    "settlement": Standing.PAID,
    "refund": Standing.PAID,
    "partial_refund": Standing.PAID,
    "chargeback": Standing.REVERSED,
    "partial_chargeback": Standing.REVERSED,
    "deny": Standing.FAILED,
    "failure": Standing.FAILED,
    "cancel": Standing.CANCELLED,
    "expire": Standing.EXPIRED,
}


class Midtrans:
    """One instance serves all threads."""

    code = "midtrans"
    lists_requests = False  # its API looks up one order at a time
    tells_refunds = True

    @property
    def timeout_s(self) -> float:
        return CONNECT_TIMEOUT_S + READ_TIMEOUT_S

    def offers(self, country: str) -> tuple[Offer, ...]:
        return OFFERS if country == "ID" else ()

    def create(self, charge: Charge) -> Opened:
        if charge.amount.currency != "IDR":
            raise GatewayRefused("CURRENCY", "Midtrans takes rupiah only")
        if charge.kind == "CARD":
            page = self._call("POST", f"{settings.MIDTRANS_SNAP_BASE_URL}/snap/v1/transactions", page_body(charge))
            token, link = text(page.get("token"), 40), text(page.get("redirect_url"), 1000)
            if not (token and link):
                raise GatewayUnavailable("a page without token or address")
            return Opened(f"{charge.reference}/{token}", redirect_url=link)
        body = charge_body(charge)
        try:
            made = self._post("/v2/charge", body, key=f"{charge.reference}-charge")
        except GatewayRefused as refusal:
            if refusal.status == _DUPLICATE:
                # Something stands there under our reference, and nobody here knows what: it is looked for.
                raise GatewayUnavailable(str(refusal)) from refusal
            raise
        status = text(made.get("transaction_status")).lower()
        if status in ("deny", "failure"):
            raise GatewayRefused("DENIED", text(made.get("status_message")))
        if status != "pending" or text(made.get("order_id")) != charge.reference:
            raise GatewayUnavailable(f"a charge that is {status!r} right away")
        return opened(charge, made)

    def find(self, reference: str) -> str | None:
        return reference if self._status(reference) else ""

    def newest(self, page: int) -> tuple[Listed, ...]:
        return ()

    def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
        order, _, page = gateway_id.partition("/")
        told = self._status(order)
        if not told:
            # A page is no transaction until its customer has chosen a card; its own end is announced by nobody.
            return Looked(Standing.OPEN if page else Standing.MISSING, reference=order if page else "")
        return _looked(told)

    def withdraw(self, gateway_id: str) -> Withdrawal:
        order, _, page = gateway_id.partition("/")
        if page and not self._status(order):
            return self._withdraw_page(page)
        try:
            told = self._post(f"/v2/{quote(order)}/cancel", {}, key=f"{order}-cancel")
        except GatewayRefused:
            return Withdrawal.BUSY
        return Withdrawal.VOID if text(told.get("transaction_status")).lower() == "cancel" else Withdrawal.BUSY

    def refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply:
        order, _, page = gateway_id.partition("/")
        if page:
            told = self._status(order)
            if text(told.get("transaction_status")).lower() == "capture":
                return self._undo_capture(order, told, amount, reference)
        body = {"refund_key": reference, "amount": amount.number, "reason": "Not delivered"}
        try:
            told = self._post(f"/v2/{quote(order)}/refund", body, key=reference)
        except GatewayRefused as refusal:
            if refusal.status == _DUPLICATE:
                raise GatewayUnavailable(str(refusal)) from refusal
            if refusal.status == 412 and _is_night(now()):
                # ShopeePay takes nothing back between 23:55 and 06:00 in Jakarta.
                raise GatewayRefused("TEMPORARILY_UNAVAILABLE", str(refusal), refusal.status) from refusal
            raise
        if not money(told.get("refund_amount") or "0", "IDR"):
            raise GatewayRefused("REJECTED_BY_BANK", text(told.get("status_message")), 202)
        return RefundReply(f"{order}/{reference}", RefundStanding.PENDING, reference=reference)

    def look_up_refund(self, refund_id: str) -> RefundReply:
        order, _, reference = refund_id.partition("/")
        found = self._refund_in(self._status(order), order, reference)
        if found is None:
            raise GatewayRefused("404", f"no refund {reference} of {order}", _NOT_FOUND)
        return found

    def find_refund(self, gateway_id: str, amount: Money, reference: str) -> RefundReply | None:
        order = gateway_id.partition("/")[0]
        told = self._status(order)
        if not told:
            raise GatewayUnavailable(f"{order} cannot be found")
        if text(told.get("transaction_status")).lower() == "cancel":
            return RefundReply(f"{order}/{reference}", RefundStanding.DONE, reference=reference)
        absent = RefundReply("", RefundStanding.ABSENT, reference=reference)
        return self._refund_in(told, order, reference) or absent

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        told = read_object(body) or {}
        signed = [told.get(name) for name in ("order_id", "status_code", "gross_amount")]
        if not all(isinstance(part, str) and part for part in signed):
            return False
        content = "".join(map(str, signed)) + settings.MIDTRANS_SERVER_KEY
        expected = hashlib.sha512(content.encode(errors="replace")).hexdigest()
        shown = told.get("signature_key")
        return hmac.compare_digest(str(shown).encode(errors="replace"), expected.encode())

    def read_hint(self, body: bytes) -> Hint | None:
        told = read_object(body)
        if told is None:
            return None
        order, status = text(told.get("order_id"), 50), text(told.get("transaction_status"), 30).lower()
        if not (order and status):
            return Hint(event=f"transaction.{status}" if status else "")
        latest = _refunds(told)[-1:] if status in ("refund", "partial_refund") else []
        key = text(latest[0].get("refund_key"), 60) if latest else ""
        confirmed = text(latest[0].get("bank_confirmed_at"), 40) if latest else ""
        number, fraud = text(told.get("transaction_id"), 60), text(told.get("fraud_status"), 20)
        return Hint(
            event=f"transaction.{status}",
            reference=key or order,
            gateway_id=order,
            refund_id=f"{order}/{key}" if key else "",
            dedupe=(order, number, status, text(told.get("status_code"), 5), fraud, key, confirmed),
            is_of_money=status in ("settlement", "capture"),
        )

    def _withdraw_page(self, token: str) -> Withdrawal:
        try:
            self._call("POST", f"{settings.MIDTRANS_SNAP_BASE_URL}/snap/v1/transactions/{quote(token)}/cancel", {})
        except GatewayRefused:
            return Withdrawal.BUSY
        return Withdrawal.VOID

    def _undo_capture(self, order: str, told: Mapping[str, Any], amount: Money, reference: str) -> RefundReply:
        """A card that is captured but not settled yet is given back whole by cancelling; parts have to wait."""
        if amount != money(told.get("gross_amount"), "IDR"):
            raise GatewayRefused("TEMPORARILY_UNAVAILABLE", "a part goes back only after settlement", 412)
        self._post(f"/v2/{quote(order)}/cancel", {}, key=reference)
        return RefundReply(f"{order}/{reference}", RefundStanding.DONE, reference=reference)

    def _refund_in(self, told: Mapping[str, Any], order: str, reference: str) -> RefundReply | None:
        for one in _refunds(told):
            if text(one.get("refund_key")) == reference:
                # The first answer only says that it was taken on; the bank's word is the second.
                is_done = bool(one.get("bank_confirmed_at"))
                standing = RefundStanding.DONE if is_done else RefundStanding.PENDING
                return RefundReply(f"{order}/{reference}", standing, reference=reference)
        return None

    def _status(self, order: str) -> dict[str, Any]:
        """The transaction; empty where there is none. Raises GatewayUnavailable."""
        try:
            told = self._call("GET", f"{settings.MIDTRANS_BASE_URL}/v2/{quote(order, safe='')}/status")
        except GatewayRefused as refusal:
            if refusal.status == _NOT_FOUND:
                return {}
            raise GatewayUnavailable(str(refusal)) from refusal
        if text(told.get("order_id")) != order:
            raise GatewayUnavailable(f"asked for {order}, told of {told.get('order_id')!r}")
        return told

    def _post(self, path: str, body: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        # Longer keys are silently ignored there, so a long one is left out rather than cut into somebody else's.
        headers = {"Idempotency-Key": key} if len(key) <= _LONGEST_KEY else {}
        return self._call("POST", settings.MIDTRANS_BASE_URL + path, body, headers)

    def _call(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object of a success. Raises GatewayNotReached, GatewayUnavailable or GatewayRefused, by the result
        code in the body where there is one: HTTP 200 may carry a refusal."""
        answer = call(self.code, method, url, json=body, headers=headers, auth=(settings.MIDTRANS_SERVER_KEY, ""))
        told = answer.body
        if told is None:
            if answer.status >= 400:
                raise GatewayRefused(str(answer.status), "", answer.status)
            raise GatewayUnavailable("an answer that is no JSON object")
        shown = text(told.get("status_code"), 5)
        code = int(shown) if shown.isdecimal() else answer.status
        if code == 429:
            raise GatewayNotReached("429: too many calls")
        if code >= 500:
            raise GatewayUnavailable(f"{code}: {text(told.get('status_message'))}")
        if code >= 400 and code != _EXPIRED_OK:
            raise GatewayRefused(str(code), _message(told), code)
        if answer.status >= 400:
            raise GatewayRefused(str(answer.status), _message(told), answer.status)
        return told


def _looked(told: Mapping[str, Any]) -> Looked:
    status, order = text(told.get("transaction_status")).lower(), text(told.get("order_id"))
    is_card = text(told.get("payment_type")) == "credit_card"
    if status == "capture":
        fraud = text(told.get("fraud_status")).lower() or "accept"
        if fraud == "challenge":
            note = "Midtrans wants a decision: accept or deny the card payment in its dashboard."
            return Looked(Standing.HELD, reference=order, hold=Hold.CHALLENGE, note=note)
        standing = Standing.PAID if fraud == "accept" else Standing.OPEN
    elif status == "deny" and is_card:
        # This try failed; the same page takes another card.
        standing = Standing.OPEN
    else:
        standing = _STANDING.get(status, Standing.OPEN)
    if standing not in (Standing.PAID, Standing.REVERSED):
        return Looked(standing, reference=order, note=text(told.get("status_message")))
    at = moment(told.get("settlement_time"), JAKARTA) or moment(told.get("transaction_time"), JAKARTA)
    if status == "settlement" and at is not None and _is_reversible(told):
        until = at + timedelta(seconds=settings.MIDTRANS_REVERSAL_SECONDS)
        if until > now():
            return Looked(Standing.HELD, reference=order, hold=Hold.REVERSIBLE, held_until=until)
    number = text(told.get("transaction_id"), 80)
    if not number:
        raise GatewayUnavailable(f"{order} is paid but has no number")
    capture = CaptureSeen(number, money(told.get("gross_amount"), told.get("currency") or "IDR"), at)
    given_back = Money(sum(money(one.get("refund_amount") or 0, "IDR").minor for one in _refunds(told)), "IDR")
    note = status if standing == Standing.REVERSED else ""
    return Looked(standing, (capture,), order, note=note, given_back=given_back)


def _is_reversible(told: Mapping[str, Any]) -> bool:
    """Whether 'settlement' may turn into 'deny' minutes later: Permata, Mandiri bill, Indomaret."""
    kind = text(told.get("payment_type"))
    if kind == "cstore":
        return text(told.get("store")).lower() != "alfamart"
    return kind == "echannel" or (kind in ("bank_transfer", "permata") and bool(told.get("permata_va_number")))


def _refunds(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = told.get("refunds")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _message(told: Mapping[str, Any]) -> str:
    details = told.get("validation_messages") or told.get("error_messages") or []
    more = "; ".join(map(str, details)) if isinstance(details, list) else ""
    return f"{text(told.get('status_message'))} {more}".strip()[:300]


def _is_night(at: datetime) -> bool:
    clock = at.astimezone(JAKARTA).strftime("%H:%M")
    return clock >= "23:50" or clock < "06:05"
