"""What the shop's own pages may load: themselves, and nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; frame-ancestors 'none'"
)
# The back office's theme brings scripts and styles of its own that stand in its pages.
_ELSEWHERE = ("/admin/",)


class ContentPolicy:
    """Middleware: every HTML page outside the back office carries the policy, unless it set one itself.

    Forms are not restricted: paying may lead over a redirect to a gateway's host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not request.path_info.startswith(_ELSEWHERE):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
