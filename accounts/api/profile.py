"""The member's own profile (API §35, §36)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import pictures, profile
from accounts.api import shown
from accounts.api.auth import private
from accounts.visitors import signed_in
from core.errors import invalid
from core.pictures import MOST_BYTES, too_large
from core.web.api import JsonParser, MemberView, data
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped

# What a form weighs besides its picture.
_AROUND = 64 * 1024


class ProfileBody(serializers.Serializer[Any]):
    firstName = Text(max_length=60, required=False)
    lastName = Text(max_length=60, required=False, allow_blank=True)
    phoneNumber = Text(max_length=40, required=False, allow_blank=True, allow_null=True)
    profilePicture = serializers.FileField(required=False, allow_empty_file=True)
    email = Text(max_length=254, required=False, write_only=True, help_text="cannot change")


class Profile(MemberView):
    parser_classes: Sequence[type[BaseParser]] = (MultiPartParser, JsonParser)

    @extend_schema(
        operation_id="getProfile",
        tags=["User"],
        summary="Get user profile",
        description="With `region` the member's current region is that one from then on.",
        parameters=[
            OpenApiParameter("region", str, enum=["ID", "MY", "PH", "SG", "TH"], description="Region to switch to")
        ],
        responses=answers(enveloped("ProfileEnvelope", shown.ProfileShown()), errors=(400, 401)),
    )
    def get(self, request: Request) -> Response:
        user = signed_in(request)
        region = shown.region_asked(request)
        if region is not None:
            profile.switch_region(user, region.code)
        return private(data(shown.whole(user)))

    @extend_schema(
        operation_id="updateProfile",
        tags=["User"],
        summary="Update user profile",
        description="What is left out stays as it is; an empty phone number removes it.",
        request={"multipart/form-data": ProfileBody, "application/json": ProfileBody},
        responses=answers(enveloped("ProfileUpdatedEnvelope", shown.MemberUpdated()), errors=BODY_ERRORS),
    )
    def put(self, request: Request) -> Response:
        user = signed_in(request)
        if _length(request) > MOST_BYTES + _AROUND:
            # Refused before it is read.
            raise too_large(pictures.FIELD)
        body = ProfileBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        if sent.get("email", user.email).lower() != user.email:
            raise invalid({"email": _("The e-mail address of an account cannot change.")})
        picture = sent.get("profilePicture")
        phone = sent.get("phoneNumber", user.phone) or ""
        user = profile.update(
            user,
            profile.Change(
                first_name=sent.get("firstName"),
                last_name=sent.get("lastName"),
                phone=phone if "phoneNumber" in sent else None,
                picture=picture,
                picture_size=picture.size if picture else 0,
            ),
        )
        return private(data({**shown.brief(user), "updatedAt": user.updated_at}))


def _length(request: Request) -> int:
    given = request.META.get("CONTENT_LENGTH") or "0"
    return int(given) if str(given).isdigit() else 0
