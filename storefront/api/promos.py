"""GET /v2/promos and POST /v2/promos/validate (API §16, §17)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.visitors import member_of
from core import regions
from core.errors import invalid
from core.money import Money
from core.translated import pick
from core.web.api import ApiView, body_of, data
from core.web.client import client_of
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped
from storefront.inquiries import services as inquiries
from storefront.players import services as players
from storefront.promos import services as promos


class Named(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class PromoShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    products = Named(many=True, help_text="empty: all")
    paymentChannels = Named(many=True, help_text="empty: all")
    daysAvailable = serializers.ListField(child=serializers.ChoiceField(promos.WEEKDAYS), help_text="empty: every day")
    maxDailyUsage = serializers.IntegerField(help_text="0: no limit")
    maxUsage = serializers.IntegerField(help_text="0: no limit")
    maxUsagePerId = serializers.IntegerField(help_text="0: no limit")
    maxUsagePerDevice = serializers.IntegerField(help_text="0: no limit")
    maxUsagePerIp = serializers.IntegerField(help_text="0: no limit")
    expiredAt = serializers.DateTimeField(allow_null=True)
    minAmount = serializers.FloatField()
    maxPromoAmount = serializers.FloatField(help_text="0: no limit")
    promoFlat = serializers.FloatField()
    promoPercentage = serializers.FloatField()
    isAvailable = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True)
    totalUsage = serializers.IntegerField()
    totalDailyUsage = serializers.IntegerField()


class Promos(ApiView):
    """What uses are left changes with every order, so this read is not served prebuilt."""

    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listPromos",
        tags=["Transactions"],
        summary="Get promo codes",
        description="The promos shown for a product; limits of 0 mean none.",
        parameters=[
            OpenApiParameter("region", str, required=True),
            OpenApiParameter("productCode", str, required=True),
        ],
        responses=answers(enveloped("PromosEnvelope", PromoShown(many=True)), errors=(400, 404, 422)),
    )
    def get(self, request: Request) -> Response:
        asked, product_code = request.query_params.get("region", ""), request.query_params.get("productCode", "")
        if not product_code:
            missing = {"productCode": _("Say for which product.")}
            raise invalid(missing if asked else missing | {"region": _("Say for which region.")})
        region = regions.required(asked)
        product_id = players.sold_product(product_code, region.code).pk
        language = get_language() or "id"
        return data(
            [
                _shown(entry, region.currency, language)
                for entry in promos.listed(region.code, product_id, timezone.now())
            ]
        )


def _shown(entry: dict[str, Any], currency: str, language: str) -> dict[str, Any]:
    promo = entry["promo"]
    return {
        "code": promo.code,
        "title": pick(promo.title, language),
        "description": pick(promo.description, language),
        "products": [{"code": product.code, "name": product.name} for product in entry["products"]],
        "paymentChannels": [{"code": channel.code, "name": channel.name} for channel in entry["channels"]],
        "daysAvailable": promo.days,
        "maxDailyUsage": promo.max_daily_usage,
        "maxUsage": promo.max_usage,
        "maxUsagePerId": promo.max_usage_per_id,
        "maxUsagePerDevice": promo.max_usage_per_device,
        "maxUsagePerIp": promo.max_usage_per_ip,
        "expiredAt": promo.expires_at,
        "minAmount": Money(promo.min_minor, currency),
        "maxPromoAmount": Money(promo.max_discount_minor, currency),
        "promoFlat": Money(promo.flat_minor, currency),
        "promoPercentage": promo.percent,
        "isAvailable": entry["is_available"],
        "note": pick(promo.note, language),
        "totalUsage": promo.used,
        "totalDailyUsage": entry["used_today"],
    }


class PromoBody(serializers.Serializer[Any]):
    promoCode = Text(max_length=30)
    productCode = Text(max_length=30)
    skuCode = Text(max_length=40)
    paymentCode = Text(max_length=30, required=False, allow_blank=True)
    region = Text(max_length=8, required=False, allow_blank=True)
    quantity = serializers.IntegerField(required=False, default=1, min_value=1, max_value=10_000)
    account = serializers.DictField(required=False, help_text="the product's inputs as far as they are known")


class PromoDetails(serializers.Serializer[Any]):
    title = serializers.CharField()
    promoPercentage = serializers.FloatField()
    maxPromoAmount = serializers.FloatField()


class PromoAnswer(serializers.Serializer[Any]):
    promoCode = serializers.CharField()
    discountAmount = serializers.FloatField()
    originalAmount = serializers.FloatField()
    finalAmount = serializers.FloatField()
    promoDetails = PromoDetails()


class PromoValidation(ApiView):
    rule: ClassVar[str] = "order_inquiry"

    @extend_schema(
        operation_id="validatePromo",
        tags=["Transactions"],
        summary="Validate promo code",
        description="What the code takes off, or why it does not hold. No use of it is taken.",
        request=PromoBody,
        responses=answers(enveloped("PromoEnvelope", PromoAnswer()), errors=(*BODY_ERRORS, 404)),
    )
    def post(self, request: Request) -> Response:
        body = PromoBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        language = get_language() or "id"
        tried = inquiries.try_promo(
            inquiries.Ask(
                product_code=sent["productCode"],
                sku_code=sent["skuCode"],
                payment_code=sent.get("paymentCode", ""),
                promo_code=sent["promoCode"],
                quantity=sent["quantity"],
                region_code=sent.get("region") or request.query_params.get("region", ""),
                data=sent.get("account", {}),
            ),
            client_of(request._request),
            member_of(request),
            language,
            timezone.now(),
        )
        return data(
            {
                "promoCode": tried.promo.code,
                "discountAmount": tried.discount,
                "originalAmount": tried.original,
                "finalAmount": tried.final,
                "promoDetails": {
                    "title": pick(tried.promo.title, language),
                    "promoPercentage": tried.promo.percent,
                    "maxPromoAmount": Money(tried.promo.max_discount_minor, tried.original.currency),
                },
            }
        )
