"""The payment gateway: requests, sessions, refunds, webhooks, and its truth."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import emv
from tests.sandbox.conftest import INVOICE, KEYS, World
from tests.waiting import wait_until

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
RETURNS = {"success_return_url": "http://127.0.0.1:9/ok", "failure_return_url": "https://shop.example/no"}


def ahead(**time: int) -> str:
    return (datetime.now(UTC) + timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_keys_and_version_are_asked_for(world: World):
    address = f"{world.url}/xendit/v3/payment_requests"
    for auth in (None, ("wrong", ""), (KEYS["XENDIT_SECRET_KEY"], "password")):
        refused = requests.post(address, json={}, auth=auth, headers={"api-version": "2024-11-11"})
        assert (refused.status_code, refused.json()["error_code"]) == (401, "INVALID_API_KEY")
    refused = requests.post(address, json={}, auth=(KEYS["XENDIT_SECRET_KEY"], ""))
    assert (refused.status_code, refused.json()["error_code"]) == (400, "API_VALIDATION_ERROR")


def test_a_qris_request_carries_a_payable_code(world: World):
    answer = world.request_payment(description="172 Diamonds", metadata={"order": "1"})
    assert answer.status_code == 201
    made = answer.json()
    assert re.fullmatch(f"pr-{UUID}", made["payment_request_id"])
    assert made["status"] == "REQUIRES_ACTION"
    assert made["request_amount"] == 44851
    (action,) = made["actions"]
    assert (action["type"], action["descriptor"]) == ("PRESENT_TO_CUSTOMER", "QR_STRING")
    assert action["value"] == emv.qris("44851", INVOICE)
    assert world.xendit("GET", f"/v3/payment_requests/{made['payment_request_id']}").json() == made
    assert world.xendit("GET", "/v3/payment_requests/pr-none").status_code == 404


@pytest.mark.parametrize(
    ("country", "currency", "channel", "properties", "descriptors", "pattern"),
    [
        ("ID", "IDR", "BCA_VIRTUAL_ACCOUNT", {"display_name": "G"}, ["VIRTUAL_ACCOUNT_NUMBER"], r"\d{10,18}"),
        ("ID", "IDR", "ALFAMART", {"payer_name": "G"}, ["PAYMENT_CODE"], r"\d{8,20}"),
        ("ID", "IDR", "DANA", RETURNS, ["WEB_URL", "DEEPLINK_URL"], r"http://127.+/pay/GATE\w+"),
        ("ID", "IDR", "OVO", {"account_mobile_number": "+628123456789"}, [], ""),
        ("MY", "MYR", "TOUCHNGO", RETURNS, ["WEB_URL", "DEEPLINK_URL"], r"http://127.+"),
        ("MY", "MYR", "MAYB2U_FPX", RETURNS, ["WEB_URL"], r"http://127.+"),
        ("PH", "PHP", "GCASH", RETURNS, ["WEB_URL", "DEEPLINK_URL"], r"http://127.+"),
        ("PH", "PHP", "7ELEVEN", {"payer_name": "G"}, ["PAYMENT_CODE"], r"\d+"),
    ],
)
def test_each_kind_of_channel_shows_its_own(
    world: World, country: str, currency: str, channel: str, properties: Any, descriptors: list[str], pattern: str
):
    amount = 44851 if currency == "IDR" else 129.5
    made = world.request_payment(
        country=country, currency=currency, channel_code=channel, channel_properties=properties, request_amount=amount
    )
    assert made.status_code == 201, made.text
    assert [action["descriptor"] for action in made.json()["actions"]] == descriptors
    if pattern:
        assert re.fullmatch(pattern, made.json()["actions"][0]["value"])


@pytest.mark.parametrize(
    ("country", "currency", "channel", "number"),
    [("SG", "SGD", "SGQR", "702"), ("TH", "THB", "PROMPTPAY", "764"), ("PH", "PHP", "QRPH", "608")],
)
def test_the_neighbours_codes_are_payable_too(world: World, country: str, currency: str, channel: str, number: str):
    made = world.request_payment(country=country, currency=currency, channel_code=channel, request_amount=12.34).json()
    read = emv.parse(made["actions"][0]["value"])
    assert (read["53"], read["54"], read["58"]) == (number, "12.34", country)


@pytest.mark.parametrize(
    "changed",
    [
        {"reference_id": ""},
        {"type": "NONSENSE"},
        {"channel_code": "NONSENSE"},
        {"channel_code": "GCASH"},
        {"currency": "MYR"},
        {"request_amount": "44851"},
        {"request_amount": 0},
        {"request_amount": 44851.5},
        {"request_amount": 10_000_001},
        {"channel_code": "BCA_VIRTUAL_ACCOUNT", "channel_properties": {"display_name": "G"}, "request_amount": 9_999},
        {"channel_code": "BCA_VIRTUAL_ACCOUNT"},
        {"channel_code": "DANA"},
        {"channel_code": "DANA", "channel_properties": {"success_return_url": "http://shop.example/ok"}},
        {"channel_code": "OVO", "channel_properties": {"account_mobile_number": "0812"}},
        {"channel_properties": None},
    ],
)
def test_what_does_not_fit_is_refused(world: World, changed: dict[str, Any]):
    refused = world.request_payment(**changed)
    assert refused.status_code == 400
    assert refused.json()["error_code"] == "API_VALIDATION_ERROR"
    assert world.gateway_payments() == []


def test_money_in_is_told_by_webhook_and_by_look_up(world: World):
    made = world.request_payment().json()
    answer = world.pay(repeat=3)
    assert answer.json()["delivered"] == [200, 200, 200]
    assert world.store.events() == ["payment.capture"] * 3
    path, headers, body = world.store.got[0]
    assert path == "/hooks/xendit"
    assert headers["x-callback-token"] == KEYS["XENDIT_CALLBACK_TOKEN"]
    data = body["data"]
    assert re.fullmatch(f"py-{UUID}", data["payment_id"])
    assert data["payment_request_id"] == made["payment_request_id"]
    assert (data["reference_id"], data["status"]) == (INVOICE, "SUCCEEDED")
    assert [capture["capture_amount"] for capture in data["captures"]] == [44851]
    assert data["captures"][0]["capture_id"].startswith("cptr-")
    assert len({one["data"]["payment_id"] for one in world.store.bodies()}) == 1
    assert world.xendit("GET", f"/v3/payments/{data['payment_id']}").json() == data
    after = world.xendit("GET", f"/v3/payment_requests/{made['payment_request_id']}").json()
    assert (after["status"], after["latest_payment_id"]) == ("SUCCEEDED", data["payment_id"])
    (truth,) = world.gateway_payments()
    assert truth["invoiceNumber"] == truth["reference"] == INVOICE
    assert (truth["method"], truth["amount"], truth["currency"]) == ("QRIS", 44851, "IDR")
    assert (truth["status"], truth["refunded"]) == ("paid", 0)
    assert world.pay().status_code == 409
    assert world.pay("GATENOTHING").status_code == 404


def test_the_stores_answers_are_reported(world: World):
    world.request_payment()
    world.store.status = 503
    assert world.pay(repeat=2).json()["delivered"] == [503, 503]


def test_another_amount_can_come_in_and_the_truth_says_how_much(world: World):
    world.request_payment()
    world.pay(amount=40000)
    assert world.store.bodies()[0]["data"]["captures"][0]["capture_amount"] == 40000
    assert world.store.bodies()[0]["data"]["request_amount"] == 44851
    (truth,) = world.gateway_payments()
    assert (truth["amount"], truth["requestedAmount"]) == (40000, 44851)


def test_the_newest_attempt_is_paid_unless_another_is_named(world: World):
    world.request_payment()
    world.request_payment(reference_id=f"{INVOICE}-2")
    assert world.pay().json()["reference"] == f"{INVOICE}-2"
    assert world.pay(reference=INVOICE).json()["reference"] == INVOICE
    assert [truth["invoiceNumber"] for truth in world.gateway_payments()] == [INVOICE, INVOICE]
    assert [truth["status"] for truth in world.gateway_payments()] == ["paid", "paid"]


def test_an_exact_reference_is_paid(world: World):
    for reference in (INVOICE, f"{INVOICE}-2", f"{INVOICE}-3"):
        world.request_payment(reference_id=reference)
    world.pay(f"{INVOICE}-2")
    assert [truth["status"] for truth in world.gateway_payments()] == ["pending", "paid", "pending"]


def test_two_people_at_once_pay_one_request_once(world: World):
    world.request_payment()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: world.pay().status_code, range(8)))
    assert sorted(statuses) == [200] + [409] * 7
    assert world.gateway_payments()[0]["amount"] == 44851


def test_a_payment_may_fail(world: World):
    made = world.request_payment().json()
    assert world.pay(outcome="failed").json()["delivered"] == [200]
    (body,) = world.store.bodies()
    assert (body["event"], body["data"]["status"]) == ("payment.failure", "FAILED")
    after = world.xendit("GET", f"/v3/payment_requests/{made['payment_request_id']}").json()
    assert (after["status"], after["failure_code"]) == ("FAILED", "USER_DECLINED_PAYMENT")
    assert world.gateway_payments()[0]["status"] == "failed"


def test_money_after_expiry_leaves_the_request_expired(world: World):
    made = world.request_payment().json()
    assert world.pay(outcome="expired").json()["delivered"] == [200]
    assert world.store.events() == ["payment_request.expiry"]
    assert world.gateway_payments()[0]["status"] == "expired"
    assert world.pay().json()["delivered"] == [200]
    after = world.xendit("GET", f"/v3/payment_requests/{made['payment_request_id']}").json()
    assert after["status"] == "EXPIRED"
    assert world.xendit("GET", f"/v3/payments/{after['latest_payment_id']}").json()["status"] == "SUCCEEDED"
    assert world.gateway_payments()[0]["status"] == "paid"


def test_a_virtual_account_ends_when_it_was_told_to(world: World):
    properties = {"display_name": "G", "expires_at": (datetime.now(UTC) + timedelta(milliseconds=300)).isoformat()}
    made = world.request_payment(channel_code="BCA_VIRTUAL_ACCOUNT", channel_properties=properties).json()
    wait_until(lambda: world.store.events() == ["payment_request.expiry"])
    after = world.xendit("GET", f"/v3/payment_requests/{made['payment_request_id']}").json()
    assert after["status"] == "EXPIRED"


def test_a_cancelled_request_is_told_by_nobody(world: World):
    path = f"/v3/payment_requests/{world.request_payment().json()['payment_request_id']}/cancel"
    assert world.xendit("POST", path).json()["status"] == "CANCELED"
    again = world.xendit("POST", path)
    assert (again.status_code, again.json()["error_code"]) == (400, "INACTIVE_PAYMENT_REQUEST")
    assert world.store.got == []
    assert world.gateway_payments()[0]["status"] == "cancelled"


def test_simulate_pays_shortly_after(world: World):
    made = world.request_payment().json()
    answer = world.xendit("POST", f"/v3/payment_requests/{made['payment_request_id']}/simulate", {"amount": 50000})
    assert answer.json()["status"] == "PENDING"
    wait_until(lambda: world.store.events() == ["payment.capture"])
    assert world.gateway_payments()[0]["amount"] == 50000


def refund(world: World, request_id: str, key: str = "", **more: Any) -> requests.Response:
    body = {"payment_request_id": request_id, "reference_id": "r-1", "currency": "IDR", "reason": "CANCELLATION"}
    return world.xendit("POST", "/refunds", {**body, **more}, {"idempotency-key": key} if key else None)


def test_a_refund_ends_later_and_is_told_double_wrapped(world: World):
    request_id = world.request_payment().json()["payment_request_id"]
    assert refund(world, request_id).json()["error_code"] == "INELIGIBLE_TRANSACTION_STATUS"
    world.pay()
    made = refund(world, request_id, key="k", amount=10000)
    assert made.status_code == 200
    assert re.fullmatch(f"rfd-{UUID}", made.json()["id"])
    assert (made.json()["status"], made.json()["amount"]) == ("PENDING", 10000)
    assert refund(world, request_id, key="k", amount=10000).json()["id"] == made.json()["id"]
    wait_until(lambda: "refund.succeeded" in world.store.events())
    body = world.store.bodies()[-1]
    assert (body["data"]["event"], body["data"]["data"]["status"]) == ("refund.succeeded", "SUCCEEDED")
    assert world.xendit("GET", f"/refunds/{made.json()['id']}").json()["status"] == "SUCCEEDED"
    assert world.gateway_payments()[0]["refunded"] == 10000
    assert refund(world, request_id, amount=34852).json()["error_code"] == "REFUND_AMOUNT_EXCEEDED"
    assert refund(world, request_id).json()["amount"] == 34851


def test_a_refund_may_fail(world: World):
    world.faults(refund={"fail": 1, "finish_after_ms": 0})
    request_id = world.request_payment().json()["payment_request_id"]
    world.pay()
    made = refund(world, request_id).json()
    wait_until(lambda: "refund.failed" in world.store.events())
    assert world.xendit("GET", f"/refunds/{made['id']}").json()["failure_code"] == "REFUND_FAILED"
    assert world.gateway_payments()[0]["refunded"] == 0


def test_a_virtual_account_cannot_be_refunded(world: World):
    made = world.request_payment(channel_code="BCA_VIRTUAL_ACCOUNT", channel_properties={"display_name": "G"}).json()
    world.pay()
    refused = refund(world, made["payment_request_id"])
    assert (refused.status_code, refused.json()["error_code"]) == (403, "REFUND_NOT_SUPPORTED")


def test_a_card_session_is_paid_on_its_page_and_told_twice(world: World):
    answer = world.open_session()
    assert answer.status_code == 201
    made = answer.json()
    assert re.fullmatch(r"ps-[0-9a-f]{24}", made["payment_session_id"])
    assert (made["status"], made["payment_request_id"]) == ("ACTIVE", None)
    assert made["payment_link_url"] == f"{world.url}/pay/{INVOICE}"
    assert world.pay().json()["delivered"] == [200]
    assert world.store.events() == ["payment_session.completed", "payment.capture"]
    after = world.xendit("GET", f"/sessions/{made['payment_session_id']}").json()
    assert after["status"] == "COMPLETED"
    payment = world.xendit("GET", f"/v3/payments/{after['payment_id']}").json()
    assert (payment["payment_request_id"], payment["captures"][0]["capture_amount"]) == (
        after["payment_request_id"],
        44851,
    )
    assert refund(world, after["payment_request_id"]).status_code == 200
    (truth,) = world.gateway_payments()
    assert (truth["method"], truth["status"]) == ("CARDS", "paid")


def test_a_declined_card_leaves_the_session_open(world: World):
    made = world.open_session().json()
    world.pay(outcome="failed")
    assert world.store.events() == ["payment.failure"]
    assert world.xendit("GET", f"/sessions/{made['payment_session_id']}").json()["status"] == "ACTIVE"
    assert world.pay().status_code == 200
    assert world.gateway_payments()[0]["status"] == "paid"


def test_a_session_is_cancelled_once_or_not_at_all(world: World):
    path = f"/sessions/{world.open_session().json()['payment_session_id']}/cancel"
    world.faults(sessions={"cancel_refused": 1})
    assert world.xendit("POST", path).status_code == 400
    world.faults()
    assert world.xendit("POST", path).json()["status"] == "CANCELED"
    assert world.xendit("POST", path).status_code == 400
    assert world.store.got == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": 4999}, "INVALID_AMOUNT"),
        ({"currency": "MYR"}, "INVALID_CURRENCY"),
        ({"country": "XX"}, "INVALID_COUNTRY"),
        ({"allowed_payment_channels": ["NONSENSE"]}, "INVALID_PAYMENT_CHANNEL"),
        ({"success_return_url": "http://shop.example/ok"}, "INVALID_URL"),
        ({"reference_id": "x" * 65}, "API_VALIDATION_ERROR"),
    ],
)
def test_a_session_that_does_not_fit_is_refused(world: World, changed: dict[str, Any], code: str):
    refused = world.open_session(**changed)
    assert (refused.status_code, refused.json()["error_code"]) == (400, code)


def test_a_session_lives_ten_minutes_at_least(world: World):
    refused = world.open_session(expires_at=ahead(minutes=5))
    assert refused.json()["error_code"] == "INVALID_EXPIRY_DATE"
    assert world.open_session(expires_at=ahead(minutes=11)).status_code == 201


def test_the_gateways_faults(world: World):
    world.faults(gateway={"error": 1})
    assert world.request_payment().json()["error_code"] == "SERVER_ERROR"
    world.faults(gateway={"unavailable": 1})
    assert world.request_payment().status_code == 503
    world.faults(gateway={"http_429": 1})
    assert "Rate-Limit-Reset" in world.request_payment().headers
    world.faults(gateway={"lose_request": 1})
    with pytest.raises(requests.ConnectionError):
        world.request_payment()
    assert world.gateway_payments() == []
    world.faults(gateway={"lose_reply": 1})
    with pytest.raises(requests.ConnectionError):
        world.request_payment()
    assert len(world.gateway_payments()) == 1
    world.faults(gateway={"garbled": 1})
    with pytest.raises(json.JSONDecodeError):
        json.loads(world.request_payment().text)
    assert len(world.gateway_payments()) == 2
    world.faults(gateway={"delay_ms": 300})
    assert world.request_payment().elapsed >= timedelta(milliseconds=300)


def test_the_webhooks_faults(world: World):
    world.faults(webhook={"drop": 1})
    world.request_payment()
    assert world.pay().json()["delivered"] == []
    assert world.store.got == []
    world.faults(webhook={"duplicate": 1})
    world.request_payment(reference_id="GATE2")
    assert world.pay("GATE2").json()["delivered"] == [200, 200]
    world.faults(webhook={"wrong_token": 1, "omit_captures": 1})
    world.request_payment(reference_id="GATE3")
    world.pay("GATE3")
    _, headers, body = world.store.got[-1]
    assert headers["x-callback-token"] != KEYS["XENDIT_CALLBACK_TOKEN"]
    assert "captures" not in body["data"]
    world.store.got.clear()
    world.faults(webhook={"out_of_order": 1})
    world.request_payment(reference_id="GATE4")
    world.pay("GATE4")
    assert world.store.events() == ["payment.capture", "payment.failure"]
    assert world.gateway_payments()[-1]["status"] == "paid"


@pytest.mark.parametrize("body", [{"outcome": "nonsense"}, {"repeat": -1}, {"amount": "1"}, {"nonsense": 1}])
def test_control_refuses_what_it_does_not_know(world: World, body: dict[str, Any]):
    world.request_payment()
    assert world.pay(**body).status_code == 400
    assert world.gateway_payments()[0]["status"] == "pending"
