"""What every view of the admin API has in common: a staff token, its scopes, writes that are done once and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import Refused
from core.models import StaffToken
from core.staff_tokens import answers, services
from core.web import throttle
from core.web.api import ApiView, body_of, data
from core.web.client import address_of
from core.web.envelope import unauthorized


class TokenBearer(BaseAuthentication):
    """`request.user` is who made the token, `request.auth` the token. Raises UNAUTHORIZED (401)."""

    def authenticate(self, request: Request) -> tuple[Any, StaffToken]:
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise unauthorized()
        token = services.authenticate(secret.strip(), address_of(request._request))
        return token.made_by, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = TokenBearer
    name = "staffToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token made in the back office (gst_…)."}


class HasScope(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        assert isinstance(view, StaffView)
        # HEAD is answered by the method that answers GET.
        scope = view.scopes.get("GET" if request.method == "HEAD" else request.method or "")
        if scope is not None and not token_of(request).has_perm(scope):
            raise Refused("FORBIDDEN", _("This token may not do that."), details=f"scope: {scope}")
        return True


class StaffView(ApiView):
    """A view under /admin/v2. `scopes`: by method, the permission that the token needs; a method without one is open to
    every token."""

    rule: ClassVar[str] = "admin_api"
    scopes: ClassVar[Mapping[str, str]] = {}
    authentication_classes = (TokenBearer,)
    permission_classes = (HasScope,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        throttle.check(self.rule, f"token:{token_of(request).pk}")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def token_of(request: Request) -> StaffToken:
    token = request.auth
    assert isinstance(token, StaffToken)
    return token


class ReasonBody(serializers.Serializer[Any]):
    """What every write has to say."""

    reason = serializers.CharField(min_length=5, max_length=500, help_text="Kept in the audit trail.")


def asked(body: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, as `body` reads it. Raises VALIDATION_ERROR, also for keys that it does not know."""
    sent = body_of(request)
    read = body(data=sent)
    read.is_valid(raise_exception=True)
    if unknown := sorted(set(sent) - set(read.fields)):
        raise serializers.ValidationError({name: [_("There is no such key here.")] for name in unknown})
    return dict(read.validated_data)


def done(request: Request, work: Callable[[str], Any], *, is_money: bool = False) -> Response:
    """The answer to a write: what `work(actor)` gives, in one transaction. With an Idempotency-Key, which calls that
    move money must have, it is done once, and the same call again is answered the same, with
    `Idempotency-Replayed: true`."""
    token, key = token_of(request), request.headers.get(answers.HEADER, "")
    if not key and not is_money:
        with transaction.atomic():
            return data(work(token.actor))
    call = f"{request.method} {request.path}"
    payload, is_new = answers.once(token, key, call, body_of(request), lambda: work(token.actor))
    answer = data(payload)
    if not is_new:
        answer["Idempotency-Replayed"] = "true"
    return answer
