"""Digiflazz's three calls for prepaid goods, as documented, under /digiflazz/v1/. Everything is wrapped in `data`."""

import hashlib
import hmac
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from sandbox import surroundings
from sandbox.digiflazz import catalogue, codes, orders, webhooks
from sandbox.state import database, faults
from sandbox.wire import answer, bad_gateway, cut, garbled, json_object, now_ms, pause

_PRICES_READ = "digiflazz_prices_read_ms"


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (bool, dict, list)) else str(value)


def _refused(rc: str, body: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """The protocol's own refusal; of a transaction it names what was asked for."""
    told: dict[str, Any] = {"rc": rc, "status": "Gagal", "message": codes.message(rc)}
    if body is not None:
        asked = {name: _text(body.get(name)) for name in ("ref_id", "customer_no", "buyer_sku_code")}
        told = {**asked, **told, "buyer_last_saldo": orders.balance(), "sn": "", "price": 0, "tele": "", "wa": ""}
    return answer({"data": told}, status)


def _whose(body: dict[str, Any] | None, word: str) -> str:
    """Empty where name and signature are right, else the code of what is wrong."""
    if body is None:
        return "40"
    if _text(body.get("username")) != surroundings.DIGIFLAZZ_USERNAME:
        return "42"
    wanted = surroundings.DIGIFLAZZ_USERNAME + surroundings.DIGIFLAZZ_API_KEY + word
    sign = hashlib.md5(wanted.encode(), usedforsecurity=False).hexdigest()
    return "" if hmac.compare_digest(_text(body.get("sign")).encode(), sign.encode()) else "41"


@require_POST
def cek_saldo(request: HttpRequest) -> HttpResponse:
    """The deposit."""
    body = json_object(request)
    wrong = _whose(body, "depo")
    return _refused(wrong) if wrong else answer({"data": {"deposit": orders.balance()}})


@require_POST
def price_list(request: HttpRequest) -> HttpResponse:
    """Everything on sale, once in `digiflazz.price_list_pause_ms`."""
    body = json_object(request)
    wrong = _whose(body, "pricelist")
    if wrong or body is None:
        return _refused(wrong)
    now = now_ms()
    if now - int(database.fact(_PRICES_READ, 0)) < faults.number("digiflazz", "price_list_pause_ms"):
        return _refused("83")
    with database.transaction() as running:
        database.remember(running, _PRICES_READ, now)
    on_list = [product for product in catalogue.products().values() if product.is_listed]
    listed = [product.listed() for product in on_list] if body.get("cmd") == "prepaid" else []
    return answer({"data": listed})


@require_POST
def transaction(request: HttpRequest) -> HttpResponse:
    """A purchase, or the look at one that was made under the same reference. Faults after it was made change only the
    answer, never the purchase."""
    pause(faults.number("create_order", "delay_ms"))
    if faults.happens("create_order", "lose_request"):
        return cut(request)
    body = json_object(request)
    if faults.happens("create_order", "http_401"):
        return _refused("45", body, 401)
    if faults.happens("create_order", "http_429"):
        return answer({"message": "Too many requests"}, 429)
    if faults.happens("create_order", "error"):
        return answer({"message": "Internal server error"}, 500)
    reference = _text(body.get("ref_id")) if body is not None else ""
    wrong = _whose(body, reference)
    sku = _text(body.get("buyer_sku_code")) if body is not None else ""
    customer_no = _text(body.get("customer_no")) if body is not None else ""
    if wrong or body is None or not (reference and sku and customer_no):
        return _refused(wrong or "40", body)
    limit = body.get("max_price")
    if "." in customer_no and body.get("allow_dot") is not True:
        return _refused("40", body)
    try:
        product = catalogue.products().get(sku)
        most = limit if isinstance(limit, int) else None
        order = orders.answer_to(orders.Asked(reference, sku, product, customer_no, most))
    except orders.Refused as refused:
        return _refused(refused.rc, body)
    told = {"data": webhooks.shown(order)}
    if faults.happens("create_order", "slow"):
        pause(faults.number("create_order", "slow_ms"))
    if faults.happens("create_order", "lose_reply"):
        return cut(request)
    if faults.happens("create_order", "commit_then_502"):
        return bad_gateway()
    return garbled(told) if faults.happens("create_order", "garbled") else answer(told)
