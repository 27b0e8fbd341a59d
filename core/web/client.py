"""Who is asking: network address behind trusted proxies, and the device by header or signed cookie."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = TypeVar("Answer", bound=HttpResponseBase)
DEVICE_COOKIE = "device"
DEVICE_SECONDS = 2 * 365 * 24 * 3600
_SALT = "core.device"


@dataclass(frozen=True, slots=True)
class Client:
    """`address` in canonical text; `address_key` and `device_key` are hashes fit to be stored; `owner_key` is the
    hash of the signed cookie alone, which only the browser that gets it can show."""

    address: str
    address_key: str
    device_key: str
    owner_key: str


def digest(*parts: str) -> str:
    """A keyed hash of `parts` (64 hex digits): equal for equal input, worthless without the shop's secret."""
    material = "\x1f".join((settings.SECRET_KEY, *parts))
    return hashlib.sha256(material.encode()).hexdigest()


@cache
def _networks(proxies: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


def address_of(request: HttpRequest) -> str:
    """The nearest address in X-Forwarded-For that is not a trusted proxy's; the peer's own where it is not trusted."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if len(forwarded) > _LONGEST_REMEMBERED:
        return _address(peer, forwarded, tuple(settings.TRUSTED_PROXIES))
    return _remembered(peer, forwarded, tuple(settings.TRUSTED_PROXIES))


def _address(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    # A socket of the machine's own (an empty peer) is this machine.
    here = _parse(peer) or ipaddress.IPv4Address("127.0.0.1")
    trusted = _networks(proxies)
    if not any(here in network for network in trusted):
        return str(here)
    for hop in reversed(forwarded.split(",")):
        parsed = _parse(hop)
        if parsed is None:
            break
        here = parsed
        if not any(parsed in network for network in trusted):
            break
    return str(here)


# Parsing addresses costs more than a prebuilt answer; callers come again.
_LONGEST_REMEMBERED = 200
_remembered = lru_cache(maxsize=4096)(_address)


@lru_cache(maxsize=4096)
def address_key(address: str) -> str:
    """Hash of the address; of the /64 for IPv6, which one household or phone holds whole."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    return digest("address", address)


def _cookie_device(request: HttpRequest) -> str:
    raw = request.COOKIES.get(DEVICE_COOKIE, "")
    try:
        return str(signing.loads(raw, salt=_SALT)) if raw else ""
    except signing.BadSignature:
        return ""


def client_of(request: HttpRequest) -> Client:
    """Who sent `request`; the same answer for the whole of it.

    A browser that has no device yet is given one (`with_device` sends it), so that what is ordered now is its own.
    """
    known: Client | None = getattr(request, "known_client", None)
    if known is not None:
        return known
    address = address_of(request)
    cookie = _cookie_device(request)
    header = request.headers.get("X-Device-Id", "")[:200]
    # The header is the caller's own word: it may add a device to be counted against, never replace the cookie.
    device = cookie or header
    if not cookie:
        request.new_device = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
    client = Client(
        address=address,
        address_key=address_key(address),
        device_key=digest("device", device) if device else "",
        owner_key=digest("owner", cookie or request.new_device),  # type: ignore[attr-defined]
    )
    request.known_client = client  # type: ignore[attr-defined]
    return client


def with_device(request: HttpRequest, response: Answer) -> Answer:
    """The answer, carrying a signed device cookie where the browser had none."""
    client_of(request)
    new_device = getattr(request, "new_device", None)
    if new_device:
        response.set_cookie(
            DEVICE_COOKIE,
            signing.dumps(new_device, salt=_SALT),
            max_age=DEVICE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
