"""Who is asking: spoofed headers, proxies, devices."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.web.client import address_key, address_of, client_of, with_device

rf = RequestFactory()


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        # Nobody trusted stands between: what the header says is worth nothing.
        ("203.0.113.5", "10.9.9.9", ["127.0.0.1"], "203.0.113.5"),
        # One trusted proxy: the last hop is its word, everything left of it is the client's.
        ("127.0.0.1", "203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        # A chain of trusted proxies.
        ("127.0.0.1", "6.6.6.6, 203.0.113.5, 10.0.0.7", ["127.0.0.1", "10.0.0.0/8"], "203.0.113.5"),
        ("127.0.0.1", "10.0.0.8, 10.0.0.7", ["127.0.0.1", "10.0.0.0/8"], "10.0.0.8"),
        # Rubbish ends the walk at the last address that was sure.
        ("127.0.0.1", "203.0.113.5, rubbish", ["127.0.0.1"], "127.0.0.1"),
        ("127.0.0.1", "", ["127.0.0.1"], "127.0.0.1"),
        # One address in two spellings is one client.
        ("127.0.0.1", "::ffff:203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("::ffff:127.0.0.1", "203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("::1", "2001:DB8::0001", ["127.0.0.1", "::1"], "2001:db8::1"),
        ("", "203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("127.0.0.1", "1.1.1.1," * 60 + "203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
    ],
)
def test_address(settings, peer: str, forwarded: str, proxies: list[str], address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address_of(rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})) == address


def test_one_household_of_ipv6_is_one_client() -> None:
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")
    assert address_key("203.0.113.5") != address_key("203.0.113.6")
    assert "203.0.113.5" not in address_key("203.0.113.5")


def _with_cookie_of(answer: HttpResponse, **headers: str):
    request = rf.get("/", headers=headers)
    request.COOKIES["device"] = answer.cookies["device"].value
    return request


def test_the_browser_that_ordered_owns_what_it_ordered() -> None:
    request = rf.get("/")
    owner = client_of(request).owner_key
    answer = with_device(request, HttpResponse())
    assert answer.cookies["device"]["httponly"]
    assert answer.cookies["device"]["samesite"] == "Lax"
    back = _with_cookie_of(answer)
    assert client_of(back).owner_key == owner
    assert "device" not in with_device(back, HttpResponse()).cookies


def test_another_browser_owns_nothing() -> None:
    assert client_of(rf.get("/")).owner_key != client_of(rf.get("/")).owner_key


def test_a_forged_cookie_is_nobody() -> None:
    request = rf.get("/")
    request.COOKIES["device"] = "forged:value"
    client = client_of(request)
    assert client.device_key == ""
    assert "device" in with_device(request, HttpResponse()).cookies


def test_the_header_may_add_a_device_but_not_replace_the_cookie_s() -> None:
    first = rf.get("/")
    answer = with_device(first, HttpResponse())
    with_cookie = client_of(_with_cookie_of(answer))
    with_both = client_of(_with_cookie_of(answer, **{"X-Device-Id": "other"}))
    assert with_both.device_key == with_cookie.device_key
    with_header = client_of(rf.get("/", headers={"X-Device-Id": "phone"}))
    assert with_header.device_key == client_of(rf.get("/", headers={"X-Device-Id": "phone"})).device_key
    assert with_header.owner_key != client_of(rf.get("/", headers={"X-Device-Id": "phone"})).owner_key
