"""How the back office looks and what its menu shows, in the order of a working day; read by settings."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# Turmeric, in steps; the 600 carries white text at more than 4.5:1.
TURMERIC = {
    "50": "#fff9e8",
    "100": "#fff0c8",
    "200": "#ffe08f",
    "300": "#ffcf62",
    "400": "#ffc02b",
    "500": "#f5b301",
    "600": "#855700",
    "700": "#6f4900",
    "800": "#573900",
    "900": "#3d2e0a",
    "950": "#241a04",
}


def _list(title: Any, icon: str, name: str) -> dict[str, Any]:
    app, _dot, model = name.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{model}"),
    }


def _page(title: Any, icon: str, address: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(address),
        "permission": lambda request: request.user.has_perm(permission),
    }


def _group(title: Any, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": False, "items": list(entries)}


def theme(shop: str) -> dict[str, Any]:
    """The UNFOLD setting of a shop by that name."""
    return {
        "SITE_TITLE": shop,
        "SITE_HEADER": shop,
        "SITE_URL": "/",
        "SITE_ICON": lambda request: static("brand/favicon.svg"),
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("brand/favicon.svg")},
        ],
        "STYLES": [lambda request: static("css/back_office.css")],
        "SHOW_HISTORY": True,
        "DASHBOARD_CALLBACK": "fulfilment.admin.start.start",
        "COLORS": {"primary": TURMERIC},
        "SIDEBAR": {
            "show_search": True,
            "show_all_applications": True,
            "navigation": [
                _group(
                    _("Orders"),
                    _page(_("Order desk"), "support_agent", "desk", "core.view_staffcase"),
                    _list(_("Orders"), "receipt_long", "storefront.order"),
                    _list(_("Customers"), "groups", "fulfilment.customer"),
                    _list(_("Cases"), "front_hand", "core.staffcase"),
                    _list(_("Problem reports"), "report", "fulfilment.problemreport"),
                    _list(_("Refunds"), "undo", "payments.refund"),
                    _list(_("Approvals"), "how_to_reg", "core.approval"),
                    _list(_("Pay-outs"), "payments", "payments.payout"),
                    _list(_("Mails"), "mail", "core.mailmessage"),
                    _list(_("Messages"), "chat", "core.chatmessage"),
                ),
                _group(
                    _("Shop"),
                    _list(_("Products"), "stadia_controller", "storefront.product"),
                    _list(_("SKUs"), "diamond", "storefront.sku"),
                    _list(_("Prices"), "sell", "storefront.skuprice"),
                    _list(_("Margin rules"), "percent", "fulfilment.marginrule"),
                    _list(_("Drafts of prices"), "price_change", "fulfilment.pricedraft"),
                    _list(_("Endings of prices"), "decimal_decrease", "fulfilment.priceending"),
                    _list(_("Categories"), "category", "storefront.category"),
                    _list(_("Imports"), "table_view", "core.sheetimport"),
                    _list(_("Payment channels"), "qr_code_2", "storefront.channel"),
                    _list(_("Promos"), "redeem", "storefront.promo"),
                    _list(_("Banners"), "view_carousel", "storefront.banner"),
                    _list(_("Popups"), "campaign", "storefront.popup"),
                    _list(_("Questions"), "help", "storefront.question"),
                ),
                _group(
                    _("Opening"),
                    _list(_("Closing times of products"), "schedule", "storefront.productclosure"),
                    _list(_("Closing times of channels"), "event_busy", "storefront.channelclosure"),
                ),
                _group(
                    _("Money"),
                    _list(_("Payments"), "payments", "payments.payment"),
                    _list(_("Captures"), "move_to_inbox", "payments.capture"),
                    _list(_("Discrepancies"), "compare_arrows", "core.discrepancy"),
                    _list(_("Ledger"), "account_balance", "payments.transfer"),
                    _list(_("Accounts"), "account_balance_wallet", "payments.account"),
                    _list(_("Exchange rates"), "currency_exchange", "core.exchangerate"),
                    _list(_("Fees of gateways"), "percent", "payments.gatewayfee"),
                ),
                _group(
                    _("Supplier"),
                    _list(_("Supplier accounts"), "local_shipping", "fulfilment.supplieraccount"),
                    _list(_("Supplier products"), "inventory_2", "fulfilment.supplierproduct"),
                    _list(_("Products that came or went"), "sync_problem", "fulfilment.producttask"),
                    _list(_("Routes"), "alt_route", "fulfilment.route"),
                    _list(_("Parts of SKUs"), "call_split", "fulfilment.skupart"),
                    _list(_("Stocks of codes"), "key", "fulfilment.codestock"),
                    _list(_("Files of codes"), "upload_file", "fulfilment.codebatch"),
                    _list(_("Codes"), "password", "fulfilment.code"),
                    _list(_("Statements"), "account_balance", "fulfilment.statement"),
                    _list(_("Fundings"), "savings", "fulfilment.funding"),
                    _list(_("Attempts"), "send", "fulfilment.attempt"),
                    _list(_("Supplier history"), "history", "fulfilment.historyrow"),
                ),
                _group(
                    _("Operations"),
                    _page(_("Live"), "monitor_heart", "operations", "core.view_operations"),
                    _list(_("Incidents"), "warning", "core.incident"),
                    _list(_("Alert rules"), "rule", "core.alertrule"),
                    _list(_("Alert addresses"), "alternate_email", "core.alertaddress"),
                    _list(_("Silences"), "notifications_off", "core.alertsilence"),
                    _list(_("Status notices"), "campaign", "core.statusnotice"),
                ),
                _group(
                    _("House"),
                    _list(_("Users"), "group", "accounts.user"),
                    _list(_("Limits of one person"), "speed", "core.approvallimit"),
                    _list(_("Failed sign-ins"), "gpp_maybe", "accounts.failedsignin"),
                    {"title": _("Roles"), "icon": "shield_person", "link": reverse_lazy("admin:roles")},
                    _list(_("Tokens of the admin API"), "key_vertical", "core.stafftoken"),
                    _list(_("Regions"), "public", "core.region"),
                    _list(_("Inbox"), "inbox", "core.inboxmessage"),
                    _list(_("Audit trail"), "policy", "core.auditentry"),
                ),
            ],
        },
    }
