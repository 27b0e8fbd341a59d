"""The order's page, registered once, here: everything that happened to it, from the quote to the last transfer."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.filters import DateFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import FoundByIndex, LatelyFilter
from core.admin.bulk import OnlyWhoMay
from core.admin.states import state_column
from core.admin.tables import link
from fulfilment import searching
from fulfilment.admin.order_owner import OwnerVerbs
from fulfilment.admin.order_sections import OrderSections
from fulfilment.admin.order_verbs import OrderVerbs
from fulfilment.desk import dossier
from payments.admin.giving_back import GivesBack
from storefront.orders.models import Order, OrderEvent

STATE_LOOKS = {
    "PENDING": "info",
    "PAID": "info",
    "PROCESSING": "warning",
    "SUCCESS": "success",
    "FAILED": "danger",
    "EXPIRED": "default",
}


@admin.register(Order)
class OrderAdmin(OnlyWhoMay, OrderSections, OrderVerbs, OwnerVerbs, GivesBack, ReadOnlyAdmin):
    list_display = [
        "number",
        "shown_status",
        "product_name",
        "sku_name",
        "quantity",
        "account",
        "total",
        "channel_name",
        "created_at",
    ]
    list_filter = ["status", ("created_at", DateFieldListFilter), "region", "product"]
    list_per_page = 50
    search_fields = ["number"]
    search_help_text = _("invoice number, a part of player id or phone, nickname, e-mail, transaction or payment id")
    actions = ["check_all_again", "send_all_again"]
    actions_detail = [
        "check_again",
        "send_again",
        {"title": _("Set right"), "items": ["switch_supplier", "change_account", "cancel_order", "give_back"]},
        {"title": _("Customer"), "items": ["credit_wallet", "merge_guest"]},
        "write_note",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "shown_status"),
                    ("product_name", "sku_name"),
                    ("units", "page"),
                    ("account", "account_region"),
                    ("correction_shown", "delay_shown"),
                ]
            },
        ),
        (_("Notes"), {"fields": ["notes_shown"]}),
        (_("Cases"), {"fields": ["cases", "problems"]}),
        (_("Timeline"), {"fields": ["timeline"]}),
        (_("Customer"), {"fields": [("email", "phone"), ("region", "language"), "customer"]}),
        (
            _("Price"),
            {
                "fields": [
                    ("unit_price", "list_price", "quantity"),
                    ("subtotal", "discount", "promo_code"),
                    ("fee", "total", "channel_name"),
                    "cost",
                    "quote",
                ]
            },
        ),
        (_("Times"), {"fields": [("created_at", "expires_at"), ("paid_at", "ended_at")]}),
        (_("At the supplier"), {"fields": ["topups", "attempts", "codes"]}),
        (_("Money"), {"fields": ["payments", "captures", "refunds", "left_to_give_back", "ledger"]}),
        (_("Mails"), {"fields": ["mails", "chats"]}),
        (_("Webhooks and callbacks"), {"fields": ["messages_in"]}),
        (_("Audit trail"), {"fields": ["approvals_shown", "acts"]}),
    ]
    readonly_fields = [
        *("shown_status", "units", "page", "account", "correction_shown", "delay_shown", "notes_shown", "cases"),
        *("problems", "timeline", "customer", "total", "subtotal", "discount", "fee", "cost", "unit_price"),
        *("list_price", "quote", "topups", "attempts", "codes", "payments", "captures", "refunds", "ledger"),
        *("left_to_give_back", "mails", "chats", "messages_in", "approvals_shown", "acts"),
    ]

    total = money_column("total_minor", title=_("total"))
    subtotal = money_column("subtotal_minor", title=_("subtotal"))
    discount = money_column("discount_minor", title=_("discount"))
    fee = money_column("fee_minor", title=_("fee"))
    cost = money_column("cost_minor", title=_("cost of what was delivered"))
    unit_price = money_column("unit_price_minor", title=_("price"))
    list_price = money_column("list_price_minor", title=_("list price"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """By whatever a customer, a gateway or a supplier calls it."""
        if not search_term.strip():
            return queryset, False
        found = searching.find(search_term)
        if found.is_cut:
            messages.info(request, _("Very many fit: these are some of them. Type more of it."))
        return queryset.filter(pk__in=found.ids), False

    shown_status = state_column(STATE_LOOKS, "status", title=_("status"))

    @display(description=_("account"))
    def account(self, order: Order) -> str:
        return f"{order.inputs} · {order.nickname}" if order.nickname else order.inputs

    @display(description=_("units"))
    def units(self, order: Order) -> str:
        return str(
            _("%(delivered)d delivered, %(partly)d in part, %(failed)d failed, of %(quantity)d")
            % {
                "delivered": order.delivered,
                "partly": order.partly,
                "failed": order.failed,
                "quantity": order.quantity,
            }
        )

    @display(description=_("invoice"))
    def page(self, order: Order) -> str:
        url = f"/{order.language}-{order.region_id.lower()}/invoices/{order.number}"
        return format_html(
            '<a class="text-primary-600 underline" href="{}" target="_blank" rel="noopener">{}</a>', url, _("open")
        )

    @display(description=_("customer"))
    def customer(self, order: Order) -> str:
        return link("fulfilment_customer", order.user_id, order.user) if order.user_id else str(_("guest"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Order | None:
        """The order with what its page shows; the same one for every verb that asks during one request."""
        kept: dict[str, Order | None] = request.__dict__.setdefault("_orders", {})
        if object_id not in kept:
            kept[object_id] = dossier.find(object_id)
        return kept[object_id]


@admin.register(OrderEvent)
class OrderEventAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["at", "order", "before", "after", "by", "reason"]
    list_filter = [("after", LatelyFilter)]
    ordering = ["-pk"]
    list_select_related = ["order"]
    search_fields = ["order__number__startswith"]
