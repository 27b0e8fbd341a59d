"""One HTTP call to a gateway, and what its failing says: surely nothing was made, or nobody knows.

Nothing here is ever sent twice; an answer that was lost is the caller's to judge.
"""

from __future__ import annotations

import json as stdjson
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

import requests

from core.money import Money, NotAnAmount
from payments.gateways.base import GatewayNotReached, GatewayUnavailable

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 15.0
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is None where it is no JSON object."""

    status: int
    body: dict[str, Any] | None


#: Told of every call that has ended: which gateway, after how many seconds, and whether it answered as it should.
Listener = Callable[[str, float, bool], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """From now on `listener` hears of every call. It must neither raise nor take long."""
    if listener not in _listeners:
        _listeners.append(listener)


def call(
    party: str,
    method: str,
    url: str,
    *,
    json: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Answer:
    """The gateway's answer, whatever its status below 500; `party` is the gateway's code.

    Raises GatewayNotReached where no connection came about or the call was turned away unread (429), and
    GatewayUnavailable for everything else that leaves open what was made: time-out, reset, redirect, 5xx.
    """
    begun, is_fine = time.perf_counter(), False
    try:
        answer = _exchange(method, url, json, headers, auth)
        is_fine = True
        return answer
    finally:
        for listener in _listeners:
            listener(party, time.perf_counter() - begun, is_fine)


def _exchange(
    method: str,
    url: str,
    json: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    auth: tuple[str, str] | None,
) -> Answer:
    try:
        response = _session().request(
            method,
            url,
            json=json,
            headers={"Accept": "application/json", **(headers or {})},
            auth=auth,
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            allow_redirects=False,
        )
    except requests.ConnectTimeout as problem:
        raise GatewayNotReached("no connection in time") from problem
    except requests.ConnectionError as problem:
        # Refused, name unknown: no request left the house. Anything else broke off on the way.
        if "NewConnectionError" in repr(problem) or "NameResolutionError" in repr(problem):
            raise GatewayNotReached("no connection") from problem
        raise GatewayUnavailable(type(problem).__name__) from problem
    except requests.RequestException as problem:
        raise GatewayUnavailable(type(problem).__name__) from problem
    if response.status_code == 429:
        raise GatewayNotReached("429: too many calls")
    if response.status_code >= 500 or 300 <= response.status_code < 400:
        raise GatewayUnavailable(f"HTTP {response.status_code}")
    return Answer(response.status_code, read_object(response.content))


def read_object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object that `raw` is, with fractions as Decimal; None when it is none, or nested too deeply."""
    try:
        value = stdjson.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text(value: Any, most: int = 300) -> str:
    """The value if it is text, cut at `most`, without NUL and lone surrogates (no column holds them); else nothing."""
    return value[:most].encode(errors="replace").decode().replace("\0", "") if isinstance(value, str) else ""


def money(value: Any, currency: Any) -> Money:
    """An amount in major units, number or text. Raises GatewayUnavailable for what is none: it says nothing."""
    try:
        return Money.of(value if isinstance(value, int) else Decimal(str(value)), text(currency).upper())
    except (NotAnAmount, ArithmeticError) as problem:
        raise GatewayUnavailable(f"an amount that is none: {value!r} {currency!r}") from problem


def moment(value: Any, zone: tzinfo) -> datetime | None:
    """A time as gateways write it, in `zone` where it names none; None for what is no time."""
    try:
        read = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = requests.Session()
        session.trust_env = False
        _local.session = session
    return session
