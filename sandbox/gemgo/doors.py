"""GemGo's seven calls, byte for byte as documented, under /gemgo/api/v1/."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox import surroundings
from sandbox.gemgo import catalogue, orders, players
from sandbox.state import faults
from sandbox.wire import answer, bad_gateway, cut, garbled, iso_seconds, json_object, now_ms, pause, raw_json

View = Callable[..., HttpResponse]
_DAY_MS = 86_400_000
FIRST = 45  # the number of the first deposit's invoice


def reseller_only(view: View) -> View:
    """Refuses with 401 whoever does not send the reseller's X-API-Key."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        given = request.META.get("HTTP_X_API_KEY", "")
        if not hmac.compare_digest(given.encode(), surroundings.GEMGO_API_KEY.encode()):
            return _unauthorized()
        return view(request, *args, **kwargs)

    return guarded


def _unauthorized() -> HttpResponse:
    return answer({"status": "FAILED", "message": "Invalid API key"}, 401)


def _failed(message: str, status: int) -> HttpResponse:
    return answer({"status": "FAILED", "message": message}, status)


def _too_many() -> HttpResponse:
    response = _failed("Too many requests", 429)
    response["Retry-After"] = "1"
    return response


def _text(value: Any) -> str:
    """Ids come as strings; a JSON number is read as one."""
    return "" if value is None or isinstance(value, (bool, dict, list)) else str(value)


def _limit(request: HttpRequest, default: int) -> int:
    text = request.GET.get("limit", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 and int(text) else default


@require_GET
@reseller_only
def profile(request: HttpRequest) -> HttpResponse:
    """The reseller's balance and counters."""
    today_ms = now_ms() // _DAY_MS * _DAY_MS
    by_status = orders.totals(today_ms)
    success = by_status.get("success", (0, 0, 0))
    pending = by_status.get("pending", (0, 0, 0))
    failed = by_status.get("failed", (0, 0, 0))
    return answer(
        {
            "id": 1,
            "username": "demo_reseller",
            "balance": orders.balance_cents() / 100,
            "status": "active",
            "role": "reseller",
            "allowed_ips": "127.0.0.1, ::1",
            "total_spent": (success[1] + pending[1]) / 100,
            "today_spent": (success[2] + pending[2]) / 100,
            "total_orders": success[0] + pending[0] + failed[0],
            "success_orders": success[0],
            "pending_orders": pending[0],
            "failed_orders": failed[0],
            "created_at": "2026-06-25T12:00:00.000Z",
        }
    )


@require_GET
@reseller_only
def categories(request: HttpRequest) -> HttpResponse:
    """All games, as a bare array."""
    return raw_json(catalogue.CATEGORIES)


@require_GET
@reseller_only
def products(request: HttpRequest, game_code: str) -> HttpResponse:
    """The products of one game."""
    game = catalogue.GAMES.get(game_code)
    if game is None:
        return _failed("Game not found", 404)
    return answer(
        {
            "status": "SUCCESS",
            "game": {"game_code": game.game_code, "name": game.name},
            "products": [
                {
                    "product_code": product.product_code,
                    "name": product.name,
                    "sell_price": product.sell_price_cents / 100,
                    "status": product.status,
                }
                for product in catalogue.products_of(game)
                if product.status != catalogue.UNLISTED
            ],
        }
    )


@require_POST
@reseller_only
def check_player(request: HttpRequest) -> HttpResponse:
    """Whether a player exists, and the name. `valid` is a string."""
    pause(faults.number("check_player", "delay_ms"))
    if faults.happens("check_player", "error"):
        return _failed("Internal server error", 500)
    if faults.happens("check_player", "lose_reply"):
        return cut(request)
    body = json_object(request)
    game = catalogue.GAMES.get(_text(body.get("game"))) if body is not None else None
    if body is None or game is None:
        return answer({"valid": "invalid", "message": "Game not found"}, 400)
    found = players.check(game, _text(body.get("user_id")), _text(body.get("server_id")))
    if faults.happens("check_player", "unknown"):
        found = {"valid": "invalid", "message": players.NOT_FOUND}
    return garbled(found) if faults.happens("check_player", "garbled") else answer(found)


@require_POST
@reseller_only
def create_order(request: HttpRequest) -> HttpResponse:
    """Takes an order. What a fault does after the order was made changes only the answer, never the order."""
    pause(faults.number("create_order", "delay_ms"))
    if faults.happens("create_order", "lose_request"):
        return cut(request)
    if faults.happens("create_order", "http_401"):
        return _unauthorized()
    if faults.happens("create_order", "http_429"):
        return _too_many()
    if faults.happens("create_order", "error"):
        return _failed("Internal server error", 500)
    body = json_object(request)
    if body is None:
        return _failed("Invalid JSON", 400)
    try:
        order = _place(body)
    except orders.Refused as refused:
        told = {"status": "FAILED", "message": refused.message, "reference": refused.reference}
        return answer(told, int(faults.number("create_order", "reject_status")))
    made = {
        "transaction_id": order["transaction_id"],
        "status": "success",
        "product_name": order["product_name"],
        "game_user_id": order["game_user_id"],
        "sell_price": order["sell_price_cents"] / 100,
        "created_at": orders.shown_at(order["created_ms"]),
    }
    if faults.happens("create_order", "slow"):
        pause(faults.number("create_order", "slow_ms"))
    if faults.happens("create_order", "lose_reply"):
        return cut(request)
    if faults.happens("create_order", "commit_then_502"):
        return bad_gateway()
    return garbled(made) if faults.happens("create_order", "garbled") else answer(made)


def _place(body: dict[str, Any]) -> dict[str, Any]:
    product = catalogue.product(_text(body.get("product_code")))
    user_id = _text(body.get("game_user_id")).strip()
    if product is None:
        raise orders.refusal("Product not found")
    if not user_id:
        raise orders.refusal("game_user_id is required")
    if product.status != "active":
        raise orders.refusal("Product is not available")
    if faults.happens("create_order", "reject"):
        raise orders.refusal("Order could not be processed")
    return orders.place(
        product, user_id, _text(body.get("game_zone_id")).strip(), _text(body.get("callback_url")).strip()
    )


@require_GET
@reseller_only
def order_history(request: HttpRequest) -> HttpResponse:
    """The newest orders, without our reference, the zone or the product code: that is all the supplier tells."""
    pause(faults.number("order_history", "delay_ms"))
    if faults.happens("order_history", "http_429"):
        return _too_many()
    if faults.happens("order_history", "error"):
        return _failed("Internal server error", 500)
    listed = [
        {
            "transaction_id": order["transaction_id"],
            "product_name": order["product_name"],
            "game_code": order["game_code"],
            "game_user_id": order["game_user_id"],
            "sell_price": order["sell_price_cents"] / 100,
            "status": order["status"],
            "created_at": orders.shown_at(order["created_ms"]),
        }
        for order in orders.history(_limit(request, 20))
    ]
    told = {"status": "SUCCESS", "count": len(listed), "orders": listed}
    return garbled(told) if faults.happens("order_history", "garbled") else answer(told)


def _deposit(number: int, cents: int, status: str, at: str) -> dict[str, Any]:
    return {
        "invoice_id": f"INV-{number}",
        "amount": cents / 100,
        "payment_method": "USDT",
        "status": status,
        "created_at": at,
    }


@require_GET
@reseller_only
def funding_history(request: HttpRequest) -> HttpResponse:
    """What was paid in, newest first; the last row is the deposit that the balance began with."""
    deposits = [
        _deposit(FIRST + row["id"], row["amount_cents"], row["status"], iso_seconds(row["created_ms"]))
        for row in orders.fundings()
    ]
    deposits.append(_deposit(FIRST, 1_000_000, "completed", "2026-06-20T09:15:42Z"))
    deposits = deposits[: _limit(request, 10)]
    return answer({"status": "SUCCESS", "count": len(deposits), "history": deposits})
