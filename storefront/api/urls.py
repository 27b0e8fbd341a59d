"""Addresses of the storefront's part of the public API."""

from __future__ import annotations

from django.urls import path

from storefront.api import accounts, inquiries, promos

urlpatterns = [
    path("account/inquiries", accounts.AccountInquiries.as_view()),
    path("promos", promos.Promos.as_view()),
    path("promos/validate", promos.PromoValidation.as_view()),
    path("orders/inquiries", inquiries.OrderInquiries.as_view()),
]
