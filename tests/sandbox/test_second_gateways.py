"""Midtrans' and HitPay's sides of the sandbox: what the wire says beyond what the adapters' contract asks."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import INVOICE, KEYS, World
from tests.waiting import wait_until


def midtrans(world: World, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    url, auth = f"{world.url}/midtrans{path}", (KEYS["MIDTRANS_SERVER_KEY"], "")
    return requests.request(method, url, json=body, auth=auth, headers=headers, timeout=20)


def charge(world: World, order_id: str = INVOICE, key: str = "", **how: Any) -> requests.Response:
    body = {"transaction_details": {"order_id": order_id, "gross_amount": 44851}, "payment_type": "qris"} | how
    return midtrans(world, "POST", "/v2/charge", body, **({"Idempotency-Key": key} if key else {}))


PERMATA = {"payment_type": "bank_transfer", "bank_transfer": {"bank": "permata"}}


def test_the_result_code_stands_in_the_body(world: World) -> None:
    made = charge(world)
    assert (made.status_code, made.json()["status_code"], made.json()["gross_amount"]) == (200, "201", "44851.00")
    again = charge(world)
    assert (again.status_code, again.json()["status_code"]) == (200, "406")
    unknown = midtrans(world, "GET", "/v2/nothing/status")
    assert (unknown.status_code, unknown.json()["status_code"]) == (404, "404")
    denied = requests.get(f"{world.url}/midtrans/v2/{INVOICE}/status", auth=("wrong", ""), timeout=5)
    assert (denied.status_code, denied.json()["status_code"]) == (401, "401")


def test_a_key_answers_again_whatever_the_body_but_not_every_method_knows_it(world: World) -> None:
    first = charge(world, key="k-1")
    assert charge(world, "GATE-OTHER", key="k-1").json() == first.json()
    assert charge(world, key="k" * 47).json()["status_code"] == "406", "longer keys are ignored without a word"
    assert charge(world, "GATE-P", key="k-2", **PERMATA).json()["status_code"] == "201"
    assert charge(world, "GATE-P", key="k-2", **PERMATA).json()["status_code"] == "406"


def test_an_order_id_is_free_again_after_its_end_and_expiring_answers_407(world: World) -> None:
    charge(world)
    ended = midtrans(world, "POST", f"/v2/{INVOICE}/expire", {}).json()
    assert (ended["status_code"], ended["transaction_status"]) == ("407", "expire")
    assert charge(world).json()["status_code"] == "201"
    assert midtrans(world, "POST", f"/v2/{INVOICE}/refund", {"amount": 1}).json()["status_code"] == "412"


def test_the_notification_is_signed_and_a_reversal_follows(world: World) -> None:
    world.faults(midtrans={"reverse": 1, "reverse_after_ms": 0})
    charge(world, **PERMATA)
    world.pay()
    wait_until(lambda: len(world.store.bodies("/hooks/midtrans")) == 2)
    told = {body["transaction_status"]: body for body in world.store.bodies("/hooks/midtrans")}
    assert set(told) == {"settlement", "deny"}
    settled = told["settlement"]
    content = f"{INVOICE}{settled['status_code']}44851.00{KEYS['MIDTRANS_SERVER_KEY']}"
    assert settled["signature_key"] == hashlib.sha512(content.encode()).hexdigest()
    assert [row["status"] for row in world.gateway_payments()] == ["failed"]


@pytest.mark.parametrize("form", [False, True])
def test_hitpay_takes_json_and_forms_and_finds_in_part(world: World, form: bool) -> None:
    headers = {"X-BUSINESS-API-KEY": KEYS["HITPAY_API_KEY"]}
    url = f"{world.url}/hitpay/v1/payment-requests"
    asked = {"amount": "44.90", "currency": "SGD", "reference_number": INVOICE, "generate_qr": "true"}
    lists: dict[str, Any] = {"payment_methods[]" if form else "payment_methods": ["paynow_online"]}
    made = requests.post(url, headers=headers, timeout=5, **{"data" if form else "json": asked | lists})
    assert made.status_code == 201
    told = made.json()
    assert (told["amount"], told["currency"], told["status"]) == ("44.90", "sgd", "pending")
    found = requests.get(url, params={"search": INVOICE[:10]}, headers=headers, timeout=5).json()["data"]
    assert [one["id"] for one in found] == [told["id"]]
    assert requests.get(url, timeout=5).status_code == 401
    page = requests.get(told["url"], timeout=5)
    assert page.status_code == 200 and "S$44.90" in page.text
    wrong = requests.post(url, headers=headers, timeout=5, json=asked | {"payment_methods": ["paynow"]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["payment_methods"])
