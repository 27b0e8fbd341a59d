"""GET /v2/contacts, /v2/popups and /v2/banners (API §3 to §5)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.web.api import ApiView, data
from storefront.api.reads import REGION, REGION_ERRORS, language, region_asked
from storefront.api.shapes import answers, enveloped
from storefront.content import shop as content
from storefront.pictures import absolute

#: The document's keys; a shop that has no such contact answers "".
CONTACTS = ("email", "phone", "whatsapp", "instagram", "facebook", "x", "youtube", "telegram", "discord")


class ContactsShown(serializers.Serializer[Any]):
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    whatsapp = serializers.CharField(allow_blank=True)
    instagram = serializers.CharField(allow_blank=True)
    facebook = serializers.CharField(allow_blank=True)
    x = serializers.CharField(allow_blank=True)
    youtube = serializers.CharField(allow_blank=True)
    telegram = serializers.CharField(allow_blank=True)
    discord = serializers.CharField(allow_blank=True)


class PopupShown(serializers.Serializer[Any]):
    title = serializers.CharField()
    content = serializers.CharField(help_text="HTML", allow_blank=True)
    image = serializers.CharField(allow_blank=True, help_text="address of the picture; empty where there is none")
    href = serializers.CharField(allow_blank=True, help_text="relative or absolute; empty where it leads nowhere")
    isActive = serializers.BooleanField()


class BannerShown(serializers.Serializer[Any]):
    title = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    href = serializers.CharField(allow_blank=True, help_text="relative or absolute; empty where it leads nowhere")
    image = serializers.URLField()
    order = serializers.IntegerField()


class Contacts(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="getContacts",
        tags=["Public"],
        summary="Get contacts",
        responses=answers(enveloped("ContactsEnvelope", ContactsShown()), errors=()),
    )
    def get(self, request: Request) -> Response:
        return data(dict.fromkeys(CONTACTS, "") | content.contacts())


class Popups(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="getPopup",
        tags=["Public"],
        summary="Get popups",
        description="The popup of the region; `data` is null where there is none.",
        parameters=[REGION],
        responses=answers(enveloped("PopupEnvelope", PopupShown(allow_null=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        popup = content.popup(region_asked(request), language(), timezone.now())
        if popup is None:
            return data(None)
        return data(
            {
                "title": popup.title,
                "content": popup.content,
                "image": absolute(popup.image),
                "href": popup.href,
                "isActive": True,
            }
        )


class Banners(ApiView):
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="listBanners",
        tags=["Public"],
        summary="Get banners",
        parameters=[REGION],
        responses=answers(enveloped("BannersEnvelope", BannerShown(many=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        return data(
            [
                {
                    "title": banner.title,
                    "description": banner.description,
                    "href": banner.href,
                    "image": absolute(banner.image),
                    "order": banner.position,
                }
                for banner in content.banners(region_asked(request), language(), timezone.now())
            ]
        )
