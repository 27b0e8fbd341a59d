"""GET /v2/regions and /v2/languages (API §1, §2)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import regions
from core.web.api import ApiView, data
from storefront.api.shapes import answers, enveloped
from storefront.content import shop as content
from storefront.pictures import absolute, drawn


class RegionShown(serializers.Serializer[Any]):
    country = serializers.CharField()
    code = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    currency = serializers.CharField(help_text="ISO 4217")
    image = serializers.URLField(help_text="flag")
    isDefault = serializers.BooleanField()


class LanguageShown(serializers.Serializer[Any]):
    country = serializers.CharField()
    code = serializers.CharField(help_text="ISO 639-1")
    name = serializers.CharField()
    image = serializers.URLField(help_text="flag")
    isDefault = serializers.BooleanField()


class Regions(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listRegions",
        tags=["Public"],
        summary="Get regions",
        responses=answers(enveloped("RegionsEnvelope", RegionShown(many=True)), errors=()),
    )
    def get(self, request: Request) -> Response:
        return data(
            [
                {
                    "country": region.country,
                    "code": region.code,
                    "currency": region.currency,
                    "image": absolute(drawn("flag", region.code)),
                    "isDefault": region.is_default,
                }
                for region in regions.regions()
            ]
        )


class Languages(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listLanguages",
        tags=["Public"],
        summary="Get languages",
        responses=answers(enveloped("LanguagesEnvelope", LanguageShown(many=True)), errors=()),
    )
    def get(self, request: Request) -> Response:
        return data(
            [
                {
                    "country": language.country,
                    "code": language.code,
                    "name": language.name,
                    "image": absolute(language.flag),
                    "isDefault": language.is_default,
                }
                for language in content.languages()
            ]
        )
