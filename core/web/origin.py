"""Posts that need no session and move nothing (quote, account check): they must come from the shop's own pages.

A CSRF token would need a cookie, and a cookie would keep the page from being served ready to all. What the browser
itself says about where a request comes from cannot be forged by another site's page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from core.errors import Refused

View = Callable[..., HttpResponseBase]


def is_own(request: HttpRequest) -> bool:
    """False where the browser says that another site sent it. Clients that say nothing are no browsers."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        referer = request.headers.get("Referer")
        if not referer:
            return True
        parts = urlsplit(referer)
        origin = f"{parts.scheme}://{parts.netloc}"
    public = urlsplit(settings.PUBLIC_BASE_URL)
    own = {f"{public.scheme}://{public.netloc}", f"{request.scheme}://{request.get_host()}"}
    return origin in own


def own_pages_only(view: View) -> View:
    """Decorates a view whose POST asks for no CSRF token: what another site's page sends is refused (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD", "OPTIONS") and not is_own(request):
            raise Refused("FORBIDDEN", _("Please do this on our own pages."))
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)
