"""Addresses of the storefront's part of the public API. Catalogue reads are served from prebuilt bytes."""

from __future__ import annotations

from django.urls import path

from core.web import prebuilt
from storefront.api import accounts, catalogue, channels, content, inquiries, promos, reads, regions

_REGION = ("region",)
_PRODUCT = ("region", "productCode")
_edge = reads.edge

urlpatterns = [
    path("regions", prebuilt.api(regions.Regions, params=())),
    path("languages", prebuilt.api(regions.Languages, params=())),
    path("contacts", prebuilt.api(content.Contacts, params=())),
    path("popups", prebuilt.api(content.Popups, params=_REGION, edge=_edge)),
    path("banners", prebuilt.api(content.Banners, params=_REGION, edge=_edge)),
    path("categories", prebuilt.api(catalogue.Categories, params=_REGION)),
    path("products", prebuilt.api(catalogue.Products, params=("region", "categoryCode", "productCode"), edge=_edge)),
    path("populars", prebuilt.api(catalogue.Populars, params=_REGION, edge=_edge)),
    path("fields", prebuilt.api(catalogue.Fields, params=_PRODUCT)),
    path("sections", prebuilt.api(catalogue.Sections, params=_PRODUCT)),
    path("skus", prebuilt.api(catalogue.Skus, params=(*_PRODUCT, "sectionCode"), edge=_edge)),
    path("sku/promos", prebuilt.api(catalogue.SkuPromos, params=_REGION, edge=_edge)),
    path("account/inquiries", accounts.AccountInquiries.as_view()),
    path("payment-channel/categories", prebuilt.api(channels.ChannelCategories, params=("region", "paymentType"))),
    path(
        "payment-channels",
        prebuilt.api(channels.Channels, params=("region", "categoryCode", "paymentType"), edge=_edge),
    ),
    path("promos", promos.Promos.as_view()),
    path("promos/validate", promos.PromoValidation.as_view()),
    path("orders/inquiries", inquiries.OrderInquiries.as_view()),
]
