"""POST /v2/orders: the quote becomes an order with a payment to be made (API §19)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.visitors import member_of
from core.web.api import ApiView, body_of, data
from core.web.client import client_of
from payments import checkout, instructions
from payments.api.shown import PlacedAnswer
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped
from storefront.orders import invoice


class OrderBody(serializers.Serializer[Any]):
    validationToken = Text(max_length=500)


class Orders(ApiView):
    rule: ClassVar[str] = "orders"

    @extend_schema(
        operation_id="createOrder",
        tags=["Transactions"],
        summary="Create order",
        description="The same token again answers the same order, with whatever has changed meanwhile.",
        request=OrderBody,
        responses=answers(enveloped("OrderEnvelope", PlacedAnswer()), status=201, errors=(*BODY_ERRORS, 503)),
    )
    def post(self, request: Request) -> Response:
        body = OrderBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        token = body.validated_data["validationToken"]
        order, payment = checkout.place_with_payment(token, client_of(request._request), member_of(request))
        how = instructions.of(payment, get_language() or "id")
        return data({"step": "SUCCESS", "order": invoice.placed(order, how)}, status=201)
