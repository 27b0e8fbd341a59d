"""Addresses of the payments' part of the public API."""

from __future__ import annotations

from django.urls import path

from payments.api import deposits, invoices, orders, qr

urlpatterns = [
    path("orders", orders.Orders.as_view()),
    path("invoices", invoices.Invoices.as_view()),
    path("deposits/inquiries", deposits.DepositInquiries.as_view()),
    path("deposits", deposits.Deposits.as_view()),
    path("qr/generate", qr.QrCode.as_view(), name="qr_code"),
]
