"""Answers where no view gave one: unknown address, not allowed, our own mistake. Envelope under /v2, a page elsewhere.

config.urls names these as handler400 to handler500, settings as CSRF_FAILURE_VIEW.
"""

from __future__ import annotations

import logging
import re
import sys

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from core import away
from core.errors import Refused, not_found
from core.logs import trace_id
from core.web.envelope import broken, enveloped, is_api, refusal_of, unavailable
from core.web.language import language_of

logger = logging.getLogger(__name__)
_SHOP = re.compile(r"^/([a-z]{2})-([a-z]{2})(?:/|$)")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(request, not_found())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(request, Refused("FORBIDDEN", _("You may not do that."), status=403))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    refusal = refusal_of(exception or SuspiciousOperation())
    return refused(request, refusal or Refused("MALFORMED_REQUEST", _("The request could not be read.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old, or was sent by another site's page."""
    logger.warning("form refused: %s", reason)
    text = _("This page has been open for too long. Please go back, reload it and try again. Nothing was charged.")
    return refused(request, Refused("FORBIDDEN", text, status=403))


def broken_inside(request: HttpRequest) -> HttpResponse:
    """Our own mistake; or the database went away where no view stands, e.g. while the session was saved."""
    problem = sys.exception()
    if problem is not None and away.is_of_the_server(problem):
        return refused(request, unavailable())
    return refused(request, broken(trace_id.get()))


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """What a caller sees of `refusal`: the envelope, or the page 404.html, 500.html or error.html."""
    if is_api(request):
        return enveloped(request, refusal)
    shop = _SHOP.match(request.path_info)
    language = shop[1] if shop and shop[1] in dict(settings.LANGUAGES) else language_of(request)
    template = {404: "404.html", 500: "500.html"}.get(refusal.status, "error.html")
    with translation.override(language):
        context = {
            "status": refusal.status,
            "code": refusal.code,
            "message": str(refusal.message),
            "details": str(refusal.details),
            "language": language,
            "region_code": shop[2].upper() if shop else "",
            "shop_path": f"/{shop[1]}-{shop[2]}/" if shop else "/",
            "request_id": trace_id.get(),
            "shop": settings.SHOP_NAME,
            "path": request.path_info,
        }
        try:
            # Without the request: an error page must not need a session, a user or the database.
            html = str(render_to_string(template, context))
        except TemplateDoesNotExist:
            html = f"<!doctype html><title>{escape(refusal.status)}</title><p>{escape(str(refusal.message))}</p>"
    headers = {"Cache-Control": "no-store", **refusal.headers}
    return HttpResponse(html, status=refusal.status, headers=headers)
