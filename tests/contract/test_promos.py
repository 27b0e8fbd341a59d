"""API §16 and §17: every example, and why a code does not hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from storefront.promos import services
from storefront.promos.models import Promo
from tests.storefront import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("goods")]

ASK = {
    "promoCode": "WELCOME10",
    "productCode": "MLBB",
    "skuCode": "MLBB_172",
    "paymentCode": "QRIS",
    "region": "ID",
    "account": {"userId": "656696292", "serverId": "8610"},
}


@pytest.fixture
def goods() -> None:
    mlbb = factories.mlbb()
    factories.sku("MLBB_172", of=mlbb)
    factories.sku("MLBB_86", of=mlbb, prices={"ID": (24750, 25000)}, name="86 Diamonds")
    factories.channel("QRIS")
    factories.channel("DANA", fee_percent="1.5")
    factories.promo(
        note={"id": "Berlaku untuk semua produk", "en": "For all products"},
        max_daily_usage=100,
        max_usage=10000,
        max_usage_per_id=1,
        max_usage_per_device=1,
        max_usage_per_ip=1,
        expires_at=datetime(2099, 12, 31, 16, 59, 59, tzinfo=UTC),
    )


@pytest.fixture
def mlbb50() -> Promo:
    promo = factories.promo(
        "MLBB50",
        title={"id": "Cashback 50% Mobile Legends"},
        percent=50,
        min_minor=40000,
        max_discount_minor=50000,
        days=["MON", "WED", "FRI"],
    )
    promo.products.add(factories.mlbb())
    promo.channels.add(factories.channel("DANA"))
    return promo


def validate(client: Client, language: str = "en", **change: Any) -> Any:
    return client.post(
        "/v2/promos/validate", ASK | change, content_type="application/json", headers={"accept-language": language}
    )


def refusal(answer: Any) -> tuple[str, str]:
    error = answer.json()["error"]
    return error["code"], error.get("details", "")


def test_the_list_says_all_that_the_document_says(client: Client, mlbb50: Promo) -> None:
    services.take(factories.promo().pk, "GATE1", "t", "d", "a", timezone.now())
    answer = client.get("/v2/promos", {"region": "ID", "productCode": "MLBB"}, headers={"accept-language": "id"})
    assert answer.status_code == 200
    welcome, half = answer.json()["data"]
    assert welcome == {
        "code": "WELCOME10",
        "title": "Diskon 10% Pengguna Baru",
        "description": "",
        "products": [],
        "paymentChannels": [],
        "daysAvailable": [],
        "maxDailyUsage": 100,
        "maxUsage": 10000,
        "maxUsagePerId": 1,
        "maxUsagePerDevice": 1,
        "maxUsagePerIp": 1,
        "expiredAt": "2099-12-31T23:59:59+07:00",
        "minAmount": 50000,
        "maxPromoAmount": 10000,
        "promoFlat": 0,
        "promoPercentage": 10,
        "isAvailable": True,
        "note": "Berlaku untuk semua produk",
        "totalUsage": 1,
        "totalDailyUsage": 1,
    }
    assert half["products"] == [{"code": "MLBB", "name": "Mobile Legends"}]
    assert half["paymentChannels"] == [{"code": "DANA", "name": "DANA"}]
    assert half["daysAvailable"] == ["MON", "WED", "FRI"]
    assert half["expiredAt"] is None


def test_the_list_leaves_out_what_is_over_unlisted_or_for_others(client: Client) -> None:
    factories.product("PUBGM")
    other = factories.promo("PUBG5")
    other.products.add(factories.product("PUBGM"))
    factories.promo("OVER", expires_at=timezone.now() - timedelta(days=1))
    factories.promo("SECRET", is_listed=False)
    factories.promo("OFF", is_active=False)
    factories.promo("MYR5", where="MY")
    full = factories.promo("FULL", max_usage=1)
    services.take(full.pk, "GATE1", "t", "d", "a", timezone.now())
    listed = client.get("/v2/promos", {"region": "ID", "productCode": "MLBB"}).json()["data"]
    assert {promo["code"]: promo["isAvailable"] for promo in listed} == {"WELCOME10": True, "FULL": False}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "VALIDATION_ERROR"),
        ({"productCode": "MLBB"}, 422, "VALIDATION_ERROR"),
        ({"region": "XX", "productCode": "MLBB"}, 400, "INVALID_REGION"),
        ({"region": "ID", "productCode": "NOBODY"}, 404, "NOT_FOUND"),
    ],
)
def test_what_the_list_needs(client: Client, query: dict[str, str], status: int, code: str) -> None:
    answer = client.get("/v2/promos", query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_list_ignores_a_bearer(client: Client) -> None:
    answer = client.get(
        "/v2/promos", {"region": "ID", "productCode": "MLBB"}, headers={"authorization": "Bearer whatever"}
    )
    assert answer.status_code == 200


def test_the_valid_example(client: Client) -> None:
    answer = validate(client, "id")
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "promoCode": "WELCOME10",
            "discountAmount": 4945,
            "originalAmount": 49450,
            "finalAmount": 44505,
            "promoDetails": {
                "title": "Diskon 10% Pengguna Baru",
                "promoPercentage": 10,
                "maxPromoAmount": 10000,
            },
        }
    }


def test_validating_takes_nothing(client: Client) -> None:
    for _ in range(3):
        assert validate(client).status_code == 200
    assert factories.promo().used == 0


def test_a_code_is_known_in_any_case_and_without_account(client: Client) -> None:
    body = {key: value for key, value in ASK.items() if key != "account"} | {"promoCode": " welcome10 "}
    assert client.post("/v2/promos/validate", body, content_type="application/json").status_code == 200


def test_an_ended_promo_tells_when_it_ended_in_the_readers_words_and_the_regions_day(client: Client) -> None:
    # 30 November in Jakarta, still 29 November in UTC.
    Promo.objects.filter(code="WELCOME10").update(expires_at=datetime(2025, 11, 29, 18, 0, tzinfo=UTC))
    answer = validate(client, "id")
    assert answer.status_code == 400
    code, details = refusal(answer)
    assert code == "PROMO_EXPIRED"
    assert "30 November 2025" in details
    Promo.objects.filter(code="WELCOME10").update(expires_at=datetime(2025, 5, 1, 0, 0, tzinfo=UTC))
    assert "1 Mei 2025" in refusal(validate(client, "id"))[1]
    assert "1 May 2025" in refusal(validate(client, "en"))[1]


def test_an_unknown_code(client: Client) -> None:
    answer = validate(client, promoCode="NOPE")
    assert (answer.status_code, refusal(answer)[0]) == (404, "PROMO_NOT_FOUND")


def test_a_switched_off_code_is_not_known(client: Client) -> None:
    Promo.objects.filter(code="WELCOME10").update(is_active=False)
    assert refusal(validate(client))[0] == "PROMO_NOT_FOUND"


def test_the_minimum_is_held_against_the_list_price(client: Client) -> None:
    code, details = refusal(validate(client, skuCode="MLBB_86"))
    assert code == "PROMO_NOT_APPLICABLE"
    assert "Rp50.000" in details
    assert validate(client, skuCode="MLBB_86", quantity=2).json()["data"]["discountAmount"] == 4950


@time_machine.travel(datetime(2025, 12, 3, 5, 0, tzinfo=UTC), tick=False)  # a Wednesday
def test_product_and_channel(client: Client, mlbb50: Promo) -> None:
    assert validate(client, promoCode="MLBB50", paymentCode="DANA").json()["data"]["discountAmount"] == 24725
    assert refusal(validate(client, promoCode="MLBB50")) == ("PROMO_NOT_APPLICABLE", "It is for other ways to pay.")
    pubgm = factories.product("PUBGM")
    factories.sku("PUBGM_1800", of=pubgm, prices={"ID": (400000, 425000)})
    other = validate(client, promoCode="MLBB50", paymentCode="DANA", productCode="PUBGM", skuCode="PUBGM_1800")
    assert refusal(other) == ("PROMO_NOT_APPLICABLE", "It is for other products.")


def test_days_turn_at_midnight_of_the_region(client: Client, mlbb50: Promo) -> None:
    """F25: Wednesday in Jakarta begins on Tuesday at 17:00 UTC."""
    with time_machine.travel(datetime(2025, 12, 2, 16, 59, 59, tzinfo=UTC), tick=False):
        code, details = refusal(validate(client, promoCode="MLBB50", paymentCode="DANA"))
        assert (code, details) == ("PROMO_NOT_APPLICABLE", "It holds on Monday, Wednesday, Friday only.")
    with time_machine.travel(datetime(2025, 12, 2, 17, 0, tzinfo=UTC), tick=False):
        assert validate(client, promoCode="MLBB50", paymentCode="DANA").status_code == 200


def test_a_promo_of_another_region_level_or_time(client: Client) -> None:
    factories.promo("MYR5", where="MY")
    factories.promo("ROYAL", levels=["ROYAL"])
    factories.promo("SOON", starts_at=timezone.now() + timedelta(days=1))
    for code in ("MYR5", "ROYAL", "SOON"):
        assert refusal(validate(client, promoCode=code))[0] == "PROMO_NOT_APPLICABLE"


@pytest.mark.parametrize("cap", ["max_usage", "max_daily_usage"])
def test_a_promo_without_free_slots(client: Client, cap: str) -> None:
    limit: dict[str, Any] = {cap: 1}
    promo = factories.promo("SOLDOUT10", **limit)
    services.take(promo.pk, "GATE1", "t", "d", "a", timezone.now())
    answer = validate(client, promoCode="SOLDOUT10")
    assert (answer.status_code, refusal(answer)[0]) == (400, "PROMO_LIMIT_REACHED")
    services.release("GATE1")
    assert validate(client, promoCode="SOLDOUT10").status_code == 200


def test_what_is_bought_has_to_exist(client: Client) -> None:
    assert refusal(validate(client, skuCode="NOPE"))[0] == "NOT_FOUND"
    assert refusal(validate(client, paymentCode="NOPE"))[0] == "INVALID_PAYMENT_METHOD"
    assert refusal(validate(client, region="XX"))[0] == "INVALID_REGION"
    no_account = validate(client, account="656696292")
    assert list(no_account.json()["error"]["fields"]) == ["account"]
