"""What search engines are told: every page of every shop, and what is nobody's business."""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse

from core import regions
from core.web import prebuilt
from storefront.catalogue.models import ProductRegion
from storefront.content import shop as content
from storefront.pages.shop import Shop
from storefront.pictures import absolute


@prebuilt.page()
def sitemap(request: HttpRequest) -> HttpResponse:
    sold = ProductRegion.objects.filter(product__is_active=True, product__category__is_active=True)
    slugs: dict[str, list[str]] = {}
    for code, slug in sold.order_by("product__position").values_list("region_id", "product__slug"):
        slugs.setdefault(code, []).append(slug)
    addresses = [
        absolute(Shop(language.code, region).url(rest))
        for region in regions.regions()
        for language in content.languages()
        for rest in ("", "help", *slugs.get(region.code, []))
    ]
    entries = "".join(f"<url><loc>{escape(address)}</loc></url>" for address in addresses)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    body = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{namespace}">{entries}</urlset>'
    return HttpResponse(body, content_type="application/xml")


def robots(request: HttpRequest) -> HttpResponse:
    closed = ("/admin/", "/v2/", "/*/invoices/", "/*/place", "/*/account/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {absolute('/sitemap.xml')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
