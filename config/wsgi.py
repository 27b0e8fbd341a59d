"""What the web server serves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_store = get_wsgi_application()
_MOST_DRAINED = 1024 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The store. What a view left unread of a request's body is read away before its answer goes out.

    A refusal often needs no body (429, 405), but gunicorn's threads (seen with 26.2) then cut or hang the next
    request on the same connection.
    """
    answer: Iterable[bytes] = _store(environ, start_response)
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD") and environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
        drained = 0
        while drained < _MOST_DRAINED and (part := environ["wsgi.input"].read(65536)):
            drained += len(part)
    return answer
