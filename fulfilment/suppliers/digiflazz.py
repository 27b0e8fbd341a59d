"""Digiflazz's buyer API (reference: Digiflazz, prepaid). Our `ref_id` is the key: the identical call again tells how
the first one stands. What each response code means stands in digiflazz_codes."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from core.money import Money
from fulfilment.suppliers import wire
from fulfilment.suppliers.base import (
    Ask,
    Catalogue,
    Game,
    News,
    Offer,
    Outcome,
    Placed,
    Profile,
    SupplierDenied,
    SupplierUnavailable,
)
from fulfilment.suppliers.digiflazz_codes import DONE, FINAL_WHEN_ASKED, OUR_FAULT, REFUSALS, STAFF
from fulfilment.suppliers.wire import plain

CURRENCY = "IDR"
RAW_LIMIT = 16_384
_READ_SECONDS = 20.0
_DENIED = (401, 403)


class Digiflazz:
    code = "digiflazz"
    name = "Digiflazz"
    currency = CURRENCY
    knows_reference = True
    catalogue_pause = 300.0  # the whole price list may be read once in five minutes

    @property
    def answer_seconds(self) -> float:
        return float(settings.DIGIFLAZZ_TIMEOUT_SECONDS)

    def place(self, ask: Ask) -> Placed:
        """A refusal that may not be final (a time-out at their side) counts as pending: only asking again tells."""
        return self._send(ask, is_look=False)

    def check(self, ask: Ask) -> Placed:
        return self._send(ask, is_look=True)

    def profile(self) -> Profile:
        told = self._read("cek-saldo", {"cmd": "deposit"}, sign="depo")
        balance = _money(told.get("deposit")) if isinstance(told, dict) else None
        if balance is None:
            raise SupplierUnavailable("cek-saldo: no balance")
        return Profile(balance=balance, is_active=True, counters={})

    def catalogue(self) -> Catalogue:
        told = self._read("price-list", {"cmd": "prepaid"}, sign="pricelist")
        if not isinstance(told, list):
            raise SupplierUnavailable("price-list: no list")
        offers = [offer for row in told if (offer := _offer(row)) is not None]
        brands = {_brand_code(row.get("brand")): plain(row.get("brand")) for row in told if isinstance(row, dict)}
        games = {offer.game_code: brands[offer.game_code] for offer in offers}
        return Catalogue(tuple(Game(code, name, "", ()) for code, name in games.items()), tuple(offers))

    def is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """HMAC-SHA1 over the bytes as they came; without a secret of ours nothing is."""
        secret = settings.DIGIFLAZZ_WEBHOOK_SECRET.encode()
        wanted = "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest()
        return bool(secret) and hmac.compare_digest(headers.get("X-Hub-Signature", "").encode(), wanted.encode())

    def read_news(self, body: bytes) -> News | None:
        data = _data(body.decode("utf-8", "replace"))
        if not isinstance(data, dict) or not (reference := plain(data.get("ref_id"))):
            return None
        raw = _clean(body.decode("utf-8", "replace"))[:RAW_LIMIT]
        # What they call us about was made, whatever its code says elsewhere.
        placed = _standing(data, reference, is_look=False, seen={"raw": raw}, is_formed=True)
        return News(reference, _word(data.get("status")), _rc(data), placed)

    def body(self, ask: Ask) -> dict[str, Any]:
        body: dict[str, Any] = {
            "username": settings.DIGIFLAZZ_USERNAME,
            "buyer_sku_code": ask.product_code,
            "customer_no": ask.customer_no,
            "ref_id": ask.reference,
            "sign": sign(ask.reference),
        }
        if ask.max_cost is not None:
            body["max_price"] = ask.max_cost.minor
        if "." in ask.customer_no:
            body["allow_dot"] = True
        return body

    def _send(self, ask: Ask, *, is_look: bool) -> Placed:
        try:
            answer = wire.once(
                "POST",
                _url("transaction"),
                headers={"Accept": "application/json"},
                json=self.body(ask),
                read_seconds=self.answer_seconds,
            )
        except wire.NotSent as problem:
            return Placed(Outcome.NOT_SENT, message=_clean(str(problem))[:500])
        except wire.NoAnswer as problem:
            return Placed(Outcome.UNKNOWN, message=_clean(str(problem))[:500])
        return _outcome(answer, ask.reference, is_look=is_look)

    def _read(self, path: str, body: dict[str, Any], *, sign: str) -> Any:
        signed = body | {"username": settings.DIGIFLAZZ_USERNAME, "sign": _sign(sign)}
        longest = min(_READ_SECONDS, self.answer_seconds)
        try:
            answer = wire.read("POST", _url(path), headers={}, json=signed, read_seconds=longest)
        except (wire.NotSent, wire.NoAnswer) as problem:
            raise SupplierUnavailable(_clean(str(problem))[:500]) from problem
        data = _data(answer.text)
        rc = _rc(data) if isinstance(data, dict) else ""
        if rc in OUR_FAULT or (answer.status in _DENIED and not rc):
            raise SupplierDenied(f"{path}: HTTP {answer.status}, rc {rc or '–'} {_message(data)}")
        if data is None or not 200 <= answer.status < 300 or (rc and rc != DONE):
            raise SupplierUnavailable(f"{path}: HTTP {answer.status}, rc {rc or '–'} {_message(data)}")
        return data


def sign(reference: str) -> str:
    """What proves a call about that reference to be ours."""
    return _sign(reference)


def _sign(word: str) -> str:
    text = f"{settings.DIGIFLAZZ_USERNAME}{settings.DIGIFLAZZ_API_KEY}{word}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # theirs to choose


def _url(path: str) -> str:
    return f"{settings.DIGIFLAZZ_BASE_URL}/v1/{path}"


def _clean(text: str) -> str:
    """Without our key, should anybody have echoed it, and without what PostgreSQL cannot store."""
    return text.replace(settings.DIGIFLAZZ_API_KEY, "***").replace("\x00", "")


def _outcome(answer: wire.Answer, reference: str, *, is_look: bool) -> Placed:
    """What an answer to a transaction proves. Refusals come with any HTTP status below 500, so the body decides."""
    seen: dict[str, Any] = {"http_status": answer.status, "raw": _clean(answer.text)[:RAW_LIMIT]}
    data = _data(answer.text)
    if answer.status >= 500 or answer.status == 429 or 300 <= answer.status < 400:
        return Placed(Outcome.UNKNOWN, **seen)
    if not isinstance(data, dict) or not _rc(data):
        return Placed(Outcome.DENIED if answer.status in _DENIED else Outcome.UNKNOWN, **seen)
    return _standing(data, reference, is_look=is_look, seen=seen)


def _standing(
    data: dict[str, Any], reference: str, *, is_look: bool, seen: dict[str, Any], is_formed: bool = False
) -> Placed:
    """How the purchase stands by these words; whatever is not surely one thing or the other leaves it open."""
    rc, status, told = _rc(data), _word(data.get("status")), plain(data.get("ref_id"))
    seen = seen | {"message": f"rc {rc}: {_message(data)}"[:500], "status": status}
    if told and told != reference:
        return Placed(Outcome.UNKNOWN, **seen)
    known: dict[str, Any] = {
        "transaction_id": reference,
        "player_id": plain(data.get("customer_no")),
        "cost": _money(data.get("price")) or None,
    }
    pending = Placed(Outcome.ACCEPTED, **known, **seen) if told else Placed(Outcome.UNKNOWN, **seen)
    if rc == DONE and status == "sukses" and told:
        return Placed(Outcome.ACCEPTED, is_delivered=True, serial=plain(data.get("sn")), **known, **seen)
    if status != "gagal":
        return pending
    if rc in OUR_FAULT:
        return Placed(Outcome.DENIED, **seen)
    if rc in STAFF:
        return Placed(Outcome.UNKNOWN, needs_staff=True, **seen)
    if rc in FINAL_WHEN_ASKED and is_look:
        return Placed(Outcome.REJECTED, told, meaning=FINAL_WHEN_ASKED[rc], is_formed=True, **seen)
    if rc in REFUSALS:
        meaning, formed = REFUSALS[rc]
        return Placed(Outcome.REJECTED, told, meaning=meaning, is_formed=formed or is_formed, **seen)
    return pending


def _offer(row: Any) -> Offer | None:
    """A line of the price list; None where it lacks what it is sold by."""
    if not isinstance(row, dict):
        return None
    sku, cost = plain(row.get("buyer_sku_code")), _money(row.get("price"))
    if not sku or cost is None:
        return None
    in_stock = bool(row.get("unlimited_stock")) or _count(row.get("stock")) > 0
    return Offer(
        game_code=_brand_code(row.get("brand")),
        code=sku,
        name=plain(row.get("product_name")),
        cost=cost,
        is_active=bool(row.get("buyer_product_status")) and bool(row.get("seller_product_status")) and in_stock,
        cut_off=_cut_off(row.get("start_cut_off"), row.get("end_cut_off")),
        is_multi=row.get("multi") is not False,
    )


def _brand_code(brand: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "_", _word(brand)).strip("_")[:40]


def _cut_off(start: Any, end: Any) -> tuple[time, time] | None:
    """ "23:45" and "00:15", or "0:0" twice for none; the hours are not always written with two digits."""
    span = _clock(start), _clock(end)
    return (span[0], span[1]) if span[0] is not None and span[1] is not None and span[0] != span[1] else None


def _clock(value: Any) -> time | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{1,2})(?::\d{1,2})?", plain(value))
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 99)
    return time(hour % 24, minute) if hour <= 24 and minute < 60 else None


def _data(text: str) -> Any:
    """What every answer and every call wraps in `data`; None where there is nothing to read."""
    told = wire.parsed(text)
    return told.get("data") if isinstance(told, dict) else None


def _rc(data: dict[str, Any]) -> str:
    rc = plain(data.get("rc"))
    return rc.zfill(2) if rc else ""


def _message(data: Any) -> str:
    return _clean(plain(data.get("message"))) if isinstance(data, dict) else ""


def _word(value: Any) -> str:
    return plain(value).casefold()


def _count(value: Any) -> int:
    text = plain(value)
    return int(text) if text.isdecimal() else 0


def _money(value: Any) -> Money | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    try:
        whole = int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return Money(whole, CURRENCY) if whole >= 0 else None
