"""Addresses of the payments' part of the public API."""

from __future__ import annotations

from django.urls import path

from payments.api import deposits, invoices, mutations, orders, qr, reports, transactions

urlpatterns = [
    path("orders", orders.Orders.as_view()),
    path("invoices", invoices.Invoices.as_view()),
    path("transactions", transactions.Transactions.as_view()),
    path("mutations", mutations.Mutations.as_view()),
    path("reports", reports.Reports.as_view()),
    path("deposits/inquiries", deposits.DepositInquiries.as_view()),
    path("deposits", deposits.Deposits.as_view()),
    path("qr/generate", qr.QrCode.as_view(), name="qr_code"),
]
