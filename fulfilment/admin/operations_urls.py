"""Addresses of the live page, under /admin/operations/."""

from django.urls import path

from fulfilment.admin import operations

urlpatterns = [
    path("", operations.live, name="operations"),
    path("suppliers/<slug:code>/<str:verb>/", operations.supplier, name="operations_supplier"),
    path("gateways/<slug:code>/<str:verb>/", operations.gateway, name="operations_gateway"),
    path("rows/<int:row_id>/again/", operations.again, name="operations_again"),
]
