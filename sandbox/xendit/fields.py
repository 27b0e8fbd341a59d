"""Reading the fields of a request body, with Xendit's refusals."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from sandbox.wire import parse_iso
from sandbox.xendit.errors import Refused

VALIDATION = "API_VALIDATION_ERROR"


def text(body: dict[str, Any], name: str, low: int, high: int) -> str:
    """A required string of that many characters."""
    value = body.get(name)
    if not isinstance(value, str) or not low <= len(value) <= high:
        raise Refused(VALIDATION, f"{name} is required and must be a string of {low} to {high} characters")
    return value


def choice(body: dict[str, Any], name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    """One of the listed words."""
    value = body.get(name, default)
    if value not in allowed:
        raise Refused(VALIDATION, f"{name} must be one of [{', '.join(allowed)}]")
    return str(value)


def amount_cents(value: Any, currency: str, name: str, code: str = VALIDATION) -> int:
    """An amount in major units as hundredths; at most two decimals, rupiah whole."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise Refused(code, f"{name} must be a number greater than 0")
    cents = round(value * 100)
    if abs(cents - value * 100) > 1e-6 or (currency == "IDR" and cents % 100):
        raise Refused(code, f"{name} has too many decimals for {currency}")
    return cents


def return_url(properties: dict[str, Any], name: str, *, required: bool, code: str = VALIDATION) -> str:
    """An https address of 11 to 255 characters; on loopback http will do (a leniency of the sandbox)."""
    value = properties.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not 11 <= len(value) <= 255:
        raise Refused(code, f"{name} is required and must be a URL of 11 to 255 characters")
    parts = urlsplit(value)
    if not parts.hostname or (
        parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname))
    ):
        raise Refused(code, f"{name} must be an HTTPS URL")
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def moment_ms(value: Any, name: str, code: str = VALIDATION) -> int:
    """An ISO 8601 time in milliseconds."""
    ms = parse_iso(value) if isinstance(value, str) else None
    if ms is None:
        raise Refused(code, f"{name} must be an ISO 8601 date-time")
    return ms


def metadata(body: dict[str, Any], most: int, longest: int) -> None:
    """Refuses metadata beyond the documented limits."""
    given = body.get("metadata")
    if given is None:
        return
    fits = isinstance(given, dict) and len(given) <= most
    if not fits or any(len(str(key)) > 40 or len(str(value)) > longest for key, value in given.items()):
        raise Refused(VALIDATION, f"metadata may hold {most} keys of 40 and values of {longest} characters")
