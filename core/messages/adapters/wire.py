"""One JSON call to a messenger's server. Errors never carry the address: Telegram's holds the key."""

from __future__ import annotations

from typing import Any

import requests

from core.messages.adapters.base import NotNow

_CONNECT_S, _READ_S = 5.0, 15.0


def post(url: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """(HTTP status, the answer's object). Raises NotNow where there is no answer, or none that can be read."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(url, json=body, headers=headers, timeout=(_CONNECT_S, _READ_S), allow_redirects=False)
    except requests.RequestException as problem:
        raise NotNow(type(problem).__name__) from None
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotNow(f"HTTP {answer.status_code}: not JSON")
    return answer.status_code, told
