"""POST /v2/orders/inquiries: the quote, with the token by which it is ordered (API §18)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.visitors import member_of
from core.money import Money
from core.web.api import ApiView, body_of, data
from core.web.client import client_of
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped, flat_body
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry


class InquiryBody(serializers.Serializer[Any]):
    """The fixed part of the body; the rest are the product's inputs."""

    productCode = Text(max_length=30)
    skuCode = Text(max_length=40)
    quantity = serializers.IntegerField(required=False, default=1, min_value=1, max_value=10_000)
    paymentCode = Text(max_length=30)
    promoCode = Text(max_length=30, required=False, allow_blank=True, allow_null=True)
    email = Text(max_length=254)
    phoneNumber = Text(max_length=40, required=False, allow_blank=True, allow_null=True)
    region = Text(max_length=8, required=False, allow_blank=True)


class QuotedProduct(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class QuotedSku(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


class QuotedPayment(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()


class QuotedPricing(serializers.Serializer[Any]):
    subtotal = serializers.FloatField()
    discount = serializers.FloatField()
    paymentFee = serializers.FloatField()
    total = serializers.FloatField()


class QuotedPromo(serializers.Serializer[Any]):
    code = serializers.CharField()
    discountAmount = serializers.FloatField()


class QuotedContact(serializers.Serializer[Any]):
    email = serializers.EmailField()
    phoneNumber = serializers.CharField(allow_null=True, help_text="E.164; null where none was given")


class QuotedOrder(serializers.Serializer[Any]):
    product = QuotedProduct()
    sku = QuotedSku()
    account = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="nickname (null: not checked) and the product's inputs"
    )
    payment = QuotedPayment()
    pricing = QuotedPricing()
    promo = QuotedPromo(allow_null=True, help_text="null without a promo code")
    contact = QuotedContact()


class InquiryAnswer(serializers.Serializer[Any]):
    validationToken = serializers.CharField()
    expiresAt = serializers.DateTimeField()
    order = QuotedOrder()


class OrderInquiries(ApiView):
    rule: ClassVar[str] = "order_inquiry"

    @extend_schema(
        operation_id="inquireOrder",
        tags=["Transactions"],
        summary="Order inquiry",
        description="Checks everything and holds the price until `expiresAt`; nothing is taken yet.",
        request=flat_body(
            {
                "productCode": {"type": "string", "maxLength": 30},
                "skuCode": {"type": "string", "maxLength": 40},
                "quantity": {"type": "integer", "minimum": 1, "default": 1},
                "paymentCode": {"type": "string", "maxLength": 30},
                "promoCode": {"type": "string", "maxLength": 30, "nullable": True},
                "email": {"type": "string", "format": "email"},
                "phoneNumber": {"type": "string", "maxLength": 40, "nullable": True},
                "region": {"type": "string", "maxLength": 8},
            },
            ["productCode", "skuCode", "paymentCode", "email"],
            {
                "productCode": "MLBB",
                "skuCode": "MLBB_172",
                "userId": "656696292",
                "zoneId": "8610",
                "quantity": 1,
                "paymentCode": "QRIS",
                "promoCode": "WELCOME10",
                "email": "user@example.com",
                "phoneNumber": "+6281234567890",
            },
        ),
        responses=answers(enveloped("InquiryEnvelope", InquiryAnswer()), errors=(*BODY_ERRORS, 404, 503)),
    )
    def post(self, request: Request) -> Response:
        body = body_of(request)
        fixed = InquiryBody(data=body)
        fixed.is_valid(raise_exception=True)
        sent = fixed.validated_data
        apart = {"productCode", "skuCode", "quantity", "paymentCode", "promoCode", "region"}
        inquiry = inquiries.quote(
            inquiries.Ask(
                product_code=sent["productCode"],
                sku_code=sent["skuCode"],
                payment_code=sent["paymentCode"],
                promo_code=sent.get("promoCode") or "",
                quantity=sent["quantity"],
                email=sent["email"],
                phone=sent.get("phoneNumber") or "",
                region_code=sent.get("region") or request.query_params.get("region", ""),
                data={key: value for key, value in body.items() if key not in apart},
            ),
            client_of(request._request),
            member_of(request),
            get_language() or "id",
            timezone.now(),
        )
        return data(
            {
                "validationToken": inquiries.token_of(inquiry),
                "expiresAt": inquiry.expires_at,
                "order": _order(inquiry),
            }
        )


def _order(inquiry: Inquiry) -> dict[str, Any]:
    def money(minor: int) -> Money:
        return Money(minor, inquiry.currency)

    return {
        "product": {"code": inquiry.product.code, "name": inquiry.product.title},
        "sku": {"code": inquiry.sku.code, "name": inquiry.sku.name, "quantity": inquiry.quantity},
        "account": {
            "nickname": inquiry.nickname,
            **{field["key"]: field["value"] for field in inquiry.fields},
        },
        "payment": {"code": inquiry.channel.code, "name": inquiry.channel.name, "currency": inquiry.currency},
        "pricing": {
            "subtotal": money(inquiry.subtotal_minor),
            "discount": money(inquiry.discount_minor),
            "paymentFee": money(inquiry.fee_minor),
            "total": money(inquiry.total_minor),
        },
        "promo": {"code": inquiry.promo.code, "discountAmount": money(inquiry.discount_minor)}
        if inquiry.promo
        else None,
        "contact": {"email": inquiry.email, "phoneNumber": inquiry.phone or None},
    }
