"""The door to the shop's own drawings: `/art/<kind>/<code>.svg`, and `/art/social/<code>.png` for messengers."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.translated import pick
from storefront import artwork
from storefront.artwork.social import social_image
from storefront.catalogue.models import Category, Product
from storefront.channels.models import Channel, ChannelCategory
from storefront.pictures import drawing_version

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"
_METHOD_GLYPHS = {
    "E_WALLET": "wallet",
    "VIRTUAL_ACCOUNT": "landmark",
    "ONLINE_BANKING": "landmark",
    "RETAIL": "store",
    "CARD": "credit-card",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    body: bytes
    zipped: bytes
    version: str


class OtherVersion(Exception):
    """The drawing has another version than the address says."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__(drawing.version)
        self.drawing = drawing


@require_safe
def drawing(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The drawing as it is now; kept for ever where the address carries its version (`storefront.pictures.drawn`)."""
    if not _CODE.fullmatch(code):
        raise Http404
    # A banner's cloth is its product's, which the banner's version does not know: nobody keeps it for long.
    kept, draw = (_AN_HOUR, _drawing.__wrapped__) if kind == "banner" else (_FOR_EVER, _drawing)
    try:
        found = draw(kind, code, request.GET.get("v", ""))
    except OtherVersion as other:
        found, kept = other.drawing, _AN_HOUR
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        found.zipped if is_zipped else found.body,
        content_type="image/svg+xml",
        headers={
            "Cache-Control": kept,
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Vary": "Accept-Encoding",
        },
    )
    if is_zipped:
        response["Content-Encoding"] = "gzip"
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


@lru_cache(maxsize=1024)
def _drawing(kind: str, code: str, version: str) -> Drawing:
    name, hints = _named(kind, code)
    svg = _drawn(kind, code, name, hints)
    if svg is None:
        raise Http404
    body = svg.encode()
    found = Drawing(body, gzip.compress(body, mtime=0), drawing_version(kind, code, name, hints))
    if found.version != version:
        raise OtherVersion(found)  # not remembered: versions that anybody may invent fill no memory
    return found


def _named(kind: str, code: str) -> tuple[str, dict[str, Any]]:
    """The name that is drawn, and the hints that staff gave. Raises Http404 where nothing of that kind has the code."""
    match kind:
        case "product" | "product-banner":
            found = Product.objects.filter(code=code).values_list("name", "artwork").first()
        case "category":
            found = Category.objects.filter(code=code).values_list("title", "code").first()
        case "channel-category":
            found = ChannelCategory.objects.filter(code=code).values_list("title", "code").first()
        case "channel":
            found = Channel.objects.filter(code=code).values_list("name", "code").first()
        case _:
            return "", {}
    if found is None:
        raise Http404
    name, hints = found
    return pick(name, "en"), hints if isinstance(hints, dict) else {}


def _drawn(kind: str, code: str, name: str, hints: dict[str, Any]) -> str | None:
    if kind == "banner":
        # A banner names what it is about by the product's code: it is cut from the same cloth.
        about = Product.objects.filter(code=code).values_list("name", "artwork").first()
        name, hints = about or (code, {})
    if kind == "channel-category":
        return artwork.product_icon(f"category-{code}", name, glyph=_METHOD_GLYPHS.get(code, "wallet"))
    return artwork.render(kind, code, name or code, palette=hints.get("palette"), glyph=hints.get("glyph"))
