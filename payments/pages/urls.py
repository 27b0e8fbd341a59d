"""Addresses of the pages from the confirm sheet on."""

from django.urls import include, path

from payments.pages import invoice, refunds, track

urlpatterns = [
    path("<shop:place>/account/", include("payments.pages.account.urls")),
    path("<shop:place>/place", invoice.place, name="place"),
    path("<shop:place>/track", track.track, name="track"),
    path("<shop:place>/invoices/<slug:number>", invoice.invoice_page, name="invoice"),
    path("<shop:place>/invoices/<slug:number>/live", invoice.live, name="invoice_live"),
    path("<shop:place>/invoices/<slug:number>/check", invoice.check_again, name="invoice_check"),
    path("<shop:place>/invoices/<slug:number>/channel/<slug:code>", invoice.change, name="invoice_change"),
    path("<shop:place>/refunds/<str:token>", refunds.claim, name="claim"),
    path("invoices/<slug:number>", invoice.invoice_of_number),
]
