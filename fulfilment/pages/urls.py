"""Addresses under an invoice where its owner does something about the delivery, and what works right now."""

from django.urls import path

from fulfilment.pages import codes, news, problem, promise, status

urlpatterns = [
    path("<shop:place>/status", status.status, name="status"),
    path("<shop:place>/invoices/<slug:number>/cancel", promise.cancel, name="invoice_cancel"),
    path("<shop:place>/invoices/<slug:number>/account", promise.correct, name="invoice_account"),
    path("<shop:place>/invoices/<slug:number>/codes", codes.codes, name="invoice_codes"),
    path("<shop:place>/invoices/<slug:number>/news", news.news, name="invoice_news"),
    path("<shop:place>/invoices/<slug:number>/problem", problem.report, name="invoice_problem"),
    path("<shop:place>/invoices/<slug:number>/problem/picture", problem.picture, name="invoice_problem_picture"),
]
