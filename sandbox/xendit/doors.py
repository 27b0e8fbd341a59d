"""Xendit's calls under /xendit: /v3/payment_requests, /v3/payments, /refunds and /sessions."""

import base64
import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox import surroundings
from sandbox.payables import faulty
from sandbox.state import faults
from sandbox.wire import answer, json_object
from sandbox.xendit import fields, payments, refunds, requests, sessions, shapes
from sandbox.xendit.errors import Refused

View = Callable[..., HttpResponse]
API_VERSION = "2024-11-11"


def merchant_only(view: View) -> View:
    """Basic auth with the secret key; the gateway's faults that make nothing; Xendit's error bodies."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        faulty.read(request)
        try:
            _authenticate(request)
            faulty.happen(
                error=Refused("SERVER_ERROR", "An unexpected error occured, our team has been notified."),
                too_often=Refused("RATE_LIMIT_EXCEEDED", "You have reached the rate limit of this endpoint"),
            )
            return view(request, *args, **kwargs)
        except Refused as refused:
            response = answer({"error_code": refused.error_code, "message": refused.message}, refused.status)
            if refused.status == 429:
                response["Rate-Limit-Limit"], response["Rate-Limit-Remaining"] = "60", "0"
                response["Rate-Limit-Reset"] = "1.0"
            return response

    return guarded


def versioned(view: View) -> View:
    """Refuses a v3 call without the `api-version` header."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.META.get("HTTP_API_VERSION") != API_VERSION:
            raise Refused(fields.VALIDATION, f"api-version header is required and must be {API_VERSION}")
        return view(request, *args, **kwargs)

    return guarded


def _authenticate(request: HttpRequest) -> None:
    expected = "Basic " + base64.b64encode(f"{surroundings.XENDIT_SECRET_KEY}:".encode()).decode()
    if not hmac.compare_digest(request.META.get("HTTP_AUTHORIZATION", "").encode(), expected.encode()):
        raise Refused("INVALID_API_KEY", "API key is invalid")


def _body(request: HttpRequest) -> dict[str, Any]:
    body = json_object(request)
    if body is None:
        raise Refused(fields.VALIDATION, "The request body is not a JSON object")
    return body


def _before_making(request: HttpRequest) -> HttpResponse | None:
    unavailable = Refused("CHANNEL_UNAVAILABLE", "The channel is unavailable, try again later")
    return faulty.before_making(request, unavailable=unavailable)


@require_POST
@merchant_only
@versioned
def create_payment_request(request: HttpRequest) -> HttpResponse:
    """POST /v3/payment_requests"""
    lost = _before_making(request)
    return lost or faulty.made(request, shapes.payment_request(requests.create(_body(request))), 201)


@require_GET
@merchant_only
@versioned
def payment_request(request: HttpRequest, request_id: str) -> HttpResponse:
    """GET /v3/payment_requests/{id}"""
    return answer(shapes.payment_request(requests.find(request_id)))


@require_POST
@merchant_only
@versioned
def cancel_payment_request(request: HttpRequest, request_id: str) -> HttpResponse:
    """POST /v3/payment_requests/{id}/cancel"""
    return answer(shapes.payment_request(requests.cancel(request_id)))


@require_POST
@merchant_only
@versioned
def simulate(request: HttpRequest, request_id: str) -> HttpResponse:
    """POST /v3/payment_requests/{id}/simulate"""
    row, body = requests.find(request_id), json_object(request) or {}
    amount = body.get("amount")
    cents = None if amount is None else fields.amount_cents(amount, row["currency"], "amount")
    requests.simulate(request_id, cents)
    return answer({"status": "PENDING", "message": "Payment simulation has been initiated. A webhook will follow."})


@require_GET
@merchant_only
@versioned
def payment(request: HttpRequest, payment_id: str) -> HttpResponse:
    """GET /v3/payments/{id}"""
    return answer(shapes.payment(*payments.find(payment_id)))


@require_http_methods(["GET", "POST"])
@merchant_only
def all_refunds(request: HttpRequest) -> HttpResponse:
    """GET and POST /refunds"""
    return list_refunds(request) if request.method == "GET" else create_refund(request)


def list_refunds(request: HttpRequest) -> HttpResponse:
    """The newest first, of one payment request if it is named; `limit` is 10 where nobody says another."""
    limit = request.GET.get("limit", "10")
    most = int(limit) if limit.isdecimal() else 10
    found = refunds.of(request.GET.get("payment_request_id", ""))
    return answer({"data": [shapes.refund(*one) for one in found[:most]], "has_more": len(found) > most})


def create_refund(request: HttpRequest) -> HttpResponse:
    """PENDING, and over soon."""
    lost = _before_making(request)
    if lost:
        return lost
    made = refunds.create(_body(request), request.META.get("HTTP_IDEMPOTENCY_KEY"))
    return faulty.made(request, shapes.refund(*made), 200)


@require_GET
@merchant_only
def refund(request: HttpRequest, refund_id: str) -> HttpResponse:
    """GET /refunds/{id}"""
    return answer(shapes.refund(*refunds.find(refund_id)))


@require_POST
@merchant_only
def create_session(request: HttpRequest) -> HttpResponse:
    """POST /sessions"""
    lost = _before_making(request)
    return lost or faulty.made(request, shapes.session(sessions.create(_body(request))), 201)


@require_GET
@merchant_only
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """GET /sessions/{id}"""
    with_payment_id = not faults.happens("sessions", "omit_payment_id")
    return answer(shapes.session(sessions.find(session_id), with_payment_id=with_payment_id))


@require_POST
@merchant_only
def cancel_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """POST /sessions/{id}/cancel"""
    return answer(shapes.session(sessions.cancel(session_id)))
