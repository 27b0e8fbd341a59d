"""Text that no column can hold is refused at the door of every page, as `core.web.api` does for the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core.errors import Refused, not_found
from core.web import errors
from core.web.envelope import is_api

NUL = "\0"


class Readable:
    """Middleware: a page never meets NUL in its address, query or form; PostgreSQL's driver would answer it with an
    exception. What brings its own reader of bodies (the API, the hooks) looks for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if is_api(request):
            return None
        if NUL in request.path_info:
            return errors.refused(request, not_found())
        is_query_bad = "%00" in request.META.get("QUERY_STRING", "") and _has_nul(request.GET)
        # Forms have been read by now: for their token.
        is_form = request.method == "POST" and not getattr(view, "csrf_exempt", False)
        if is_query_bad or (is_form and _has_nul(request.POST)):
            return errors.refused(request, Refused("MALFORMED_REQUEST", _("The request could not be read.")))
        return None


def _has_nul(sent: QueryDict) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in sent.lists())
