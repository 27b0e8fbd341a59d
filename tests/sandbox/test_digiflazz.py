"""The sandbox's Digiflazz: its wire as documented, the book by reference, and its two traps."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import KEYS, World
from tests.waiting import wait_until

WIB = timezone(timedelta(hours=7))


def _sign(word: str) -> str:
    text = KEYS["DIGIFLAZZ_USERNAME"] + KEYS["DIGIFLAZZ_API_KEY"] + word
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ask(world: World, path: str, word: str, **body: Any) -> Any:
    signed = {"username": KEYS["DIGIFLAZZ_USERNAME"], "sign": _sign(word)} | body
    answer = requests.post(f"{world.url}/digiflazz/v1/{path}", json=signed, timeout=20)
    return answer.json()["data"]


def buy(world: World, ref: str = "REF-1", **body: Any) -> dict[str, Any]:
    wanted = {"buyer_sku_code": "xld10", "customer_no": "087800001230", "ref_id": ref} | body
    told: dict[str, Any] = ask(world, "transaction", ref, **wanted)
    return told


def phone(world: World, ref: str = "REF-1", **body: Any) -> dict[str, Any]:
    return buy(world, ref, **({"buyer_sku_code": "tsel10", "customer_no": "081211112222"} | body))


def deposit(world: World) -> int:
    return int(ask(world, "cek-saldo", "depo", cmd="deposit")["deposit"])


def knobs(world: World, path: str, **body: Any) -> None:
    assert requests.put(f"{world.url}/control/supplier/{path}", json=body, timeout=20).ok


def test_a_transaction_is_made_once_and_told_again(world: World) -> None:
    world.faults(callback={"drop": 1.0})
    before = deposit(world)
    first = phone(world)
    assert (first["status"], first["rc"], first["ref_id"], first["price"], first["sn"]) == (
        "Pending", "03", "REF-1", 10285, "",
    )  # fmt: skip
    assert first["buyer_last_saldo"] == before - 10285 == deposit(world)
    done = wait_until(lambda: (told := phone(world))["status"] == "Sukses" and told)
    assert done["rc"] == "00" and done["sn"] and len(world.supplier_orders()) == 1
    [truth] = world.supplier_orders()
    assert (truth["supplier"], truth["transaction_id"], truth["status"]) == ("digiflazz", "REF-1", "success")


def test_the_same_reference_with_other_data_is_refused(world: World) -> None:
    phone(world)
    assert phone(world, customer_no="081211113333")["rc"] == phone(world, buyer_sku_code="tsel5")["rc"] == "49"
    assert len(world.supplier_orders()) == 1


def test_the_two_traps(world: World) -> None:
    world.faults(digiflazz={"race_ms": 60_000}, order={"never": 1.0})
    phone(world)
    phone(world)
    assert len(world.supplier_orders()) == 2
    world.faults(digiflazz={"forget_after_ms": 0}, order={"never": 1.0})
    phone(world)
    assert len(world.supplier_orders()) == 3
    world.faults(order={"never": 1.0})
    phone(world)
    assert len(world.supplier_orders()) == 3


@pytest.mark.parametrize(
    ("body", "rc"),
    [
        ({"sign": "0" * 32}, "41"),
        ({"username": "somebody"}, "42"),
        ({"buyer_sku_code": "none"}, "43"),
        ({"customer_no": ""}, "40"),
        ({"customer_no": "08121111.2222"}, "40"),
        ({"max_price": 10284}, "69"),
        ({"customer_no": "081711112222"}, None),
        ({"customer_no": "000123456"}, None),
    ],
)
def test_refusals_name_their_reason_and_form_nothing(world: World, body: dict[str, Any], rc: str | None) -> None:
    world.faults(order={"finish_after_ms": 0}, callback={"drop": 1.0})
    before = deposit(world)
    told = phone(world, **body)
    if rc is not None:
        assert (told["rc"], told["status"]) == (rc, "Gagal") and world.supplier_orders() == []
        return
    # What only shows at the operator is formed first, and fails with the price back.
    ended = wait_until(lambda: (again := phone(world, **body))["status"] == "Gagal" and again)
    assert ended["rc"] in ("52", "54") and deposit(world) == before


def test_a_deposit_that_is_too_low(world: World) -> None:
    knobs(world, "balance", supplier="digiflazz", balance=10284)
    assert phone(world)["rc"] == "44" and world.supplier_orders() == []
    assert world.balance() == 10_000, "the other supplier's is its own"


def test_closing_time_and_once_a_day(world: World) -> None:
    now = datetime.now(WIB)
    start, end = (f"{(now + timedelta(minutes=m)):%H:%M}".lstrip("0") for m in (-5, 5))
    start, end = (text if text[0] != ":" else "0" + text for text in (start, end))
    knobs(world, "products/tsel10", start_cut_off=start, end_cut_off=end, multi=False)
    assert phone(world)["rc"] == "58"
    knobs(world, "products/tsel10", start_cut_off="0:0", end_cut_off="0:0")
    assert [phone(world, ref)["rc"] for ref in ("REF-2", "REF-3")] == ["03", "63"]


def test_any_code_may_be_asked_for(world: World) -> None:
    told = {}
    for rc in (1, 44, 53, 99):
        world.faults(digiflazz={"rc": rc}, order={"never": 1.0})
        told[rc] = (phone(world, f"REF-{rc}")["status"], len(world.supplier_orders()))
    assert told == {1: ("Gagal", 1), 44: ("Gagal", 1), 53: ("Gagal", 2), 99: ("Pending", 3)}


def test_the_price_list_is_read_once_in_five_minutes(world: World) -> None:
    rows = ask(world, "price-list", "pricelist", cmd="prepaid")
    assert {"buyer_sku_code", "price", "multi", "start_cut_off", "unlimited_stock"} <= rows[0].keys()
    assert ask(world, "price-list", "pricelist", cmd="prepaid")["rc"] == "83"


def test_the_webhook_is_signed_over_its_bytes(world: World) -> None:
    phone(world)
    path, headers, body = wait_until(lambda: [call for call in world.store.got if call[0] == "/hooks/digiflazz"])[0]
    raw = json.dumps(body).encode()
    wanted = hmac.new(KEYS["DIGIFLAZZ_WEBHOOK_SECRET"].encode(), raw, hashlib.sha1).hexdigest()
    assert headers["x-hub-signature"] == f"sha1={wanted}" and headers["user-agent"] == "Digiflazz-Hookshot"
    assert (path, body["data"]["status"], body["data"]["rc"]) == ("/hooks/digiflazz", "Sukses", "00")


def test_a_success_may_be_taken_back(world: World) -> None:
    world.faults(order={"finish_after_ms": 0, "flip_to_failed": 1.0, "flip_after_ms": 0}, callback={"duplicate": 1.0})
    before = deposit(world)
    phone(world)
    wait_until(lambda: [b["data"]["rc"] for b in world.store.bodies("/hooks/digiflazz")].count("74") == 2)
    assert deposit(world) == before and world.supplier_orders()[0]["rc"] == "74"


def test_a_reset_forgets_it_all(world: World) -> None:
    phone(world)
    knobs(world, "products/tsel10", sell_price=1)
    ask(world, "price-list", "pricelist", cmd="prepaid")
    assert requests.post(f"{world.url}/control/reset", timeout=20).ok
    assert world.supplier_orders() == [] and deposit(world) == 100_000_000
    rows = ask(world, "price-list", "pricelist", cmd="prepaid")
    assert next(row for row in rows if row["buyer_sku_code"] == "tsel10")["price"] == 10285
