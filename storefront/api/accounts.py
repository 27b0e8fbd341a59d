"""POST /v2/account/inquiries: is there such an account, and what is its name (API §13)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import regions
from core.web.api import ApiView, body_of, data
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped, flat_body
from storefront.players import services as players

_CODE = {"type": "string", "maxLength": 30}


class AccountBody(serializers.Serializer[Any]):
    """The fixed part of the body; the rest are the product's inputs."""

    productCode = Text(max_length=30)
    region = Text(max_length=8, required=False, allow_blank=True)


class ProductNamed(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.CharField()


class AccountSeen(serializers.Serializer[Any]):
    region = serializers.CharField(allow_null=True)
    nickname = serializers.CharField(allow_null=True, help_text="null: not checked")


class AccountAnswer(serializers.Serializer[Any]):
    product = ProductNamed()
    account = AccountSeen()


class AccountInquiries(ApiView):
    rule: ClassVar[str] = "account_inquiry"

    @extend_schema(
        operation_id="validateAccount",
        tags=["Transactions"],
        summary="Validate account",
        description="Asks the game. The body carries the product's own inputs by key (GET /v2/fields).",
        request=flat_body(
            {"productCode": _CODE, "region": {"type": "string", "maxLength": 8}},
            ["productCode"],
            {"productCode": "MLBB", "userId": "656696292", "zoneId": "8610"},
        ),
        responses=answers(enveloped("AccountEnvelope", AccountAnswer()), errors=(*BODY_ERRORS, 404, 503)),
    )
    def post(self, request: Request) -> Response:
        body = body_of(request)
        fixed = AccountBody(data=body)
        fixed.is_valid(raise_exception=True)
        asked = fixed.validated_data.get("region") or request.query_params.get("region", "")
        account = players.find_account(
            fixed.validated_data["productCode"],
            {key: value for key, value in body.items() if key not in fixed.fields},
            (regions.named(asked) if asked else regions.default()).code,
        )
        return data(
            {
                "product": {"name": account.product.name, "code": account.product.code},
                "account": {"region": account.checked.region or None, "nickname": account.checked.nickname},
            }
        )
