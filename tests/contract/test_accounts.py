"""API §13: every example, and what the document promises around them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.storefront import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox", "goods")]

MLBB = {"productCode": "MLBB", "userId": "656696292", "zoneId": "8610"}


@pytest.fixture
def goods() -> None:
    factories.mlbb()
    factories.product(
        "DANA",
        name="DANA",
        player_field="phoneNumber",
        zone_field="",
        fields=factories.PHONE_FIELDS,
    )
    factories.phone_product("TELKOMSEL", name="Telkomsel")
    factories.phone_product("BYU", name="By.U", slug="byu")
    factories.prefixes()


def ask(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post("/v2/account/inquiries", body, content_type="application/json", headers=headers)


def test_the_mobile_legends_example(client: Client) -> None:
    answer = ask(client, MLBB)
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "product": {"name": "Mobile Legends", "code": "MLBB"},
            "account": {"region": "ID", "nickname": "り い こ ✧"},
        }
    }


def test_the_dana_example_has_no_name_to_tell(client: Client) -> None:
    answer = ask(client, {"productCode": "DANA", "phoneNumber": "081234567890"})
    assert answer.json() == {
        "data": {"product": {"name": "DANA", "code": "DANA"}, "account": {"region": "ID", "nickname": None}}
    }


def test_account_not_found(client: Client) -> None:
    answer = ask(client, MLBB | {"userId": "000123456"}, accept_language="en")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "ACCOUNT_NOT_FOUND"
    assert error["message"]
    assert "000123456" in error["details"]


def test_a_by_u_number_under_telkomsel_is_sent_to_by_u(client: Client) -> None:
    answer = ask(client, {"productCode": "TELKOMSEL", "phoneNumber": "085155123456"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "INCONSISTENT_PROVIDER"
    assert "By.U" in error["message"]
    assert error["suggestion"] == {"productCode": "BYU", "productName": "By.U", "productSlug": "byu"}


def test_a_number_sent_as_a_json_number_is_an_id_but_no_phone(client: Client) -> None:
    assert (
        ask(client, MLBB | {"userId": 656696292, "zoneId": 8610}).json()["data"]["account"]["nickname"] == "り い こ ✧"
    )
    refused = ask(client, {"productCode": "DANA", "phoneNumber": 81234567890})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["phoneNumber"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"userId": ""}, {"userId"}),
        ({"userId": "12a"}, {"userId"}),
        ({"userId": "1" * 13}, {"userId"}),
        ({"userId": 1.5}, {"userId"}),
        ({"userId": True}, {"userId"}),
        ({"userId": None, "zoneId": ["8610"]}, {"userId", "zoneId"}),
        ({"serverId": "8610"}, {"serverId"}),
        ({"productCode": ""}, {"productCode"}),
        ({"productCode": 7}, {"productCode"}),
    ],
)
def test_every_wrong_input_is_named(client: Client, change: dict[str, Any], named: set[str]) -> None:
    answer = ask(client, MLBB | change)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert set(error["fields"]) == named


def test_region_rules(client: Client) -> None:
    assert ask(client, MLBB | {"region": "ID"}).status_code == 200
    unknown = ask(client, MLBB | {"region": "XX"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "INVALID_REGION")
    factories.region("MY")
    not_there = ask(client, MLBB | {"region": "MY"})
    assert (not_there.status_code, not_there.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_unknown_products_malformed_bodies_and_bearers_stay_in_the_envelope(client: Client) -> None:
    unknown = ask(client, {"productCode": "NOBODY"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "NOT_FOUND")
    malformed = client.post("/v2/account/inquiries", "{", content_type="application/json")
    assert malformed.status_code == 400
    assert malformed.json()["error"]["code"]
    no_object = client.post("/v2/account/inquiries", "[]", content_type="application/json")
    assert no_object.status_code == 422
    get = client.get("/v2/account/inquiries")
    assert (get.status_code, get.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    bearer = ask(client, MLBB, authorization="Bearer nothing")
    assert (bearer.status_code, bearer.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_too_many_checks_from_one_address_are_slowed_down(client: Client) -> None:
    for _ in range(60):
        ask(client, {"productCode": "DANA", "phoneNumber": "081234567890"})
    answer = ask(client, {"productCode": "DANA", "phoneNumber": "081234567890"})
    if answer.status_code == 200:  # a minute began in between
        answer = [ask(client, {"productCode": "DANA", "phoneNumber": "081234567890"}) for _ in range(60)][-1]
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer["Retry-After"]) <= 60
