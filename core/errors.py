"""Refusals: every error a customer or integrator can meet, as one exception with the API's code.

Status by code: docs/decisions (API). `message` is for a person, translated when raised; `details` adds the
evidence; `fields` names the inputs. Domain functions raise these; doors turn them into an envelope or a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

STATUS = {
    "NOT_FOUND": 404,
    "ACCOUNT_NOT_FOUND": 404,
    "PROMO_NOT_FOUND": 404,
    "UNAUTHORIZED": 401,
    "INVALID_CREDENTIALS": 401,
    "EMAIL_NOT_VERIFIED": 401,
    "ACCOUNT_SUSPENDED": 401,
    "MFA_REQUIRED": 401,
    "FORBIDDEN": 403,
    "VALIDATION_ERROR": 422,
    "RATE_LIMIT_EXCEEDED": 429,
    "PAYMENT_UNAVAILABLE": 503,
    "CHECK_UNAVAILABLE": 503,
    "SERVICE_UNAVAILABLE": 503,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "PAYLOAD_TOO_LARGE": 413,
    "INTERNAL_ERROR": 500,
}


class Refused(Exception):
    """Something the shop does not do, with what to tell whoever asked. Nothing has moved when it is raised."""

    def __init__(
        self,
        code: str,
        message: Text,
        *,
        details: Text = "",
        fields: Mapping[str, Text] | None = None,
        extra: Mapping[str, Any] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = details
        self.fields = dict(fields or {})
        self.extra = dict(extra or {})
        self.status = status or STATUS.get(code, 400)
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def envelope(self) -> dict[str, Any]:
        """The API's error body (API document, "Error Response")."""
        error: dict[str, Any] = {"code": self.code, "message": str(self.message)}
        if self.details:
            error["details"] = str(self.details)
        if self.fields:
            error["fields"] = {name: str(text) for name, text in self.fields.items()}
        error.update(self.extra)
        return {"error": error}


def invalid(fields: Mapping[str, Text], details: Text = "") -> Refused:
    """422 VALIDATION_ERROR naming each input that has to change."""
    return Refused(
        "VALIDATION_ERROR", _("Some of what you entered needs another look."), details=details, fields=fields
    )


def not_found(details: Text = "") -> Refused:
    return Refused("NOT_FOUND", _("We could not find that."), details=details)
