"""Addresses of the admin API, under /admin/v2/, and the scopes that its tokens can have."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from core.api import views as described
from core.api.staff import StaffView
from fulfilment.api.admin import about, desk, orders, refunds, reports, verbs

_VIEWS: dict[str, type[StaffView]] = {
    "me": about.Me,
    "orders": orders.Orders,
    "orders/<str:number>": orders.OneOrder,
    "orders/<str:number>/check-again": verbs.CheckAgain,
    "orders/<str:number>/send-again": verbs.SendAgain,
    "orders/<str:number>/switch-supplier": verbs.SwitchSupplier,
    "orders/<str:number>/cancel": verbs.Cancel,
    "orders/<str:number>/refund": verbs.GiveBack,
    "refunds": refunds.Refunds,
    "refunds/<str:reference>": refunds.OneRefund,
    "refunds/<str:reference>/approve": refunds.ApproveRefund,
    "refunds/<str:reference>/decline": refunds.DeclineRefund,
    "cases": desk.Cases,
    "cases/<int:number>/resolve": desk.ResolveCase,
    "discrepancies": desk.Discrepancies,
    "reports/figures": reports.FiguresReport,
}

#: Permissions that some call asks for; two more let the report say amounts.
SCOPES = sorted({scope for view in _VIEWS.values() for scope in view.scopes.values()} | {reports.SALES, reports.PROFIT})


def _nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Whatever is not an address here; else the back office would ask scripts to sign in."""
    raise Http404


urlpatterns = [
    path("schema", described.staff_schema, name="admin_api_schema"),
    path("docs", described.staff_docs, name="admin_api_docs"),
    *(path(route, view.as_view()) for route, view in _VIEWS.items()),
    path("<path:rest>", _nothing),
]
