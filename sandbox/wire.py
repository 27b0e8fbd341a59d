"""Answers of the sandbox, and the ways in which an answer can fail to arrive."""

import contextlib
import json
import socket
import time
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def iso_seconds(ms: int) -> str:
    """`2026-06-26T12:00:00Z`."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(ms: int) -> str:
    """`2026-06-26T12:00:00.000Z`."""
    return f"{iso_seconds(ms)[:-1]}.{ms % 1000:03d}Z"


def parse_iso(text: str) -> int | None:
    """Milliseconds of an ISO 8601 time (without an offset: UTC), or None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def major(cents: int, currency: str = "") -> int | float:
    """An amount in hundredths as the JSON number in major units that the parties send."""
    return cents // 100 if cents % 100 == 0 and currency != "USD" else round(cents / 100, 2)


def decimal(cents: int) -> str:
    """An amount in hundredths as text with two decimals: `44.90`."""
    return f"{cents // 100}.{cents % 100:02d}"


def answer(data: Any, status: int = 200) -> HttpResponse:
    """`data` as JSON in UTF-8."""
    body = json.dumps(data, ensure_ascii=False).encode()
    return _meant(HttpResponse(body, content_type="application/json", status=status))


def _meant(response: HttpResponse) -> HttpResponse:
    """Keeps Django from logging a failure that a fault asked for."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def raw_json(body: bytes) -> HttpResponse:
    """JSON that was made before."""
    return HttpResponse(body, content_type="application/json")


def json_object(request: HttpRequest) -> dict[str, Any] | None:
    """The body as a JSON object; None when it is not one."""
    try:
        data = json.loads(request.body)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def pause(ms: float) -> None:
    """Holds this answer back."""
    if ms > 0:
        time.sleep(ms / 1000)


def cut(request: HttpRequest) -> HttpResponse:
    """Closes the TCP connection before any byte of an answer. What is returned reaches nobody."""
    connection: socket.socket | None = request.META.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # the client may have gone first
            connection.shutdown(socket.SHUT_RDWR)
    return _meant(HttpResponse(status=500))


def garbled(data: Any) -> HttpResponse:
    """The first half of the JSON, with a status and length that pretend it is whole."""
    body = json.dumps(data, ensure_ascii=False)
    return HttpResponse(body[: len(body) // 2].encode(), content_type="application/json")


def bad_gateway() -> HttpResponse:
    """What a proxy in front of a party answers when the party is away."""
    page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    return _meant(HttpResponse(page, content_type="text/html", status=502))
