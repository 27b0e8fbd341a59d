"""The language an answer is written in: by Accept-Language for the API, by the address for pages."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def language_of(request: HttpRequest) -> str:
    """The shop's language that the caller likes best; Indonesian where it names none of them (decisions, API)."""
    header: str = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    if not header:
        return settings.LANGUAGE_CODE
    return _preferred(header) if len(header) <= 200 else settings.LANGUAGE_CODE


@lru_cache(maxsize=1024)
def _preferred(header: str) -> str:
    for accepted, _ in parse_accept_lang_header(header):
        if accepted == "*":
            break
        try:
            return get_supported_language_variant(accepted)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
