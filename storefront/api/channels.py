"""GET /v2/payment-channel/categories and /v2/payment-channels (API §14, §15)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.web.api import ApiView, data
from storefront.api.catalogue import Titled
from storefront.api.reads import (
    FILTER,
    PAYMENT_TYPE,
    REGION,
    REGION_ERRORS,
    asked,
    language,
    payment_type_asked,
    region_asked,
)
from storefront.api.shapes import answers, enveloped
from storefront.channels import shop
from storefront.pictures import absolute

TAGS = ["Payment channels"]


class ChannelCategoryShown(serializers.Serializer[Any]):
    title = serializers.CharField()
    code = serializers.CharField()
    icon = serializers.URLField()
    order = serializers.IntegerField()


class ChannelShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    image = serializers.URLField()
    currency = serializers.CharField()
    feeAmount = serializers.FloatField(help_text="in major units")
    feePercentage = serializers.FloatField()
    minAmount = serializers.FloatField(help_text="in major units")
    maxAmount = serializers.FloatField(help_text="in major units")
    featured = serializers.BooleanField()
    instruction = serializers.CharField(allow_blank=True, help_text="HTML")
    category = Titled()


class ChannelCategories(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listPaymentChannelCategories",
        tags=TAGS,
        summary="Get payment channel categories",
        parameters=[REGION, PAYMENT_TYPE],
        responses=answers(
            enveloped("ChannelCategoriesEnvelope", ChannelCategoryShown(many=True)), errors=REGION_ERRORS
        ),
    )
    def get(self, request: Request) -> Response:
        region = region_asked(request, "paymentType")
        return data(
            [
                {
                    "title": category.title,
                    "code": category.code,
                    "icon": absolute(category.icon),
                    "order": category.position,
                }
                for category in shop.categories(region, language(), payment_type_asked(request))
            ]
        )


class Channels(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listPaymentChannels",
        tags=TAGS,
        summary="Get payment channels",
        description="The channels that are open now.",
        parameters=[
            REGION,
            OpenApiParameter("categoryCode", FILTER, description="Filter; an unknown one finds nothing"),
            PAYMENT_TYPE,
        ],
        responses=answers(enveloped("ChannelsEnvelope", ChannelShown(many=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        found = shop.channels(
            region_asked(request, "paymentType"),
            language(),
            payment_type_asked(request),
            now=timezone.now(),
            category_code=asked(request, "categoryCode"),
        )
        return data([_channel(channel) for channel in found if not channel.is_closed])


def _channel(channel: shop.ChannelShown) -> dict[str, Any]:
    return {
        "code": channel.code,
        "name": channel.name,
        "description": channel.description,
        "image": absolute(channel.image),
        "currency": channel.currency,
        "feeAmount": channel.fee,
        "feePercentage": channel.percent,
        "minAmount": channel.least,
        "maxAmount": channel.most,
        "featured": channel.is_featured,
        "instruction": channel.instruction,
        "category": {"title": channel.category_title, "code": channel.category_code},
    }
