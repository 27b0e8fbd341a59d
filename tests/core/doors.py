"""A tiny API and a page, so that what all doors share can be tested without any of the shop's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Refused
from core.models import Region
from core.money import Money
from core.web import prebuilt
from core.web.api import ApiView, body_of, data
from core.web.origin import own_pages_only
from fulfilment.admin import desk


class Echo(ApiView):
    def get(self, request: Request) -> Response:
        return data(
            {
                "idr": Money(44851, "IDR"),
                "myr": Money(1250, "MYR"),
                "average": Decimal("41666.67"),
                "whole": Decimal("1.0"),
                "at": datetime(2025, 12, 31, 16, 59, 59, 123, tzinfo=UTC),
                "nickname": "り い こ ✧",
            }
        )

    def post(self, request: Request) -> Response:
        body = body_of(request)
        return data({name: f"{type(value).__name__}:{value}" for name, value in body.items()}, status=201)


class Refusing(ApiView):
    def get(self, request: Request, how: str) -> Response:
        if how == "refused":
            raise Refused(
                "SKU_UNAVAILABLE", "Sold out.", details="MLBB_1", extra={"suggestion": {"productCode": "BYU"}}
            )
        if how == "missing":
            raise Http404
        if how == "serializer":
            raise serializers.ValidationError({"userId": ["Too long."], "items": [{"code": ["Unknown."]}]})
        raise RuntimeError("a mistake of ours")


class Shelf(ApiView):
    """A catalogue read that counts how often it really ran."""

    ignores_bearer = True
    built: ClassVar[list[str]] = []
    ends: ClassVar[datetime | None] = None

    def get(self, request: Request) -> Response:
        region = request.query_params.get("region", "")
        if region == "XX":
            raise Refused("INVALID_REGION", "No such region.")
        Shelf.built.append(region)
        return data({"countries": [row.country for row in Region.objects.all()], "region": region, "pad": "x" * 2000})


page_built: list[str] = []


@prebuilt.page(params=("q",))
def guest_page(request: HttpRequest, shop: str) -> HttpResponse:
    page_built.append(shop)
    response = HttpResponse(f"<p>{shop} {request.GET.get('q', '')} {len(Region.objects.all())}</p>")
    if request.GET.get("q") == "cookie":
        response.set_cookie("seen", "1")
    return response


@own_pages_only
def quote(request: HttpRequest) -> HttpResponse:
    return HttpResponse("quoted")


def refusing_page(request: HttpRequest) -> HttpResponse:
    raise Refused("SKU_UNAVAILABLE", "Sold out.")


def broken_page(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a mistake of ours")


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


urlpatterns = [
    path("admin/operations/", include("fulfilment.admin.operations_urls")),  # its navigation leads there
    path("admin/desk/", desk.view, name="desk"),
    path("admin/", admin.site.urls),
    path("v2/echo", Echo.as_view()),
    path("v2/refusing/<str:how>", Refusing.as_view()),
    path("v2/shelf", prebuilt.api(Shelf, params=("region",), edge=lambda request: Shelf.ends)),
    path("quote", quote),
    path("refusing", refusing_page),
    path("broken", broken_page),
    path("<str:shop>/page", guest_page),
]
handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.page_not_found"
handler500 = "core.web.errors.broken_inside"
