"""The bearer rule of /v2: an access token names a member; a bad one is refused even where none is needed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.models import Session, User
from core.web.envelope import unauthorized


class Bearer(BaseAuthentication):
    """`request.user` is the member and `request.auth` the session; both None without an Authorization header.

    Raises UNAUTHORIZED, MFA_REQUIRED, ACCOUNT_SUSPENDED (401).
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token.strip():
            raise unauthorized()
        return tokens.authenticate(token.strip())

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = Bearer
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
