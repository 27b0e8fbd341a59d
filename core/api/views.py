"""The OpenAPI documents and the pages made from them, once per process: code does not change while it runs."""

from __future__ import annotations

import hashlib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.web import json, openapi, throttle
from core.web.client import client_of
from core.web.openapi_settings import STAFF


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON."""
    return _ready(request, _schema(), "application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same document, readable; plain HTML without any script."""
    return _ready(request, _docs(), "text/html; charset=utf-8")


@require_safe
def staff_schema(request: HttpRequest) -> HttpResponse:
    """The same of the admin API."""
    return _ready(request, _schema(is_staff=True), "application/json")


@require_safe
def staff_docs(request: HttpRequest) -> HttpResponse:
    return _ready(request, _docs(is_staff=True), "text/html; charset=utf-8")


@cache
def _schema(*, is_staff: bool = False) -> bytes:
    return json.dumps(openapi.document(STAFF if is_staff else None))


@cache
def _docs(*, is_staff: bool = False) -> bytes:
    api = openapi.chapters(openapi.document(STAFF if is_staff else None))
    context = {"api": api, "shop": settings.SHOP_NAME, "prefix": "/admin/v2" if is_staff else "/v2"}
    with translation.override("en"):
        return render_to_string("core/docs.html", context).encode()


def _ready(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    client = client_of(request)
    throttle.check("reads", client.address_key, client.device_key)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    response = HttpResponse(body, content_type=content_type, headers={"ETag": etag, "Cache-Control": "no-cache"})
    return get_conditional_response(request, etag, None, response) or response
