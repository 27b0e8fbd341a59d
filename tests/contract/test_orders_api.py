"""API §19 and §20: an order is placed, paid and read; shapes and meaning, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from payments import expiry, looking, qr
from payments.models import Payment
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, nothing_moved, overdue, token
from tests.storefront import factories

pytestmark = pytest.mark.django_db
PLACED_KEYS = [
    "invoiceNumber",
    "status",
    "productCode",
    "productName",
    "skuCode",
    "skuName",
    "quantity",
    "account",
    "pricing",
    "payment",
    "contact",
    "createdAt",
    "expiredAt",
]
INVOICE_KEYS = [*PLACED_KEYS, "promo", "units", "timeline"]


def post(body: Any, browser: Browser | None = None, **headers: str) -> Any:
    door = browser or Browser()
    return door.post("/v2/orders", body, content_type="application/json", headers=headers)


def place(**quote: Any) -> dict[str, Any]:
    answer = post({"validationToken": token(**quote)})
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]["order"]


def read(number: str, browser: Browser | None = None, **query: str) -> dict[str, Any]:
    answer = (browser or Browser()).get("/v2/invoices", {"invoiceNumber": number, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_example_of_section_19(sandbox: Sandbox) -> None:
    promo = factories.promo()
    answer = post({"validationToken": token(promo=promo, discount_minor=4945)})
    assert answer.status_code == 201
    assert answer.json()["data"]["step"] == "SUCCESS"
    order = answer.json()["data"]["order"]
    assert sorted(order) == sorted(PLACED_KEYS)
    assert (order["status"], order["quantity"]) == ("PENDING", 1)
    assert (order["productCode"], order["productName"]) == ("MLBB", "Mobile Legends: Bang Bang")
    assert (order["skuCode"], order["skuName"]) == ("MLBB_172", "172 Diamonds")
    assert order["account"] == {"nickname": "り い こ ✧", "inputs": "656696292 - 8610"}
    assert order["pricing"] == {
        "subtotal": 49450,
        "discount": 4945,
        "paymentFee": 346,
        "total": 44851,
        "currency": "IDR",
    }
    assert order["contact"] == {"email": "user@example.com", "phoneNumber": "+6281234567890"}
    payment = order["payment"]
    assert sorted(payment) == sorted(["code", "name", "instruction", "qrCode", "qrCodeImage", "expiredAt"])
    assert (payment["code"], payment["expiredAt"]) == ("QRIS", order["expiredAt"])
    assert qr.is_payload(payment["qrCode"])
    assert order["createdAt"].endswith("+07:00") and order["expiredAt"].endswith("+07:00")
    assert order["invoiceNumber"].startswith("GATE") and len(order["invoiceNumber"]) == 25


def test_the_picture_of_the_code_is_drawn_by_us(sandbox: Sandbox) -> None:
    address = place()["payment"]["qrCodeImage"]
    path = address[address.index("/v2/") :]
    answer = Browser().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")


@pytest.mark.parametrize(
    ("code", "kind", "keys"),
    [
        ("BCA_VIRTUAL_ACCOUNT", "VA", {"accountNumber", "bankName", "accountName"}),
        ("DANA", "REDIRECT", {"redirectUrl", "deeplink"}),
        ("ALFAMART", "CODE", {"paymentCode"}),
        ("CARDS", "CARD", {"redirectUrl"}),
        ("OVO", "REDIRECT", set()),
    ],
)
def test_section_43_says_how_other_channels_are_paid(sandbox: Sandbox, code: str, kind: str, keys: set[str]) -> None:
    payment = place(channel=factories.channel(code, kind=kind))["payment"]
    assert set(payment) - {"code", "name", "instruction", "expiredAt"} == keys
    assert all(isinstance(payment[key], str) and payment[key] for key in keys)


def test_a_virtual_account_names_bank_and_owner(sandbox: Sandbox) -> None:
    channel = factories.channel("BCA_VA", kind="VA", gateway_channel="BCA_VIRTUAL_ACCOUNT", bank_name="BCA")
    payment = place(channel=channel)["payment"]
    assert (payment["bankName"], payment["accountName"]) == ("BCA", "GERBANG")


def test_instructions_are_in_the_callers_language(sandbox: Sandbox) -> None:
    channel = factories.channel(instruction={"id": "<p>Pindai</p>", "en": "<p>Scan</p>"})
    asked = {"validationToken": token(channel=channel)}
    assert post(asked).json()["data"]["order"]["payment"]["instruction"] == "<p>Pindai</p>"
    english = post(asked, **{"Accept-Language": "en"}).json()["data"]["order"]["payment"]
    assert english["instruction"] == "<p>Scan</p>"


def test_the_same_token_gets_the_same_answer(sandbox: Sandbox) -> None:
    asked = {"validationToken": token()}
    answers = [post(asked) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(sandbox.gateway_payments()) == 1


def test_the_same_token_later_shows_what_has_changed(sandbox: Sandbox) -> None:
    asked = {"validationToken": token()}
    number = post(asked).json()["data"]["order"]["invoiceNumber"]
    sandbox.pay(number)
    due_now()
    looking.poll_due()
    again = post(asked)
    assert again.status_code == 201
    assert again.json()["data"]["order"]["status"] == "PROCESSING"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "VALIDATION_ERROR"),
        ({"validationToken": None}, 422, "VALIDATION_ERROR"),
        ({"validationToken": ""}, 422, "VALIDATION_ERROR"),
        ({"validationToken": 7}, 422, "VALIDATION_ERROR"),
        ({"validationToken": ["x"]}, 422, "VALIDATION_ERROR"),
        ({"validationToken": "x" * 501}, 422, "VALIDATION_ERROR"),
        ({"validationToken": "not.ours"}, 400, "INVALID_TOKEN"),
    ],
)
def test_bodies_that_are_refused(body: dict[str, Any], status: int, code: str) -> None:
    assert code_of(post(body)) == (status, code)
    assert not Order.objects.exists() and nothing_moved()


def test_a_token_that_expired(sandbox: Sandbox) -> None:
    late = token(expires_at=timezone.now() - timedelta(seconds=1))
    assert code_of(post({"validationToken": late})) == (400, "TOKEN_EXPIRED")


def test_a_bearer_that_is_not_known(sandbox: Sandbox) -> None:
    assert code_of(post({"validationToken": token()}, Authorization="Bearer x")) == (401, "UNAUTHORIZED")
    assert not Order.objects.exists()


def test_a_dead_gateway_is_a_503_in_the_envelope_and_the_token_stays_good(sandbox: Sandbox) -> None:
    asked = {"validationToken": token()}
    sandbox.faults(gateway={"error": 1})
    refused = post(asked, **{"Accept-Language": "en"})
    assert code_of(refused) == (503, "PAYMENT_UNAVAILABLE")
    assert refused.json()["error"]["invoiceNumber"] == Order.objects.get().number
    sandbox.faults()
    assert post(asked).status_code == 201
    assert Order.objects.count() == 1


def test_a_free_order_is_processing_at_once() -> None:
    order = place(discount_minor=49450, fee_minor=0)
    assert (order["status"], order["pricing"]["total"]) == ("PROCESSING", 0)
    assert sorted(order["payment"]) == ["code", "name"]


def test_amounts_with_cents_are_numbers(sandbox: Sandbox) -> None:
    goods = factories.sku(
        "MLBB_MY", of=factories.product("MLBB2", regions="MY"), prices={"MY": (1234, 1300)}, name="Diamonds"
    )
    channel = factories.channel("TOUCHNGO", where="MY", kind="REDIRECT", min_minor=1)
    order = place(
        sku=goods,
        channel=channel,
        region=factories.region("MY"),
        currency="MYR",
        unit_price_minor=1234,
        list_price_minor=1300,
        fee_minor=9,
    )
    assert order["pricing"] == {
        "subtotal": 12.34,
        "discount": 0,
        "paymentFee": 0.09,
        "total": 12.43,
        "currency": "MYR",
    }
    assert [(p["amount"], p["currency"]) for p in sandbox.gateway_payments()] == [(12.43, "MYR")]


def test_a_pending_invoice_repeats_how_to_pay(sandbox: Sandbox) -> None:
    order = place()
    shown = read(order["invoiceNumber"])
    assert sorted(shown) == sorted(INVOICE_KEYS)
    assert shown["payment"] == order["payment"]
    assert (shown["status"], shown["promo"]) == ("PENDING", None)
    assert shown["units"] == {"delivered": 0, "refunded": 0, "pending": 1}
    assert [step["status"] for step in shown["timeline"]] == ["PENDING"]


def test_the_example_of_section_20_up_to_paid(sandbox: Sandbox) -> None:
    number = place(promo=factories.promo(), discount_minor=4945)["invoiceNumber"]
    sandbox.pay(number)
    due_now()
    looking.poll_due()
    shown = read(number)
    assert shown["status"] == "PROCESSING", "PAID is told as PROCESSING"
    assert [step["status"] for step in shown["timeline"]] == ["PENDING", "PAID"]
    assert sorted(shown["payment"]) == ["code", "name", "paidAt"]
    assert shown["promo"] == {"code": "WELCOME10", "discountAmount": 4945}
    assert "completedAt" not in shown


def test_a_stranger_sees_contact_data_masked(sandbox: Sandbox) -> None:
    number = place()["invoiceNumber"]
    stranger = read(number)["contact"]
    assert stranger["email"] != "user@example.com" and "*" in stranger["email"]
    assert "1234567" not in stranger["phoneNumber"]
    key = invoice.view_key(Order.objects.get(number=number))
    assert read(number, key=key)["contact"] == {"email": "user@example.com", "phoneNumber": "081234567890"}
    assert read(number, key=key[:-1] + "x")["contact"] == stranger


def test_F20_no_door_leads_from_a_phone_number_or_address_to_orders(sandbox: Sandbox) -> None:
    """Neither a list nor an invoice, and no page boasts of who bought what."""
    placed = place()
    number, browser = placed["invoiceNumber"], Browser()
    for known in ("081234567890", "+6281234567890", "user@example.com"):
        assert code_of(browser.get("/v2/invoices", {"invoiceNumber": known})) == (404, "NOT_FOUND")
        assert code_of(browser.get("/v2/transactions", {"search": known})) == (401, "UNAUTHORIZED")
        assert browser.get(f"/id-id/invoices/{known}").status_code == 404
    for page in ("/id-id", "/v2/products?region=ID"):
        shown = browser.get(page, follow=True).content.decode()
        assert number not in shown and placed["account"]["nickname"] not in shown


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [({}, 422, "VALIDATION_ERROR"), ({"invoiceNumber": "GATE0"}, 404, "NOT_FOUND")],
)
def test_invoices_that_are_not_there(query: dict[str, str], status: int, code: str) -> None:
    assert code_of(Browser().get("/v2/invoices", query)) == (status, code)


def test_an_invoice_is_never_kept_by_anybody_between(sandbox: Sandbox) -> None:
    answer = Browser().get("/v2/invoices", {"invoiceNumber": place()["invoiceNumber"]})
    assert answer["Cache-Control"] == "no-store"


def test_an_expired_invoice_says_so_and_how_to_pay_no_more(sandbox: Sandbox) -> None:
    number = place()["invoiceNumber"]
    order = Order.objects.get(number=number)
    overdue(order)
    expiry.expire_due()
    shown = read(number)
    assert (shown["status"], shown["timeline"][-1]["status"]) == ("EXPIRED", "EXPIRED")
    assert "qrCode" not in shown["payment"] and shown["completedAt"]
    assert fresh(order).ended_at is not None
    assert Payment.objects.get().state == "EXPIRED"
