"""Pages and envelopes where no view answered, request ids, posts from other sites, redacted logs."""

import json
import logging

import pytest
from django.http import HttpRequest
from django.test import Client

from core.logs import JsonLine, redact, trace_id
from core.web import errors

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _with_trail(settings) -> None:
    if "core.web.trail.Trail" not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = ["core.web.trail.Trail", *settings.MIDDLEWARE]


@pytest.mark.parametrize(
    ("path", "kind"), [("/v2/nothing", "application/json"), ("/id-id/nothing", "text/html; charset=utf-8")]
)
def test_unknown_addresses_by_kind_of_door(client: Client, path: str, kind: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, kind)


def test_a_page_s_error_speaks_the_page_s_language(client: Client) -> None:
    english, indonesian = client.get("/en-my/nothing"), client.get("/id-id/nothing")
    assert b'lang="en' in english.content
    assert b'lang="id' in indonesian.content


def test_a_broken_page_is_told_without_its_secret(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/broken")
    assert response.status_code == 500
    assert b"a mistake of ours" not in response.content


def test_a_refusal_no_page_caught(client: Client) -> None:
    response = client.get("/refusing")
    assert response.status_code == 400
    assert b"Sold out." in response.content


def test_csrf_failure_is_a_page(client: Client) -> None:
    request = HttpRequest()
    request.path_info = request.path = "/id-id/order"
    assert errors.csrf_failure(request, "no cookie").status_code == 403


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-12345678", True), ("short", False), ("x" * 65, False), ("a b\nc d e f g", False)]
)
def test_every_answer_has_an_id(client: Client, given: str, kept: bool) -> None:
    response = client.get("/v2/echo", headers={"X-Request-Id": given})
    assert (response["X-Request-Id"] == given) is kept
    assert response["X-Request-Id"]
    assert trace_id.get() == ""


def test_the_error_s_reference_is_the_request_s_id(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/v2/refusing/broken")
    assert response["X-Request-Id"] in response.json()["error"]["details"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Referer": "https://evil.example/x"}, 403),
        ({"Referer": "http://127.0.0.1:8000/id-id/"}, 200),
    ],
)
def test_posts_from_other_sites_are_refused(settings, headers: dict, status: int) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    client = Client(enforce_csrf_checks=True)
    assert client.post("/quote", {"a": "b"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer eyJhbGciOi.abc.def",
        "https://x/verify?token=abc123def",
        "X-API-KEY: gemgo_live_123456",
        '{"api_key": "sk_123456789"}',
        "xnd_development_abc123",
        "password=hunter22",
        "sari.dewi@example.com",
        "+6281234567890",
        "081234567890",
    ],
)
def test_logs_hold_no_secrets(secret: str) -> None:
    text = redact(f"before {secret} after")
    assert secret not in text
    assert text.startswith("before ")
    for kept in ("eyJhbGciOi", "abc123def", "123456789", "hunter22", "sari.dewi", "81234567890", "gemgo_live_123456"):
        assert kept not in text


def test_what_is_no_secret_stays_readable() -> None:
    text = "order GATE1A11ABCDEF123456789012 of 656696292 (8610) took 1200 ms at 2026-11-22T02:40:00"
    assert redact(text) == text


def test_a_line_is_one_json_object() -> None:
    record = logging.makeLogRecord(
        {"name": "gerbang", "levelname": "INFO", "msg": "paid by %s\nsecond", "args": ("a@b.example",), "status": 200}
    )
    mark = trace_id.set("abc")
    try:
        line = JsonLine().format(record)
    finally:
        trace_id.reset(mark)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["id"], said["status"], said["level"], said["from"]) == ("abc", 200, "INFO", "gerbang")
    assert said["text"] == "paid by a***@b.example\nsecond"
