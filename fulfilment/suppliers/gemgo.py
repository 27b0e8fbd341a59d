"""GemGo's seven calls (reference: GemGo Reseller API). No idempotency key, no look-up by a reference of ours:
what happened to a lost order is told by the order history alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from django.conf import settings

from core.money import DECIMALS, Money
from fulfilment.suppliers import wire
from fulfilment.suppliers.base import (
    Ask,
    Catalogue,
    FundingEntry,
    Game,
    History,
    HistoryEntry,
    Offer,
    Outcome,
    Placed,
    PlayerFound,
    PlayerUnknown,
    Profile,
    SupplierDenied,
    SupplierUnavailable,
)
from fulfilment.suppliers.wire import plain

CURRENCY = "USD"  # nowhere named in the document; it is funded in USDT and 100 diamonds cost 1.50
RAW_LIMIT = 16_384
_READ_SECONDS = 10.0  # reads are repeated by whoever needs them; nobody waits longer for one
_CHECK_SECONDS = 8.0  # a customer is looking at the form
_DENIED = (401, 403)
_DONE = {"success", "completed", "complete", "done", "delivered"}
_FAILED = {"failed", "failure", "cancelled", "canceled", "refunded", "rejected", "error"}


class GemGo:
    code = "gemgo"
    name = "GemGo"
    currency = CURRENCY
    knows_reference = False
    catalogue_pause = 0.0

    @property
    def answer_seconds(self) -> float:
        return float(settings.GEMGO_TIMEOUT_SECONDS)

    def check_player(self, game_code: str, player_id: str, zone: str) -> PlayerFound | PlayerUnknown:
        """Who the player is. `valid` is a word, and "invalid" is a true value: only "valid" is valid."""
        asked = {"game": game_code, "user_id": player_id}
        if zone:
            asked["server_id"] = zone
        told = self._read("POST", "orders/check_player", _CHECK_SECONDS, json=asked)
        if not isinstance(told, dict) or "valid" not in told:
            raise SupplierUnavailable("check_player: no verdict")
        if _word(told["valid"]) == "valid":
            return PlayerFound(nickname=plain(told.get("name")))
        if _word(told["valid"]) == "invalid":
            return PlayerUnknown(message=plain(told.get("message")))
        raise SupplierUnavailable(f"check_player: {told['valid']!r} is no verdict")

    def body(self, ask: Ask) -> dict[str, Any]:
        body = {"product_code": ask.product_code, "game_user_id": ask.player_id, "callback_url": ask.callback_url}
        return body | ({"game_zone_id": ask.zone} if ask.zone else {})

    def place(self, ask: Ask) -> Placed:
        try:
            answer = wire.once(
                "POST",
                _url("orders/create_order"),
                headers=_headers(),
                json=self.body(ask),
                read_seconds=settings.GEMGO_TIMEOUT_SECONDS,
            )
        except wire.NotSent as problem:
            return Placed(Outcome.NOT_SENT, message=_clean(str(problem))[:500])
        except wire.NoAnswer as problem:
            return Placed(Outcome.UNKNOWN, message=_clean(str(problem))[:500])
        return _outcome(answer)

    def history(self, limit: int) -> History:
        answer = self._ask("GET", "orders/order_history", _READ_SECONDS, params={"limit": str(limit)})
        told = _parsed(answer)
        if not isinstance(told, dict) or not isinstance(told.get("orders"), list):
            raise SupplierUnavailable("order_history: no list of orders")
        rows = [_entry(row) for row in told["orders"]]
        good = [row for row in rows if row is not None]
        # Its order is not documented, so it is not relied upon; ids break ties of a second.
        good.sort(key=lambda row: (row.made_at, row.transaction_id), reverse=True)
        return History(tuple(good), limit, answer.clock, unreadable=len(rows) - len(good))

    def fundings(self, limit: int) -> tuple[FundingEntry, ...]:
        told = self._read("GET", "orders/funding_history", _READ_SECONDS, params={"limit": str(limit)})
        if not isinstance(told, dict) or not isinstance(told.get("history"), list):
            raise SupplierUnavailable("funding_history: no list")
        found = []
        for row in told["history"]:
            amount = _money(row.get("amount")) if isinstance(row, dict) else None
            made_at = _moment(row.get("created_at")) if isinstance(row, dict) else None
            if not amount or made_at is None or not plain(row.get("invoice_id")):
                continue
            status = "completed" if _word(row.get("status")) in _DONE else _word(row.get("status"))[:20]
            invoice, method = plain(row["invoice_id"])[:80], plain(row.get("payment_method"))[:60]
            found.append(FundingEntry(invoice, amount, method, status, made_at))
        return tuple(found)

    def profile(self) -> Profile:
        told = self._read("GET", "reseller/profile", _READ_SECONDS)
        balance = _money(told.get("balance")) if isinstance(told, dict) else None
        if balance is None:
            raise SupplierUnavailable("profile: no balance")
        kept = ("total_spent", "today_spent", "total_orders", "success_orders", "pending_orders", "failed_orders")
        return Profile(
            balance=balance,
            is_active=_word(told.get("status", "active")) == "active",
            counters={name: str(told[name]) for name in kept if name in told},
        )

    def catalogue(self) -> Catalogue:
        games = self.games()
        return Catalogue(tuple(games), tuple(offer for game in games for offer in self.offers(game.code)))

    def games(self) -> list[Game]:
        told = self._read("GET", "catalogue/categories", _READ_SECONDS)
        if not isinstance(told, list):
            raise SupplierUnavailable("categories: no list")
        return [
            Game(
                code=plain(row["game_code"]),
                name=plain(row.get("name")),
                description=plain(row.get("description")),
                fields=tuple(plain(field) for field in row.get("game_fields") or ()),
            )
            for row in told
            if isinstance(row, dict) and row.get("game_code")
        ]

    def offers(self, game_code: str) -> list[Offer]:
        told = self._read("GET", f"catalogue/products/{quote(game_code, safe='')}", _READ_SECONDS)
        if not isinstance(told, dict) or not isinstance(told.get("products"), list):
            raise SupplierUnavailable("products: no list")
        found = []
        for row in told["products"]:
            cost = _money(row.get("sell_price")) if isinstance(row, dict) else None
            if cost is None or not row.get("product_code"):
                continue
            code, name = plain(row["product_code"]), plain(row.get("name"))
            found.append(Offer(game_code, code, name, cost, is_active=_word(row.get("status")) == "active"))
        return found

    def _read(self, method: str, path: str, read_seconds: float, **what: Any) -> Any:
        return _parsed(self._ask(method, path, read_seconds, **what))

    def _ask(self, method: str, path: str, read_seconds: float, **what: Any) -> wire.Answer:
        longest = min(read_seconds, settings.GEMGO_TIMEOUT_SECONDS)
        try:
            answer = wire.read(method, _url(path), headers=_headers(), read_seconds=longest, **what)
        except (wire.NotSent, wire.NoAnswer) as problem:
            raise SupplierUnavailable(_clean(str(problem))[:500]) from problem
        if answer.status in _DENIED:
            raise SupplierDenied(f"{path}: HTTP {answer.status}")
        if answer.status >= 500 or answer.status == 429:
            raise SupplierUnavailable(f"{path}: HTTP {answer.status}")
        return answer


def _url(path: str) -> str:
    return f"{settings.GEMGO_BASE_URL}/api/v1/{path}"


def _headers() -> dict[str, str]:
    return {"X-API-Key": settings.GEMGO_API_KEY, "Accept": "application/json"}


def _clean(text: str) -> str:
    """Without our key, should anybody have echoed it, and without what PostgreSQL cannot store."""
    return text.replace(settings.GEMGO_API_KEY, "***").replace("\x00", "")


def _outcome(answer: wire.Answer) -> Placed:
    """What an answer to create_order proves; whatever is not surely one thing or the other is UNKNOWN."""
    seen = {
        "http_status": answer.status,
        "raw": _clean(answer.text)[:RAW_LIMIT],
        "retry_after": answer.retry_after if answer.status == 429 else None,
    }
    if answer.status in _DENIED:
        return Placed(Outcome.DENIED, **seen)  # type: ignore[arg-type]
    told = wire.parsed(answer.text)
    if not isinstance(told, dict) or answer.status >= 500 or answer.status == 429 or 300 <= answer.status < 400:
        return Placed(Outcome.UNKNOWN, **seen)  # type: ignore[arg-type]
    status, message = _word(told.get("status")), _clean(plain(told.get("message")))
    reference = plain(told.get("reference")) or plain(told.get("transaction_id"))
    if status in _FAILED and (message or reference):
        return Placed(Outcome.REJECTED, transaction_id=reference[:80], status=status, message=message, **seen)  # type: ignore[arg-type]
    transaction_id = plain(told.get("transaction_id"))
    if not 200 <= answer.status < 300 or not transaction_id or not status or len(transaction_id) > 80:
        return Placed(Outcome.UNKNOWN, status=status, message=message, **seen)  # type: ignore[arg-type]
    return Placed(
        Outcome.ACCEPTED,
        transaction_id=transaction_id,
        status=status,
        product_name=plain(told.get("product_name")),
        player_id=plain(told.get("game_user_id")),
        cost=_money(told.get("sell_price")),
        made_at=_moment(told.get("created_at")),
        message=message,
        **seen,  # type: ignore[arg-type]
    )


def _entry(row: Any) -> HistoryEntry | None:
    """A row of the history; None where it lacks what tells it from another."""
    if not isinstance(row, dict):
        return None
    cost, made_at = _money(row.get("sell_price")), _moment(row.get("created_at"))
    transaction_id, player_id = plain(row.get("transaction_id")), plain(row.get("game_user_id"))
    if cost is None or made_at is None or not transaction_id or len(transaction_id) > 80 or not player_id:
        return None
    word = _word(row.get("status"))
    status = "success" if word in _DONE else "failed" if word in _FAILED else "pending"
    return HistoryEntry(
        transaction_id=transaction_id,
        product_name=plain(row.get("product_name"))[:160],
        game_code=plain(row.get("game_code"))[:40],
        player_id=player_id[:120],
        cost=cost,
        status=status,
        made_at=made_at,
    )


def _parsed(answer: wire.Answer) -> Any:
    told = wire.parsed(answer.text)
    if told is None:
        raise SupplierUnavailable(f"HTTP {answer.status}: not JSON")
    return told


def _word(value: Any) -> str:
    return plain(value).casefold()


def _money(value: Any) -> Money | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    try:
        scaled = Decimal(value).scaleb(DECIMALS[CURRENCY])
        return Money(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), CURRENCY) if scaled >= 0 else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(plain(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
