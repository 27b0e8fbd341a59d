"""What can go wrong with a merchant's call, at every gateway alike; each refuses in its own words."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox.state import faults
from sandbox.wire import answer, cut, garbled, pause


def read(request: HttpRequest) -> None:
    """The body has come in, also where nobody looks at it: what stays unread stalls the connection's next call."""
    _ = request.body


def happen(*, error: Exception, too_often: Exception) -> None:
    """The call was held back as long as the faults say. Raises `error` or `too_often` where they want it."""
    pause(faults.number("gateway", "delay_ms"))
    if faults.happens("gateway", "error"):
        raise error
    if faults.happens("gateway", "http_429"):
        raise too_often


def before_making(request: HttpRequest, *, unavailable: Exception) -> HttpResponse | None:
    """The faults that hit a call before it makes anything: an answer that reaches nobody, or `unavailable` raised."""
    if faults.happens("gateway", "lose_request"):
        return cut(request)
    if faults.happens("gateway", "unavailable"):
        raise unavailable
    return None


def made(request: HttpRequest, told: dict[str, Any], status: int) -> HttpResponse:
    """The answer of a call that has made something, or what a fault leaves of it."""
    if faults.happens("gateway", "lose_reply"):
        return cut(request)
    if faults.happens("gateway", "garbled"):
        return garbled(told)
    return answer(told, status)
