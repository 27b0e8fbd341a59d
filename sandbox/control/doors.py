"""The knobs under /control: faults, the truth of both parties, and making payments happen."""

import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.digiflazz import catalogue as digiflazz_catalogue
from sandbox.digiflazz import orders as digiflazz_orders
from sandbox.gemgo import catalogue, orders
from sandbox.gemgo import doors as gemgo
from sandbox.google import tokens
from sandbox.payables import parties, truth
from sandbox.state import database, faults
from sandbox.wire import answer, iso_millis, json_object, now_ms

_MOST_REPEATS = 1_000


def _refused(message: str, status: int = 400) -> HttpResponse:
    return answer({"message": message}, status)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        return None
    return value


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Orders, payments, refunds, price changes and faults are forgotten; the supplier's balance is full again."""
    with database.transaction() as running:
        database.forget(running)
    catalogue.forget_changes()
    digiflazz_catalogue.forget_changes()
    faults.replace({})
    return answer({"reset": True})


@require_http_methods(["GET", "PUT"])
def set_faults(request: HttpRequest) -> HttpResponse:
    """PUT replaces all faults; GET answers the last PUT's body."""
    if request.method == "PUT":
        body = json_object(request)
        if body is None:
            return _refused("the body must be a JSON object")
        try:
            faults.replace(body)
        except faults.UnknownFault as unknown:
            return _refused(str(unknown))
    return answer(faults.given())


@require_GET
def supplier_orders(request: HttpRequest) -> HttpResponse:
    """Every order the suppliers made, each supplier's oldest first."""
    rows = database.rows("SELECT * FROM supplier_orders ORDER BY id")
    made = [
        {
            "supplier": "gemgo",
            "transaction_id": row["transaction_id"],
            "product_code": row["product_code"],
            "game_user_id": row["game_user_id"],
            "game_zone_id": row["game_zone_id"],
            "callback_url": row["callback_url"],
            "status": row["status"],
            "sell_price": row["sell_price_cents"] / 100,
            "created_ms": row["created_ms"],
        }
        for row in rows
    ] + digiflazz_orders.truth()
    return answer({"orders": [order | {"created_at": iso_millis(order.pop("created_ms"))} for order in made]})


@require_POST
def finish_supplier_orders(request: HttpRequest) -> HttpResponse:
    """What would have stayed pending for ever (`order.never`) ends now, as it was decided when it was made."""
    with database.transaction() as running:
        now = now_ms()
        ended = orders.finish_endless(running, now) + digiflazz_orders.finish_endless(running, now)
        running.wake_at(now)
    return answer({"finished": ended})


@require_http_methods(["PUT"])
def supplier_balance(request: HttpRequest) -> HttpResponse:
    """The reseller's balance is `balance` (US dollars); with `supplier` digiflazz our deposit there (rupiah)."""
    body = json_object(request) or {}
    balance, supplier = _number(body.get("balance")), body.get("supplier", "gemgo")
    if balance is None or supplier not in ("gemgo", "digiflazz"):
        return _refused("balance must be a number, 0 or more; supplier gemgo or digiflazz")
    with database.transaction() as running:
        if supplier == "digiflazz":
            database.remember(running, digiflazz_orders.BALANCE, round(balance))
            return answer({"balance": round(balance)})
        database.remember(running, "balance_cents", round(balance * 100))
    return answer({"balance": round(balance, 2)})


@require_POST
def supplier_funding(request: HttpRequest) -> HttpResponse:
    """Somebody pays `amount` US dollars into the reseller's account; it stands in the funding history, and if `status`
    is completed (as it is unless said otherwise) on the balance."""
    body = json_object(request) or {}
    amount, status = _number(body.get("amount")), body.get("status", "completed")
    if not amount or not isinstance(status, str):
        return _refused("amount must be a number above 0, status a string")
    number = gemgo.FIRST + orders.fund(round(amount * 100), status)
    return answer({"invoice_id": f"INV-{number}", "balance": orders.balance_cents() / 100})


@require_http_methods(["PUT"])
def supplier_product(request: HttpRequest, product_code: str) -> HttpResponse:
    """The product has that `sell_price` (US dollars) and `status`; what is left out stays. Digiflazz's prices are in
    rupiah, and its products also have `multi`, `start_cut_off` and `end_cut_off`."""
    body = json_object(request)
    if product_code in digiflazz_catalogue.LISTED:
        return _digiflazz_product(product_code, body or {})
    if not body or set(body) - {"sell_price", "status"}:
        return _refused("the body must hold sell_price, status or both")
    cents = None
    if "sell_price" in body:
        price = _number(body["sell_price"])
        if not price:
            return _refused("sell_price must be a number above 0")
        cents = round(price * 100)
    status = body.get("status")
    if status is not None and not isinstance(status, str):
        return _refused("status must be a string")
    try:
        product = catalogue.change(product_code, cents, status)
    except catalogue.UnknownProduct:
        return _refused(f"no product {product_code}", 404)
    return answer(
        {"product_code": product_code, "sell_price": product.sell_price_cents / 100, "status": product.status}
    )


def _digiflazz_product(sku: str, body: dict[str, Any]) -> HttpResponse:
    unknown = set(body) - {"sell_price", "status", "multi", "start_cut_off", "end_cut_off"}
    price = _number(body.get("sell_price", 1))
    if not body or unknown or not price:
        return _refused("the body must hold sell_price (above 0), status, multi, start_cut_off or end_cut_off")
    values: dict[str, Any] = {name: body[name] for name in ("multi", "start_cut_off", "end_cut_off") if name in body}
    if "sell_price" in body:
        values["price"] = round(price)
    if "status" in body:
        values |= {"is_active": body["status"] == "active", "is_listed": body["status"] != catalogue.UNLISTED}
    product = digiflazz_catalogue.change(sku, **values)
    return answer({"product_code": sku, "sell_price": product.price, "status": body.get("status", "")})


@require_GET
def gateway_payments(request: HttpRequest) -> HttpResponse:
    """Every payment that a gateway was asked for, oldest first."""
    return answer({"payments": truth.all_payments()})


@require_POST
def gateway_payment(request: HttpRequest, name: str) -> HttpResponse:
    """Makes an outcome come about for the newest payable of an invoice, at whichever gateway, or an exact reference.

    'paid' also reaches a request whose time is over. `reference` in the body means exactly that reference, also when it
    is the bare invoice number; `shown` the one that is paid by that QR code, number or address, which is all that a
    customer knows; `again` pays one a second time that is paid already. The webhooks are sent before the answer.
    """
    body = json_object(request)
    if body is None:
        return _refused("the body must be a JSON object")
    unknown = set(body) - {"outcome", "repeat", "amount", "reference", "shown", "again"}
    outcome, repeat = body.get("outcome", "paid"), body.get("repeat", 1)
    if unknown:
        return _refused(f"unknown key {sorted(unknown)[0]}")
    if outcome not in parties.OUTCOMES:
        return _refused(f"outcome must be one of {', '.join(parties.OUTCOMES)}")
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 0 <= repeat <= _MOST_REPEATS:
        return _refused(f"repeat must be a whole number from 0 to {_MOST_REPEATS}")
    cents = None
    if body.get("amount") is not None:
        amount = _number(body["amount"])
        if not amount:
            return _refused("amount must be a number above 0")
        cents = round(amount * 100)

    # choosing and paying are one transaction, so that two calls at once do not pay one request twice
    with database.transaction() as running:
        rows = truth.exactly(str(body["reference"])) if "reference" in body else truth.of(name)
        if "shown" in body:
            rows = [row for row in rows if truth.is_paid_by(row, str(body["shown"]))]
        row = truth.newest_paid(rows) if outcome == "reversed" else truth.newest_open(rows)
        if row is None and outcome == "paid" and rows:
            row = rows[0] if body.get("again") else truth.newest_late(rows)
        events = parties.of(row).apply(running, row, outcome, cents) if row is not None else []
    if not rows:
        return _refused(f"no payment for {name}", 404)
    if row is None:
        return _refused(f"nothing of {name} is payable", 409)
    told = parties.of(row).deliver(events, repeat)
    # a session tells of the same money twice; `delivered` speaks of the last kind, so that it has `repeat` entries
    last = events[-1].name if events else ""
    return answer(
        {
            "delivered": [status for event, status in told if event == last],
            "events": [{"event": event, "status": status} for event, status in told],
            "reference": row["reference"],
        }
    )


@require_POST
def google_id_token(request: HttpRequest) -> HttpResponse:
    """An id token of the given claims, signed by the key at /google/certs."""
    body = json_object(request)
    if body is None:
        return _refused("the body must be a JSON object")
    return answer({"idToken": tokens.id_token(body)})
