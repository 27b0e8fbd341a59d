"""The demo shop answers the document's examples, and its promos refuse as interfaces.md promises."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from demo.loading import load

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox", "demo")]

ORDER = {
    "productCode": "MLBB",
    "skuCode": "MLBB_172",
    "userId": "656696292",
    "zoneId": "8610",
    "quantity": 1,
    "paymentCode": "QRIS",
    "promoCode": "WELCOME10",
    "email": "user@example.com",
    "phoneNumber": "+6281234567890",
}


@pytest.fixture
def demo() -> None:
    load(timezone.now())


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type="application/json", headers={"accept-language": "id"})


def test_account_and_order_inquiry(client: Client) -> None:
    account = post(
        client, "/v2/account/inquiries", {key: ORDER[key] for key in ("productCode", "userId", "zoneId")}
    ).json()
    assert account == {
        "data": {
            "product": {"name": "Mobile Legends", "code": "MLBB"},
            "account": {"region": "ID", "nickname": "り い こ ✧"},
        }
    }
    order = post(client, "/v2/orders/inquiries", ORDER).json()["data"]["order"]
    assert order["product"] == {"code": "MLBB", "name": "Mobile Legends: Bang Bang"}
    assert order["sku"] == {"code": "MLBB_172", "name": "172 Diamonds", "quantity": 1}
    assert order["pricing"] == {"subtotal": 49450, "discount": 4945, "paymentFee": 346, "total": 44851}


def test_the_other_accounts_of_the_document(client: Client) -> None:
    dana = post(client, "/v2/account/inquiries", {"productCode": "DANA", "phoneNumber": "081234567890"})
    assert dana.json()["data"]["product"] == {"name": "DANA", "code": "DANA"}
    wrong = post(client, "/v2/account/inquiries", {"productCode": "TELKOMSEL", "phoneNumber": "085155123456"})
    assert wrong.json()["error"]["suggestion"] == {"productCode": "BYU", "productName": "By.U", "productSlug": "byu"}


@pytest.mark.parametrize(
    ("promo", "sku", "code"),
    [
        ("WELCOME10", "MLBB_86", "PROMO_NOT_APPLICABLE"),
        ("EXPIRED10", "MLBB_172", "PROMO_EXPIRED"),
        ("SOLDOUT10", "MLBB_172", "PROMO_LIMIT_REACHED"),
        ("NOPE", "MLBB_172", "PROMO_NOT_FOUND"),
    ],
)
def test_promos_that_refuse_say_so_at_both_doors(client: Client, promo: str, sku: str, code: str) -> None:
    order = ORDER | {"promoCode": promo, "skuCode": sku}
    assert post(client, "/v2/orders/inquiries", order).json()["error"]["code"] == code
    ask = {key: order[key] for key in ("promoCode", "productCode", "skuCode", "paymentCode")}
    assert post(client, "/v2/promos/validate", ask).json()["error"]["code"] == code


def test_the_promos_of_the_document_are_listed(client: Client) -> None:
    listed = client.get("/v2/promos", {"region": "ID", "productCode": "MLBB"}, headers={"accept-language": "id"}).json()
    promos = {promo["code"]: promo for promo in listed["data"]}
    assert promos["WELCOME10"]["title"] == "Diskon 10% Pengguna Baru"
    assert (promos["WELCOME10"]["minAmount"], promos["WELCOME10"]["maxPromoAmount"]) == (50000, 10000)
    assert promos["MLBB50"]["paymentChannels"] == [{"code": "DANA", "name": "DANA"}]
    assert promos["MLBB50"]["daysAvailable"] == ["MON", "WED", "FRI"]
    assert promos["MLBB50"]["expiredAt"].endswith("+07:00")
