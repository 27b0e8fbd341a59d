"""Addresses of the admin API, under /admin/v2/, and the scopes that its tokens can have."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from core.admin.sheets import all_sheets
from core.api import views as described
from core.api.staff import StaffView
from core.approvals import kinds
from core.sheets import rights
from fulfilment.api.admin import (
    about,
    accounts,
    approvals,
    customers,
    desk,
    notes,
    orders,
    payouts,
    refunds,
    reports,
    sheets,
    verbs,
)

_VIEWS: dict[str, type[StaffView]] = {
    "me": about.Me,
    "orders": orders.Orders,
    "orders/<str:number>": orders.OneOrder,
    "orders/<str:number>/check-again": verbs.CheckAgain,
    "orders/<str:number>/send-again": verbs.SendAgain,
    "orders/<str:number>/switch-supplier": verbs.SwitchSupplier,
    "orders/<str:number>/cancel": verbs.Cancel,
    "orders/<str:number>/refund": verbs.GiveBack,
    "orders/<str:number>/account-proposals": accounts.ProposeAccount,
    "orders/<str:number>/change-account": accounts.ChangeAccount,
    "orders/<str:number>/notes": notes.OrderNotes,
    "customers/<str:number>/credit": customers.Credit,
    "refunds": refunds.Refunds,
    "refunds/<str:reference>": refunds.OneRefund,
    "refunds/<str:reference>/approve": refunds.ApproveRefund,
    "refunds/<str:reference>/decline": refunds.DeclineRefund,
    "approvals": approvals.Approvals,
    "approvals/<int:number>": approvals.OneApproval,
    "approvals/<int:number>/approve": approvals.Approve,
    "approvals/<int:number>/refuse": approvals.Refuse,
    "payouts": payouts.Payouts,
    "payouts/<int:number>": payouts.OnePayout,
    "payouts/<int:number>/prepare": payouts.PreparePayout,
    "payouts/<int:number>/approve": payouts.ApprovePayout,
    "payouts/<int:number>/paid": payouts.PaidPayout,
    "payouts/<int:number>/return": payouts.ReturnPayout,
    "cases": desk.Cases,
    "cases/<int:number>/resolve": desk.ResolveCase,
    "discrepancies": desk.Discrepancies,
    "sheets": sheets.Sheets,
    "sheets/<slug:code>": sheets.SheetRows,
    "sheets/<slug:code>/imports": sheets.Imports,
    "imports/<int:number>": sheets.OneImport,
    "imports/<int:number>/publish": sheets.PublishImport,
    "imports/<int:number>/undo": sheets.UndoImport,
    "reports/figures": reports.FiguresReport,
}


def scopes() -> list[str]:
    """The permissions that some call asks for: its own, the report's for amounts, those of the sheets' tables, and what
    deciding as the second person takes."""
    found = {scope for view in _VIEWS.values() for scope in view.scopes.values()} | {reports.SALES, reports.PROFIT}
    found |= {kind.permission for kind in kinds.all_kinds()}
    for sheet in all_sheets().values():
        found |= {rights.named(verb, sheet) for verb in ("view", "add", "change")}
    return sorted(found)


@csrf_exempt  # as the addresses that there are: a script has no form
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Whatever is not an address here; else the back office would ask scripts to sign in."""
    raise Http404


urlpatterns = [
    path("schema", described.staff_schema, name="admin_api_schema"),
    path("docs", described.staff_docs, name="admin_api_docs"),
    *(path(route, view.as_view()) for route, view in _VIEWS.items()),
    path("", nothing),
    path("<path:rest>", nothing),
]
