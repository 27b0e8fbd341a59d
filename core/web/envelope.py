"""Every error of both APIs in one shape: {"error": {"code", "message", "details"?, "fields"?}} (API document)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from rest_framework import exceptions

from core import away
from core.errors import Refused, invalid, not_found
from core.web import json
from core.web.language import language_of

logger = logging.getLogger(__name__)
# The API of customers, and that of the back office.
PREFIXES = ("/v2/", "/admin/v2/")
# About as long as a database takes to start again.
RETRY_AFTER_S = 5
# Words of DRF that its own Indonesian catalogue lacks: named here, they are in ours.
_WORDS_OF_DRF = (gettext_noop("Not a valid string."),)


def refusal_of(problem: BaseException) -> Refused | None:
    """The refusal that says what `problem` means to a caller; None for what is our own mistake."""
    match problem:
        case Refused():
            return problem
        case Http404() | exceptions.NotFound():
            return not_found()
        case exceptions.MethodNotAllowed():
            return Refused("METHOD_NOT_ALLOWED", _("This address does not take that kind of request."))
        case exceptions.UnsupportedMediaType():
            return Refused("UNSUPPORTED_MEDIA_TYPE", _("Send the request as application/json."))
        case exceptions.NotAcceptable():
            return Refused("NOT_ACCEPTABLE", _("Answers here are application/json."))
        case exceptions.ParseError():
            return Refused("MALFORMED_REQUEST", _("The request could not be read."), details=str(problem.detail))
        case exceptions.ValidationError():
            return invalid(dict(_flattened(problem.detail)))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return unauthorized()
        case exceptions.PermissionDenied() | PermissionDenied():
            return Refused("FORBIDDEN", _("You may not do that."))
        case exceptions.Throttled():
            return Refused(
                "RATE_LIMIT_EXCEEDED",
                _("That was a lot at once. Please try again shortly."),
                headers={"Retry-After": str(int(getattr(problem, "wait", None) or 60))},
            )
        case RequestDataTooBig():
            return too_large()
        case SuspiciousOperation():
            return Refused("MALFORMED_REQUEST", _("The request could not be read."))
        case OperationalError() | InterfaceError() if away.is_of_the_server(problem):
            logger.warning("answered 503, the database is away: %s", problem)
            return unavailable()
    return None


def unauthorized() -> Refused:
    return Refused(
        "UNAUTHORIZED",
        _("Please sign in again."),
        details=_("The access token is not valid or has expired."),
        headers={"WWW-Authenticate": "Bearer"},
    )


def too_large() -> Refused:
    return Refused("PAYLOAD_TOO_LARGE", _("The request is larger than anything this address needs."))


def unavailable() -> Refused:
    """503: our own records cannot be reached. Whether what was asked came about before is not known."""
    return Refused(
        "SERVICE_UNAVAILABLE",
        gettext_lazy("We will be right back."),
        details=gettext_lazy(
            "Our records cannot be reached for a moment. Please try again in a few seconds. If you were ordering or "
            "paying: what went through stands on your order's page, and nothing is charged twice."
        ),
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def broken(reference: str) -> Refused:
    """500: our own mistake, with the reference under which the log has it."""
    return Refused(
        "INTERNAL_ERROR",
        _("Something went wrong on our side. Nothing was charged; please try again."),
        details=_("Reference: %(reference)s") % {"reference": reference} if reference else "",
    )


def is_api(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(PREFIXES)


def enveloped(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The refusal as an answer outside of any API view (unknown address, throttle of prebuilt reads, 500)."""
    with translation.override(language_of(request)):
        return HttpResponse(
            json.dumps(refusal.envelope()),
            status=refusal.status,
            content_type="application/json",
            headers={"Cache-Control": "no-store", **refusal.headers},
        )


def _flattened(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """DRF's nested details as (dotted input name, first text)."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flattened(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            if isinstance(inner, Mapping | list):
                yield from _flattened(inner, f"{name}.{index}" if name else str(index))
            else:
                yield name or "body", str(inner)
                return
    else:
        yield name or "body", str(detail)
