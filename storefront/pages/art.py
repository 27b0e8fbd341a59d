"""The door to the shop's own drawings: `/art/<kind>/<code>.svg`, and `/art/social/<code>.png` for messengers."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from storefront import artwork
from storefront.artwork.social import social_image
from storefront.catalogue.models import Product
from storefront.channels.models import Channel
from storefront.pictures import drawing_version

_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"


@require_safe
def drawing(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The drawing; kept for ever where the address carries its version (`storefront.pictures.drawn`)."""
    name, hints = _named(kind, code)
    svg = artwork.render(kind, code, name or code, palette=hints.get("palette"), glyph=hints.get("glyph"))
    if svg is None:
        raise Http404
    response = HttpResponse(svg, content_type="image/svg+xml")
    current = request.GET.get("v") == drawing_version(kind, code, name, hints)
    response["Cache-Control"] = _FOR_EVER if current else _AN_HOUR
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def social(request: HttpRequest, code: str) -> HttpResponse:
    """What a link to the product's page shows in a messenger."""
    product = Product.objects.filter(code=code, is_active=True).first()
    if product is None:
        raise Http404
    response = HttpResponse(social_image(code, product.title, product.publisher), content_type="image/png")
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _named(kind: str, code: str) -> tuple[str, dict[str, Any]]:
    """The name that is drawn, and the hints that staff gave."""
    if kind in ("product", "product-banner"):
        found = Product.objects.filter(code=code).values_list("name", "artwork").first()
        return found if found else ("", {})
    if kind == "channel":
        return Channel.objects.filter(code=code).values_list("name", flat=True).first() or "", {}
    return "", {}
