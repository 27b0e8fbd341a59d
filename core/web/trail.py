"""Every request has an id, which stands in its answer and in every line of the log that it caused."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core import away
from core.errors import Refused
from core.logs import trace_id
from core.web import errors
from core.web.envelope import refusal_of

logger = logging.getLogger("gerbang.request")
_FIT = re.compile(r"[A-Za-z0-9-]{8,64}")
SLOW_S = 1.0


class Trail:
    """Middleware: gives the request its id, and logs what moved something, failed or took long; reads are only counted
    (core.health.metrics), since a line for each would cost more than a ready answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if given and _FIT.fullmatch(given) else secrets.token_hex(8)
        mark = trace_id.set(name)
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = name
            took = time.perf_counter() - begun
            if response.status_code >= 500 or took > SLOW_S or request.method not in ("GET", "HEAD", "OPTIONS"):
                # The path alone: queries hold tokens and contact data.
                logger.info(
                    "%s %s",
                    request.method,
                    request.path_info,
                    extra={"status": response.status_code, "ms": round(took * 1000, 1)},
                )
            return response
        finally:
            trace_id.reset(mark)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponseBase | None:
        """A refusal that a view let through, or a database that is away, as the envelope or the page that says it."""
        if not (isinstance(problem, Refused) or away.is_of_the_server(problem)):
            return None
        refusal = refusal_of(problem)
        return errors.refused(request, refusal) if refusal else None
