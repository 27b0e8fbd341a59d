"""GET /admin/v2/me: what the token may do, and until when."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.staff import StaffView, token_of
from core.web.api import data
from fulfilment.api.admin.asking import READ_ERRORS
from storefront.api.shapes import answers, enveloped


class TokenShown(serializers.Serializer[Any]):
    name = serializers.CharField()
    madeBy = serializers.EmailField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Those that its maker may still give.")
    expiresAt = serializers.DateTimeField()


class Me(StaffView):
    @extend_schema(
        operation_id="aboutToken",
        tags=["Token"],
        summary="What this token may do",
        responses=answers(enveloped("TokenEnvelope", TokenShown()), errors=READ_ERRORS),
    )
    def get(self, request: Request) -> Response:
        token = token_of(request)
        return data(
            {
                "name": token.name,
                "madeBy": token.made_by.get_username(),
                "scopes": [scope for scope in token.scopes if token.has_perm(scope)],
                "expiresAt": token.expires_at,
            }
        )
