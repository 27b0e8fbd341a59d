"""Midtrans' calls under /midtrans: /v2/charge, /v2/{id}/..., and Snap's /snap/v1/transactions."""

import base64
import hmac
import io
import json
import sqlite3
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from sandbox import surroundings
from sandbox.midtrans import charges, methods, pages, payments, refunds, shapes, webhooks
from sandbox.midtrans.errors import Refused
from sandbox.midtrans.pages import PageRefused
from sandbox.midtrans.webhooks import Event
from sandbox.payables import faulty, rows
from sandbox.state import database, faults
from sandbox.wire import answer, decimal, iso_seconds, json_object, now_ms

View = Callable[..., HttpResponse]
_KEPT_MS = 5 * 60_000
_LONGEST_KEY = 46
_running: set[str] = set()
_running_lock = threading.Lock()


def merchant_only(view: View) -> View:
    """Basic auth with the server key; the gateway's faults that make nothing; Midtrans' error bodies."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        faulty.read(request)
        try:
            expected = "Basic " + base64.b64encode(f"{surroundings.MIDTRANS_SERVER_KEY}:".encode()).decode()
            if not hmac.compare_digest(request.META.get("HTTP_AUTHORIZATION", "").encode(), expected.encode()):
                raise Refused(401)
            faulty.happen(error=Refused(500), too_often=Refused(429))
            return view(request, *args, **kwargs)
        except PageRefused as refused:
            return answer({"error_messages": [refused.message]}, refused.status)
        except Refused as refused:
            told: dict[str, Any] = {"status_code": str(refused.code), "status_message": refused.message}
            if refused.details:
                told["validation_messages"] = list(refused.details)
            return answer(told, refused.status)

    return guarded


def once(view: View) -> View:
    """The Idempotency-Key: a success is answered again for five minutes; while the first runs, the second gets 202.
    Keys longer than 46 characters are ignored without a word."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
        if not key or len(key) > _LONGEST_KEY:
            return view(request, *args, **kwargs)
        kept = database.one("SELECT * FROM midtrans_answers WHERE key = ?", (key,))
        if kept is not None and kept["created_ms"] > now_ms() - _KEPT_MS:
            return answer(json.loads(kept["body"]), kept["status"])
        with _running_lock:
            if key in _running:
                return answer({"status_message": "The first request is still being processed"}, 202)
            _running.add(key)
        try:
            return view(request, *args, **kwargs)
        finally:
            with _running_lock:
                _running.discard(key)

    return guarded


def _body(request: HttpRequest) -> dict[str, Any]:
    body = json_object(request)
    if body is None:
        raise Refused(413)
    return body


def _before_making(request: HttpRequest) -> HttpResponse | None:
    return faulty.before_making(request, unavailable=Refused(503))


def _made(request: HttpRequest, told: dict[str, Any], *, keep: bool = True, status: int = 200) -> HttpResponse:
    """The answer of a call that has made something, kept under its key, or what a fault leaves of it."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if keep and key and len(key) <= _LONGEST_KEY:
        with database.transaction() as running:
            running.execute(
                "INSERT OR REPLACE INTO midtrans_answers VALUES (?, ?, ?, ?)", (key, status, json.dumps(told), now_ms())
            )
    return faulty.made(request, told, status)


@require_POST
@merchant_only
@once
def charge(request: HttpRequest) -> HttpResponse:
    """POST /v2/charge"""
    lost = _before_making(request)
    if lost:
        return lost
    row = charges.create(_body(request))
    if faults.happens("midtrans", "early_notification"):
        webhooks.deliver([Event.of(row)], 1)
    return _made(request, shapes.charged(row), keep=methods.of(row["channel_code"]).idempotent)


@require_GET
@merchant_only
def status(request: HttpRequest, name: str) -> HttpResponse:
    """GET /v2/{order id or transaction id}/status"""
    return answer(shapes.looked_up(charges.find(name)))


@require_POST
@merchant_only
@once
def cancel(request: HttpRequest, name: str) -> HttpResponse:
    """POST /v2/{id}/cancel: what is not paid yet, and a card that is captured but not settled."""
    row = charges.find(name)
    is_captured = row["status"] == "SUCCEEDED" and json.loads(row["details"]).get("captured")
    if row["status"] not in rows.OPEN_STATUSES and not is_captured:
        raise Refused(412)
    with database.transaction() as running:
        if is_captured:
            _give_back_whole(running, row)
        row = rows.set_status(running, row, "CANCELED")
        webhooks.announce(running, Event.of(row))
    return _made(request, shapes.transaction(row))


def _give_back_whole(running: database.Transaction, row: sqlite3.Row) -> None:
    """The card is released: in the truth, what came in has gone back."""
    for one in rows.payments(row["id"]):
        if one["status"] == "SUCCEEDED":
            rows.add_refund(
                running, row, f"void/{one['payment_id']}", one["amount_cents"],
                reference="cancel", reason="cancel", status="SUCCEEDED",
            )  # fmt: skip


@require_POST
@merchant_only
@once
def expire(request: HttpRequest, name: str) -> HttpResponse:
    """POST /v2/{id}/expire: answers 407, which is a success here."""
    row = charges.find(name)
    with database.transaction() as running:
        events = payments.expire(running, rows.fresh(running, row["id"]))
        for event in events:
            webhooks.announce(running, event)
    if not events:
        raise Refused(412)
    told = {**shapes.transaction(charges.find(name)), "status_message": "Success, transaction has expired"}
    return _made(request, told)


@require_POST
@merchant_only
@once
def refund(request: HttpRequest, name: str) -> HttpResponse:
    """POST /v2/{id}/refund and .../refund/online/direct"""
    lost = _before_making(request)
    if lost:
        return lost
    row, made = refunds.create(name, _body(request))
    if made is None:
        told = {**shapes.transaction(row), "status_code": "202", "status_message": "Refund is rejected by the bank"}
        return answer({**told, "refund_amount": "0.00"})
    more = {
        "refund_chargeback_id": made["id"],
        "refund_amount": decimal(made["amount_cents"]),
        "refund_key": made["reference"],
    }
    return _made(request, {**shapes.transaction(row), **more})


@require_POST
@merchant_only
def decide(request: HttpRequest, name: str, verdict: str) -> HttpResponse:
    """POST /v2/{id}/approve and /v2/{id}/deny: what staff do in the dashboard with a card that is held."""
    row = charges.find(name)
    if row["status"] != "CHALLENGED":
        raise Refused(412)
    with database.transaction() as running:
        fresh = rows.fresh(running, row["id"])
        is_approved = verdict == "approve"
        events = payments.pay(running, fresh, fresh["amount_cents"]) if is_approved else payments.fail(running, fresh)
        for event in events:
            webhooks.announce(running, event)
    return answer(shapes.transaction(charges.find(name)))


@require_POST
@merchant_only
def create_page(request: HttpRequest) -> HttpResponse:
    """POST /snap/v1/transactions"""
    lost = _before_making(request)
    if lost:
        return lost
    row = pages.create(_body(request))
    link = f"{surroundings.URL}/midtrans/snap/v3/redirection/{row['session_id']}"
    return _made(request, {"token": row["session_id"], "redirect_url": link}, keep=False, status=201)


@require_POST
@merchant_only
def cancel_page(request: HttpRequest, token: str) -> HttpResponse:
    """POST /snap/v1/transactions/{token}/cancel"""
    if faults.happens("sessions", "cancel_refused"):
        raise PageRefused("Transaction is on progress")
    pages.cancel(token)
    return answer({"canceled_at": iso_seconds(now_ms())})


@require_GET
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET /snap/v3/redirection/{token}: the hosted page stands with all others."""
    return HttpResponseRedirect(f"/pay/{pages.find(token)['reference']}")


@require_GET
def qr_code(request: HttpRequest, name: str) -> HttpResponse:
    """GET /v2/qris/{order id}/qr-code: the picture."""
    text = json.loads(charges.find(name)["actions"]).get("qr_string") or f"{surroundings.URL}/pay/{name}"
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
    return HttpResponse(picture.getvalue(), content_type="image/png")
