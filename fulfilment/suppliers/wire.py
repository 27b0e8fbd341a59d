"""HTTP as suppliers need it: one purchase sent at most once, and whether a failure came before any byte was sent.

A purchase goes by the standard library alone, where connecting and sending are two steps; all else by requests.
"""

from __future__ import annotations

import json as stdjson
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from json import dumps
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

CONNECT_SECONDS = 5.0
_MOST_BYTES = 4_000_000
_CHUNK = 16_384
_kept = threading.local()


class NotSent(Exception):
    """No connection came about: the other side never saw the request."""


class NoAnswer(Exception):
    """The request may have been seen; no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    clock: datetime | None  # the Date header
    retry_after: float | None = None  # the Retry-After header, where it is a number of seconds


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy from the environment would answer in the supplier's place
    adapter = HTTPAdapter(max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def once(method: str, url: str, *, headers: dict[str, str], json: Any, read_seconds: float) -> Answer:
    """Sends over a connection of its own, never twice. Raises NotSent or NoAnswer.

    A pooled connection that the other side has just closed fails after the bytes went out, which leaves an outcome
    unknown for nothing; a new one fails before. Until it stands (name, address, TLS) nothing of the request is sent.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    line = _line(parts)
    deadline = time.monotonic() + CONNECT_SECONDS + read_seconds
    try:
        try:
            line.connect()
            assert line.sock is not None
            line.sock.settimeout(read_seconds)
        except (OSError, UnicodeError) as problem:
            raise NotSent(f"{type(problem).__name__}: {problem}") from problem
        try:
            sent = {"Content-Type": "application/json", "Connection": "close"} | headers
            line.request(method, target, dumps(json).encode(), sent)
            response = line.getresponse()
            return _answer(response.status, _whole(response, deadline), response.headers)
        except (OSError, HTTPException) as problem:
            raise NoAnswer(f"{type(problem).__name__}: {problem}") from problem
    finally:
        line.close()


def _line(parts: SplitResult) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=CONNECT_SECONDS, context=_authorities())
    return HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)


@cache
def _authorities() -> ssl.SSLContext:
    """Whom we trust to name a supplier; reading them anew for every purchase takes longer than all the rest of it."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def _whole(response: HTTPResponse, deadline: float) -> bytes:
    """The body, up to the end that the other side announced. Raises NoAnswer where it ends before, or is too long."""
    left = response.length
    parts, size = [], 0
    while left is None or size < left:
        part = response.read1(_CHUNK if left is None else min(_CHUNK, left - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
        _bear(size, deadline)
    if left is not None and size < left:
        raise NoAnswer(f"the answer broke off after {size} of {left} bytes")
    return b"".join(parts)


def read(method: str, url: str, *, headers: dict[str, str], read_seconds: float, **what: Any) -> Answer:
    """For calls that change nothing: over a kept connection, once more where that one had gone stale."""
    session: requests.Session | None = getattr(_kept, "session", None)
    if session is None:
        session = _kept.session = _session()
    begun = time.monotonic()
    try:
        return _call(session, method, url, headers=headers, read_seconds=read_seconds, **what)
    except NoAnswer:
        if time.monotonic() - begun > 1:
            raise
        return _call(session, method, url, headers=headers, read_seconds=read_seconds, **what)


def _call(session: requests.Session, method: str, url: str, *, read_seconds: float, **what: Any) -> Answer:
    deadline = time.monotonic() + CONNECT_SECONDS + read_seconds
    try:
        with session.request(
            method, url, timeout=(CONNECT_SECONDS, read_seconds), allow_redirects=False, stream=True, **what
        ) as response:
            return _answer(response.status_code, _body(response, deadline), response.headers)
    except requests.exceptions.ConnectTimeout as problem:
        raise NotSent(str(problem)) from problem
    except requests.exceptions.RequestException as problem:
        if _came_before_sending(problem):
            raise NotSent(str(problem)) from problem
        raise NoAnswer(str(problem)) from problem
    except OSError as problem:
        raise NoAnswer(str(problem)) from problem


def _answer(status: int, body: bytes, headers: Mapping[str, str] | HTTPMessage) -> Answer:
    text = body.decode("utf-8", errors="replace")
    return Answer(status, text, _clock(headers.get("Date", "")), _seconds(headers.get("Retry-After", "")))


def _body(response: requests.Response, deadline: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(_CHUNK):
        parts.append(part)
        size += len(part)
        _bear(size, deadline)
    return b"".join(parts)


def _bear(size: int, deadline: float) -> None:
    # The read time-out starts anew with every byte: a trickle must not hold a worker for ever.
    if size > _MOST_BYTES or time.monotonic() > deadline:
        raise NoAnswer("the answer was too long or too slow")


def parsed(text: str) -> Any:
    """What the JSON says, with fractions as Decimal; None where it is none, or nested deeper than anybody reads."""
    try:
        return stdjson.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def plain(value: Any) -> str:
    """The value as text: ids come as strings, here and there as numbers. Nothing for what is neither, and without NUL
    and lone surrogates, which no column holds."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return str(value).encode(errors="replace").decode().replace("\x00", "").strip()


def _came_before_sending(problem: requests.exceptions.RequestException) -> bool:
    """Whether it is sure that nothing was sent: refused, no such name, a certificate that does not hold."""
    seen: BaseException | None = problem
    for _ in range(6):
        if seen is None:
            return False
        if isinstance(seen, NewConnectionError | ConnectTimeoutError | ssl.SSLCertVerificationError):
            return True
        inner = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        seen = inner if isinstance(inner, BaseException) else seen.__cause__
    return False


def _seconds(header: str) -> float | None:
    return float(header) if header.isascii() and header.isdigit() and len(header) < 7 else None


def _clock(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
