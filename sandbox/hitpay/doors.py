"""HitPay's calls under /hitpay: /v1/payment-requests, /v1/refund, and the hosted page's address."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox import surroundings
from sandbox.hitpay import refunds, requests, shapes
from sandbox.hitpay.errors import Refused
from sandbox.payables import faulty
from sandbox.state import faults
from sandbox.wire import answer, json_object

View = Callable[..., HttpResponse]
_MOST = 100


def merchant_only(view: View) -> View:
    """The API key; the gateway's faults that make nothing; Laravel's error bodies."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        faulty.read(request)
        try:
            shown = request.META.get("HTTP_X_BUSINESS_API_KEY", "")
            if not hmac.compare_digest(shown.encode(), surroundings.HITPAY_API_KEY.encode()):
                raise Refused(401, "Unauthenticated.")
            faulty.happen(error=Refused(500, "Server Error"), too_often=Refused(429, "Too Many Attempts."))
            return view(request, *args, **kwargs)
        except Refused as refused:
            told: dict[str, Any] = {"message": refused.message}
            if refused.field:
                told["errors"] = {refused.field: [refused.message]}
            response = answer(told, refused.status)
            if refused.status == 429:
                response["Retry-After"] = "1"
            return response

    return guarded


def _body(request: HttpRequest) -> dict[str, Any]:
    """JSON or a form, both are in use; a form's lists are named with brackets."""
    if request.content_type == "application/x-www-form-urlencoded":
        fields: dict[str, Any] = {
            name: values if name.endswith("[]") else values[-1] for name, values in request.POST.lists()
        }
        return {name.removesuffix("[]"): value for name, value in fields.items()}
    return json_object(request) or {}


def _before_making(request: HttpRequest) -> HttpResponse | None:
    return faulty.before_making(request, unavailable=Refused(503, "Service Unavailable"))


def _number(request: HttpRequest, name: str, default: int) -> int:
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 6 and int(typed) else default


@csrf_exempt
@require_http_methods(["GET", "POST"])
@merchant_only
def payment_requests(request: HttpRequest) -> HttpResponse:
    """POST /v1/payment-requests makes one; GET lists those that `search` finds in part."""
    if request.method == "GET":
        limit, page = min(_number(request, "per_page", 10), _MOST), _number(request, "current_page", 1)
        found = requests.search(request.GET.get("search", ""), limit, page)
        told = {"per_page": limit, "current_page": page}
        return answer({"data": [shapes.request(row) for row in found], "meta": told})
    lost = _before_making(request)
    return lost or faulty.made(request, shapes.request(requests.create(_body(request)), fresh=True), 201)


@csrf_exempt
@require_http_methods(["GET", "DELETE"])
@merchant_only
def payment_request(request: HttpRequest, request_id: str) -> HttpResponse:
    """GET or DELETE /v1/payment-requests/{id}"""
    if request.method == "DELETE":
        requests.delete(request_id)
        return answer({"success": True})
    return answer(shapes.request(requests.find(request_id)))


@csrf_exempt
@require_POST
@merchant_only
def create_refund(request: HttpRequest) -> HttpResponse:
    """POST /v1/refund"""
    lost = _before_making(request)
    if lost:
        return lost
    return faulty.made(request, shapes.refund(*refunds.create(_body(request)), with_status=_says_status()), 200)


@require_GET
@merchant_only
def refund(request: HttpRequest, refund_id: str) -> HttpResponse:
    """GET /v1/refund/{id}"""
    return answer(shapes.refund(*refunds.find(refund_id), with_status=_says_status()))


def _says_status() -> bool:
    return not faults.happens("hitpay", "no_refund_status")


@require_GET
def page(request: HttpRequest, business: str, request_id: str) -> HttpResponse:
    """GET /payment-request/@{business}/{id}/checkout: the hosted page stands with all others."""
    return HttpResponseRedirect(f"/pay/{requests.find(request_id)['reference']}")
