"""API §41 to §43: a member's money on its way into the wallet; shapes, meaning and every refusal, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments import expiry, webhooks
from payments.deposits.models import Deposit, DepositInquiry
from payments.models import Payment
from tests.conftest import Sandbox
from tests.payments.cast import nothing_moved
from tests.payments.members import api, books_hold, by_balance, holds, member
from tests.storefront import factories

pytestmark = pytest.mark.django_db
DEPOSIT_KEYS = {"invoiceNumber", "status", "amount", "pricing", "payment", "createdAt", "expiredAt"}


@pytest.fixture
def me() -> Any:
    return member("me")


def inquire(user: Any, amount: Any = 100_000, code: str = "QRIS", query: str = "", **headers: str) -> Any:
    body = {"amount": amount, "paymentCode": code}
    return api(user).post(f"/v2/deposits/inquiries{query}", body, format="json", headers=headers)


def create(user: Any, token: str) -> Any:
    return api(user).post("/v2/deposits", {"validationToken": token}, format="json")


def token_for(user: Any, **more: Any) -> str:
    answer = inquire(user, **more)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]["validationToken"]


def placed(user: Any, **more: Any) -> dict[str, Any]:
    answer = create(user, token_for(user, **more))
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]["deposit"]


def listed(user: Any, **query: Any) -> dict[str, Any]:
    answer = api(user).get("/v2/deposits", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- §42 ---


def test_the_example_of_section_42(me: Any) -> None:
    factories.channel()
    told = inquire(me).json()["data"]
    assert set(told) == {"validationToken", "expiresAt", "deposit"}
    assert told["expiresAt"].endswith("+07:00")
    assert told["deposit"] == {
        "amount": 100000,
        "pricing": {"subtotal": 100000, "paymentFee": 700, "total": 100700, "currency": "IDR"},
        "payment": {
            "code": "QRIS",
            "name": "QRIS",
            "currency": "IDR",
            "minAmount": 1000,
            "maxAmount": 10000000,
            "feeAmount": 0,
            "feePercentage": 0.7,
        },
    }
    assert not Deposit.objects.exists() and nothing_moved()


def test_the_refusal_of_section_42_in_the_readers_language(me: Any) -> None:
    factories.channel()
    answer = inquire(me, 999, **{"Accept-Language": "en"})
    assert code_of(answer) == (400, "AMOUNT_TOO_LOW")
    assert answer.json()["error"]["details"] == "The smallest deposit by QRIS is Rp1.000."


def test_limits_hold_for_the_amount_without_the_fee(me: Any) -> None:
    factories.channel()
    assert inquire(me, 1000).status_code == inquire(me, 10_000_000).status_code == 200
    assert code_of(inquire(me, 10_000_001)) == (400, "AMOUNT_TOO_HIGH")


@pytest.mark.parametrize("amount", [0, -5, "100000", True, None, 1000.5, [1], 10**15])
def test_an_amount_is_a_number_of_whole_units_above_zero(me: Any, amount: Any) -> None:
    factories.channel()
    answer = inquire(me, amount)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json()["error"]["fields"]) == ["amount"]


def test_cents_where_the_currency_has_them(me: Any) -> None:
    factories.channel("FPX", where="MY", min_minor=100, max_minor=100_000)
    told = inquire(me, 10.55, "FPX", "?region=MY").json()["data"]["deposit"]
    assert told["pricing"] == {"subtotal": 10.55, "paymentFee": 0.07, "total": 10.62, "currency": "MYR"}
    assert inquire(me, 10.555, "FPX", "?region=MY").status_code == 422


def test_ways_to_pay_that_are_none_for_a_deposit(me: Any) -> None:
    by_balance()
    factories.channel("OLD", for_deposit=False)
    for code in ("BALANCE", "OLD", "UNKNOWN"):
        assert code_of(inquire(me, code=code)) == (400, "INVALID_PAYMENT_METHOD")


def test_region_of_a_deposit(me: Any) -> None:
    factories.channel()
    factories.region("MY")
    assert code_of(inquire(me, query="?region=XX")) == (400, "INVALID_REGION")
    assert code_of(inquire(me, query="?region=MY")) == (400, "INVALID_PAYMENT_METHOD")


# --- §43 ---


@pytest.mark.parametrize(
    ("kind", "code", "keys"),
    [
        ("QR", "QRIS", {"qrCode", "qrCodeImage"}),
        ("VA", "BCA_VIRTUAL_ACCOUNT", {"accountNumber", "bankName", "accountName"}),
        ("REDIRECT", "DANA", {"redirectUrl"}),
        ("CODE", "ALFAMART", {"paymentCode"}),
    ],
)
def test_the_examples_of_section_43(me: Any, sandbox: Sandbox, kind: str, code: str, keys: set[str]) -> None:
    factories.channel(code, kind=kind, min_minor=10_000)
    deposit = placed(me, code=code)
    assert set(deposit) == DEPOSIT_KEYS
    assert deposit["invoiceNumber"].startswith("DEP") and len(deposit["invoiceNumber"]) == 24
    assert (deposit["status"], deposit["amount"]) == ("PENDING", 100000)
    assert deposit["pricing"] == {"subtotal": 100000, "paymentFee": 700, "total": 100700, "currency": "IDR"}
    shown = set(deposit["payment"]) - {"deeplink"}
    assert shown == {"code", "name", "instruction", "expiredAt"} | keys
    held = sandbox.gateway_payments()
    assert [(one["invoiceNumber"], one["amount"]) for one in held] == [(deposit["invoiceNumber"], 100700)]
    assert holds(me) == 0 and nothing_moved()


def test_the_same_token_again_is_the_same_deposit(me: Any, sandbox: Sandbox) -> None:
    factories.channel()
    mine = token_for(me)
    first, second = create(me, mine), create(me, mine)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert Deposit.objects.count() == Payment.objects.count() == 1


def test_a_token_is_its_members_and_expires(me: Any) -> None:
    factories.channel()
    mine = token_for(me)
    assert code_of(create(member("other"), mine)) == (400, "INVALID_TOKEN")
    assert code_of(create(me, mine + "x")) == (400, "INVALID_TOKEN")
    assert code_of(create(me, "nonsense")) == (400, "INVALID_TOKEN")
    DepositInquiry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code_of(create(me, mine)) == (400, "TOKEN_EXPIRED")
    assert code_of(api(me).post("/v2/deposits", {}, format="json")) == (422, "VALIDATION_ERROR")
    assert not Deposit.objects.exists()


def test_a_dead_gateway_leaves_the_token_good(me: Any, sandbox: Sandbox) -> None:
    factories.channel()
    mine = token_for(me)
    sandbox.faults(gateway={"error": 1.0})
    assert code_of(create(me, mine)) == (503, "PAYMENT_UNAVAILABLE")
    sandbox.faults()
    answer = create(me, mine)
    assert answer.status_code == 201 and answer.json()["data"]["deposit"]["payment"]["qrCode"]
    assert [payment.state for payment in Payment.objects.order_by("attempt")] == ["FAILED", "OPEN"]


def test_nobody_deposits_without_signing_in() -> None:
    for answer in (
        api(None).get("/v2/deposits"),
        inquire(None),
        create(None, "x"),
    ):
        assert code_of(answer) == (401, "UNAUTHORIZED")


# --- Money comes ---


def test_a_paid_deposit_is_in_the_wallet(me: Any, sandbox: Sandbox, live_server: Any) -> None:
    factories.channel()
    mine = token_for(me)
    number = create(me, mine).json()["data"]["deposit"]["invoiceNumber"]
    assert sandbox.pay(number, repeat=20) == [200] * 20
    webhooks.work_inbox()
    assert holds(me) == 100_000
    again = create(me, mine).json()["data"]["deposit"]
    assert again["status"] == "SUCCESS" and set(again["payment"]) == {"code", "name", "paidAt"}
    told = listed(me)
    assert told["overview"] == {
        "totalDeposits": 1,
        "totalAmount": 100000,
        "successCount": 1,
        "pendingCount": 0,
        "failedCount": 0,
    }
    assert set(told["deposits"][0]) == {
        "invoiceNumber",
        "status",
        "amount",
        "payment",
        "currency",
        "createdAt",
        "paidAt",
    }
    assert books_hold()


# --- §41 ---


def some_deposit(user: Any, status: str = "PENDING", amount: int = 1000, **more: Any) -> Deposit:
    channel = factories.channel()
    now = more.pop("created_at", timezone.now())
    inquiry = DepositInquiry.objects.create(
        user=user, region_id="ID", channel=channel, currency="IDR", amount_minor=amount, fee_minor=0, expires_at=now
    )
    return Deposit.objects.create(
        number=more.pop("number", f"DEP{inquiry.pk.hex[:21].upper()}"),
        inquiry=inquiry,
        user=user,
        region_id="ID",
        channel=channel,
        channel_code="QRIS",
        channel_name="QRIS",
        status=status,
        currency="IDR",
        amount_minor=amount,
        fee_minor=0,
        total_minor=amount,
        credited_minor=amount if status == "SUCCESS" else 0,
        paid_at=now if status == "SUCCESS" else None,
        created_at=now,
        expires_at=now + timedelta(hours=1),
        **more,
    )


def test_the_example_of_section_41(me: Any) -> None:
    for status, count in (("SUCCESS", 12), ("PENDING", 2), ("FAILED", 1), ("EXPIRED", 1)):
        for _ in range(count):
            some_deposit(me, status)
    some_deposit(member("other"), "SUCCESS", 77_000)
    told = listed(me, status="PENDING", limit=1, page=2)
    assert told["overview"] == {
        "totalDeposits": 16,
        "totalAmount": 12_000,
        "successCount": 12,
        "pendingCount": 2,
        "failedCount": 2,
    }
    assert told["pagination"] == {"limit": 1, "page": 2, "totalRows": 2, "totalPages": 2}
    (row,) = told["deposits"]
    assert (row["status"], row["amount"], row["payment"]) == ("PENDING", 1000, {"code": "QRIS", "name": "QRIS"})
    assert "expiredAt" in row and "paidAt" not in row
    for status, count in (("ALL", 16), ("SUCCESS", 12), ("FAILED", 1), ("EXPIRED", 1)):
        assert listed(me, status=status)["pagination"]["totalRows"] == count


def test_search_is_for_a_part_of_the_number(me: Any) -> None:
    some_deposit(me, number="DEP5E55FF11IJ22H90974337")
    some_deposit(me)
    for typed in ("DEP5E55FF11IJ22H90974337", " dep5e55ff ", "H90974337"):
        assert [row["invoiceNumber"] for row in listed(me, search=typed)["deposits"]] == ["DEP5E55FF11IJ22H90974337"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 101}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"page": 0}, "page"),
        ({"page": "99999999999999999999"}, "page"),
        ({"status": "PAID"}, "status"),
        ({"startDate": "2025-13-01"}, "startDate"),
        ({"startDate": "20251201"}, "startDate"),
        ({"endDate": "yesterday"}, "endDate"),
        ({"endDate": "9999-12-31"}, "endDate"),
        ({"startDate": "2025-12-02", "endDate": "2025-12-01"}, "endDate"),
    ],
)
def test_what_cannot_be_asked(me: Any, query: dict[str, Any], field: str) -> None:
    answer = api(me).get("/v2/deposits", query)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json()["error"]["fields"]) == [field]


def test_other_regions_and_other_members_see_nothing_of_it(me: Any) -> None:
    factories.region("MY")
    some_deposit(me)
    assert listed(me, region="MY")["deposits"] == [] and listed(me, region="MY")["overview"]["totalDeposits"] == 0
    assert listed(member("other"))["deposits"] == []
    assert code_of(api(me).get("/v2/deposits", {"region": "XX"})) == (400, "INVALID_REGION")


def test_an_expired_deposit_is_told_as_expired(me: Any, sandbox: Sandbox) -> None:
    factories.channel()
    placed(me)
    past = timezone.now() - timedelta(seconds=1)
    Deposit.objects.update(expires_at=past)
    Payment.objects.update(expires_at=past, not_before=past)
    assert expiry.expire_due() == 1
    (row,) = listed(me)["deposits"]
    assert row["status"] == "EXPIRED"
