"""What every call under /v2 shares: the envelope, exact numbers, language, the bearer rule."""

import json

import pytest
from django.test import Client

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.django_db]


def error_of(response, status: int, code: str) -> dict:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    return body["error"]


def test_amounts_are_numbers_and_times_are_jakarta_time(client: Client) -> None:
    response = client.get("/v2/echo")
    assert response["Content-Type"] == "application/json"
    assert response.json()["data"] == {
        "idr": 44851,
        "myr": 12.5,
        "average": 41666.67,
        "whole": 1,
        "at": "2025-12-31T23:59:59+07:00",
        "nickname": "り い こ ✧",
    }
    assert b'"idr":44851,' in response.content
    assert "り い こ ✧".encode() in response.content


def test_fractions_arrive_as_decimals_and_texts_stay_texts(client: Client) -> None:
    response = client.post("/v2/echo", '{"a": 0.1, "b": 7, "c": "007"}', content_type="application/json")
    assert response.status_code == 201
    assert response.json()["data"] == {"a": "Decimal:0.1", "b": "int:7", "c": "str:007"}


@pytest.mark.parametrize("path", ["/v2/nothing", "/v2/", "/v2"])
def test_unknown_addresses(client: Client, path: str) -> None:
    error_of(client.get(path), 404, "NOT_FOUND")


def test_method_not_allowed_names_what_is(client: Client) -> None:
    response = client.delete("/v2/echo")
    error_of(response, 405, "METHOD_NOT_ALLOWED")


def test_other_media_types(client: Client) -> None:
    error_of(client.post("/v2/echo", {"a": "b"}), 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\xff"}',
        b'{"a": "\\u0000"}',
        b'{"\\ud800": 1}',
        b"[" * 30000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_unreadable_bodies(client: Client, body: bytes) -> None:
    response = client.post("/v2/echo", body, content_type="application/json")
    details = error_of(response, 400, "MALFORMED_REQUEST")["details"]
    assert details and "codec" not in details and "sys." not in details, "Python speaks"


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null"])
def test_a_body_that_is_no_object(client: Client, body: str) -> None:
    response = client.post("/v2/echo", body, content_type="application/json")
    assert list(error_of(response, 422, "VALIDATION_ERROR")["fields"]) == ["body"]


def test_a_body_larger_than_anything_needs(client: Client) -> None:
    body = json.dumps({"a": "x" * 70_000})
    error_of(client.post("/v2/echo", body, content_type="application/json"), 413, "PAYLOAD_TOO_LARGE")


def test_no_column_can_hold_nul(client: Client) -> None:
    assert "region" in error_of(client.get("/v2/shelf?region=%00"), 422, "VALIDATION_ERROR")["fields"]


def test_a_refusal_keeps_its_evidence(client: Client) -> None:
    error = error_of(client.get("/v2/refusing/refused"), 400, "SKU_UNAVAILABLE")
    assert error["details"] == "MLBB_1"
    assert error["suggestion"] == {"productCode": "BYU"}


def test_nested_inputs_are_named_by_their_path(client: Client) -> None:
    error = error_of(client.get("/v2/refusing/serializer"), 422, "VALIDATION_ERROR")
    assert error["fields"] == {"userId": "Too long.", "items.0.code": "Unknown."}


def test_django_s_404_is_an_envelope_too(client: Client) -> None:
    error_of(client.get("/v2/refusing/missing"), 404, "NOT_FOUND")


def test_our_own_mistake_tells_a_reference_and_nothing_else(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/v2/refusing/broken")
    error_of(response, 500, "INTERNAL_ERROR")
    assert b"a mistake of ours" not in response.content


@pytest.mark.parametrize("header", ["Bearer abc", "bearer", "Bearer "])
def test_no_bearer_is_known_yet(client: Client, header: str) -> None:
    response = client.get("/v2/echo", headers={"Authorization": header})
    error_of(response, 401, "UNAUTHORIZED")
    assert response["WWW-Authenticate"] == "Bearer"


def test_catalogue_reads_ignore_bearers(client: Client) -> None:
    assert client.get("/v2/shelf", headers={"Authorization": "Bearer abc"}).status_code == 200


def test_any_accept_header_gets_json(client: Client) -> None:
    assert client.get("/v2/echo?format=xml", headers={"Accept": "text/html"}).status_code == 200


def test_options_and_head(client: Client) -> None:
    assert client.options("/v2/echo").status_code == 204
    assert client.head("/v2/echo").status_code == 200


def test_errors_are_not_cached(client: Client) -> None:
    assert client.get("/v2/refusing/refused")["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "id"), ("en-GB,en;q=0.9", "en"), ("id", "id"), ("fr", "id"), ("*", "id"), ("x" * 999, "id")],
)
def test_language_by_accept_language(header: str, language: str, rf) -> None:
    from core.web.language import language_of

    assert language_of(rf.get("/v2/echo", headers={"Accept-Language": header} if header else {})) == language
