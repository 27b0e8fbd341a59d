"""What the catalogue's reads have in common: query parameters, and until when an answer holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request

from core import regions
from core.errors import invalid
from core.models import Region
from storefront.catalogue.services import closing_edges as product_edges
from storefront.channels.services import PAYMENT_TYPES
from storefront.channels.services import closing_edges as channel_edges
from storefront.content import shop as content

REGION = OpenApiParameter("region", str, required=True, enum=["ID", "MY", "PH", "SG", "TH"], description="Region code")
CODE = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,30}$"}
#: A filter may be any text; what is not known finds nothing.
FILTER = {"type": "string", "pattern": r"^[^\x00]*$"}
PRODUCT = OpenApiParameter(
    "productCode", CODE, required=True, description="Product code", examples=[OpenApiExample("MLBB", value="MLBB")]
)
PAYMENT_TYPE = OpenApiParameter(
    "paymentType", str, required=True, enum=sorted(PAYMENT_TYPES, reverse=True), description="What is paid for"
)
#: Errors of a read that names a region.
REGION_ERRORS = (400, 422)

_ASK: Mapping[str, Promise] = {
    "region": _("Say for which region."),
    "productCode": _("Say for which product."),
    "paymentType": _("Say what is paid for: purchase or deposit."),
}


def asked(request: Request, name: str) -> str:
    """The parameter's value without blanks around it; "" where it is missing."""
    return request.query_params.get(name, "").strip()


def region_asked(request: Request, *others: str) -> Region:
    """The region that the request names. `others`: further parameters that it must have.

    Raises VALIDATION_ERROR naming every one that is missing, INVALID_REGION for a region the shop does not sell in.
    """
    missing = {name: _ASK[name] for name in ("region", *others) if not asked(request, name)}
    if missing:
        raise invalid(missing)
    return regions.named(asked(request, "region").upper())


def payment_type_asked(request: Request) -> str:
    """`purchase` or `deposit`. Raises VALIDATION_ERROR."""
    value = asked(request, "paymentType")
    if value not in PAYMENT_TYPES:
        raise invalid({"paymentType": _ASK["paymentType"]})
    return value


def language() -> str:
    """The language of the answer, as core.web.api.ApiView switched it on."""
    return get_language() or "id"


def edge(request: HttpRequest) -> datetime | None:
    """The next moment at which an answer about the request's region changes by itself; None where none is known."""
    region = regions.find(request.GET.get("region", "").strip().upper())
    if region is None:
        return None
    now = timezone.now()
    return min((*content.edges(region, now), *product_edges(region, now), *channel_edges(region, now)), default=None)
