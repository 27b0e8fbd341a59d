"""Calls from the outside world to the store: callbacks and webhooks."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

NO_ANSWER = 0


def post_json(
    url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, timeout_s: float = 10
) -> int:
    """Posts `body` as JSON, as `post_bytes` does."""
    return post_bytes(url, json.dumps(body, ensure_ascii=False).encode(), headers, timeout_s)


def post_bytes(url: str, body: bytes, headers: Mapping[str, str] | None = None, timeout_s: float = 10) -> int:
    """Posts once, on a new connection, following no redirect. Answers the HTTP status, or NO_ANSWER (0)."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    except (ValueError, http.client.HTTPException):  # an address that is none
        return NO_ANSWER
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(
            "POST",
            target,
            body,
            {"Content-Type": "application/json", "User-Agent": "sandbox", **(headers or {})},
        )
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, ValueError, http.client.HTTPException):
        return NO_ANSWER
    finally:
        connection.close()
