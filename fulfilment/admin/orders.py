"""The order's page, registered once, here: everything that happened to it, from the quote to the last transfer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.filters import DateFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, money_column
from core.admin.bounded import FoundByIndex
from core.models import ChatMessage, InboxMessage, MailMessage, StaffCase
from core.money import Money
from fulfilment import searching
from fulfilment.models import Attempt, Code, Correction, TopUp
from payments.admin.giving_back import GivesBack
from payments.models import Capture, Payment, Refund, Transfer
from storefront.orders.models import Order, OrderEvent

STATE_LOOKS = {
    "PENDING": "info",
    "PAID": "info",
    "PROCESSING": "warning",
    "SUCCESS": "success",
    "FAILED": "danger",
    "EXPIRED": "default",
}


def moment(value: Any) -> str:
    return localtime(value).strftime("%d %b %Y %H:%M:%S") if value else "–"


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]]) -> SafeString | str:
    """Rows as a small table; a dash where there are none."""
    lines = [format_html_join("", '<td class="p-2 align-top">{}</td>', ((cell,) for cell in row)) for row in rows]
    if not lines:
        return "–"
    head = format_html_join("", '<th class="p-2 text-left font-semibold">{}</th>', ((one,) for one in heads))
    body = format_html_join(
        "", '<tr class="border-t border-base-200 dark:border-base-800">{}</tr>', ((line,) for line in lines)
    )
    return format_html(
        '<div class="overflow-x-auto"><table class="w-full text-sm"><tr>{}</tr>{}</table></div>', head, body
    )


def link(name: str, pk: Any, text: Any) -> SafeString:
    return format_html(
        '<a class="text-primary-600 underline" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text
    )


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = [
        "reference",
        "gateway",
        "channel",
        "amount",
        "received",
        "state",
        "gateway_id",
        "created_at",
        "settled_at",
    ]
    readonly_fields = ["amount", "received"]
    amount = money_column("amount_minor", title=_("asked for"))
    received = money_column("received_minor", title=_("received"))


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ["reference", "amount", "why", "state", "gateway_id", "error", "created_at", "done_at"]
    readonly_fields = ["amount"]
    amount = money_column("amount_minor", title=_("amount"))


class TopUpInline(ReadOnlyInline):
    model = TopUp
    fields = ["unit", "piece", "part", "state", "waits_for", "why", "cost", "not_before", "created_at", "ended_at"]
    readonly_fields = ["cost"]
    cost = money_column("cost_minor", currency="order.currency", title=_("cost"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[TopUp]:
        return super().get_queryset(request).select_related("order", "part")  # type: ignore[no-any-return]


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = ["at", "before", "after", "by", "reason", "note"]
    ordering = ["id"]
    show_change_link = False


class TransferInline(ReadOnlyInline):
    model = Transfer
    fields = ["at", "reason", "source", "target", "amount", "note"]
    readonly_fields = ["amount"]
    ordering = ["id"]
    amount = money_column("amount_minor", title=_("amount"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        return super().get_queryset(request).select_related("source", "target")  # type: ignore[no-any-return]


@admin.register(Order)
class OrderAdmin(GivesBack, ReadOnlyAdmin):
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
    inlines = [EventInline, PaymentInline, RefundInline, TopUpInline, TransferInline]
    actions_detail = ["give_back"]
    readonly_fields = [
        "shown_status",
        "left_to_give_back",
        "account",
        "total",
        "subtotal",
        "discount",
        "fee",
        "cost",
        "unit_price",
        "list_price",
        "units",
        "page",
        "captures",
        "attempts",
        "codes",
        "mails",
        "chats",
        "cases",
        "problems",
        "correction_shown",
        "messages_in",
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
                ]
            },
        ),
        (_("Customer"), {"fields": [("email", "phone"), ("region", "language"), "user"]}),
        (
            _("Price"),
            {
                "fields": [
                    ("unit_price", "list_price", "quantity"),
                    ("subtotal", "discount", "promo_code"),
                    ("fee", "total", "channel_name"),
                    "cost",
                ]
            },
        ),
        (_("Times"), {"fields": [("created_at", "expires_at"), ("paid_at", "ended_at")]}),
        (_("At the supplier"), {"fields": ["attempts", "codes"]}),
        (_("Money that came in"), {"fields": ["captures", "left_to_give_back"]}),
        (_("What the customer said and changed"), {"fields": ["problems", "correction_shown"]}),
        (_("Cases"), {"fields": ["cases"]}),
        (_("Mails"), {"fields": ["mails", "chats"]}),
        (_("Webhooks and callbacks"), {"fields": ["messages_in"]}),
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

    @display(description=_("status"), label=STATE_LOOKS)
    def shown_status(self, order: Order) -> str:
        return order.status

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

    @display(description=_("captures"))
    def captures(self, order: Order) -> str:
        rows = Capture.objects.filter(payment__order=order).select_related("payment")
        return table(
            [_("when"), _("payment"), _("gateway's id"), _("amount"), _("effect")],
            [
                (
                    moment(one.created_at),
                    one.payment.reference,
                    one.gateway_ref,
                    str(Money(one.amount_minor, one.currency)),
                    one.get_effect_display(),
                )
                for one in rows
            ],
        )

    @display(description=_("attempts"))
    def attempts(self, order: Order) -> str:
        rows = Attempt.objects.filter(topup__order=order).select_related("topup", "account").order_by("id")
        return table(
            [_("attempt"), _("state"), _("product"), _("sent, answered"), _("transaction"), _("answer")],
            [
                (
                    link("fulfilment_attempt", one.pk, f"{one.topup.unit}.{one.number} {one.account.name}"),
                    f"{one.get_state_display()} {one.verdict}".strip(),
                    f"{one.product_code} ({Money(one.cost_minor, one.account.currency)})",
                    format_html("{}<br>{}", moment(one.sent_at), moment(one.answered_at)),
                    one.transaction_id or "–",
                    format_html(
                        '<pre class="max-w-md overflow-x-auto whitespace-pre-wrap text-xs">{}</pre>{}',
                        f"{one.http_status or ''} {one.answer[:2000]}",
                        one.resolution,
                    ),
                )
                for one in rows
            ],
        )

    @display(description=_("codes"))
    def codes(self, order: Order) -> str:
        rows = Code.objects.filter(topup__order=order).select_related("topup").order_by("topup__unit")
        return table(
            [_("unit"), _("code"), _("sold"), _("first shown")],
            [
                (one.topup.unit, link("fulfilment_code", one.pk, one.masked), moment(one.sold_at), moment(one.seen_at))
                for one in rows
                if one.topup
            ],
        )

    @display(description=_("mails"))
    def mails(self, order: Order) -> str:
        rows = MailMessage.objects.filter(about=order.number).order_by("id")
        return table(
            [_("queued"), _("mail"), _("to"), _("state"), _("sent")],
            [
                (
                    moment(one.created_at),
                    link("core_mailmessage", one.pk, one.template),
                    one.to,
                    one.get_state_display(),
                    moment(one.sent_at),
                )
                for one in rows
            ],
        )

    @display(description=_("by messenger"))
    def chats(self, order: Order) -> str:
        rows = ChatMessage.objects.filter(about=order.number).select_related("link").order_by("id")
        return table(
            [_("queued"), _("message"), _("to"), _("state"), _("sent")],
            [
                (
                    moment(one.created_at),
                    link("core_chatmessage", one.pk, f"{one.link.get_channel_display()} {one.template}"),
                    one.link.address,
                    one.get_state_display(),
                    moment(one.sent_at),
                )
                for one in rows
            ],
        )

    @display(description=_("cases"))
    def cases(self, order: Order) -> str:
        rows = StaffCase.objects.filter(about=order.number).order_by("id")
        return table(
            [_("opened"), _("case"), _("state"), _("resolution")],
            [
                (
                    moment(one.opened_at),
                    link("core_staffcase", one.pk, one.title),
                    one.get_state_display(),
                    one.resolution,
                )
                for one in rows
            ],
        )

    @display(description=_("problem reports"))
    def problems(self, order: Order) -> str:
        rows = order.problems.order_by("id")
        return table(
            [_("reported"), _("topic"), _("text"), _("state"), _("answer")],
            [
                (
                    link("fulfilment_problemreport", one.pk, moment(one.created_at)),
                    one.get_topic_display(),
                    one.text,
                    one.get_state_display(),
                    one.answer,
                )
                for one in rows
            ],
        )

    @display(description=_("account corrected"))
    def correction_shown(self, order: Order) -> str:
        one = Correction.objects.filter(order=order).first()
        if one is None:
            return "–"
        before, after = (" - ".join(field["value"] for field in fields) for fields in (one.before, one.after))
        return f"{moment(one.at)}: {before} ({one.nickname_before or '–'}) → {after} ({one.nickname or '–'})"

    @display(description=_("messages"))
    def messages_in(self, order: Order) -> str:
        rows = InboxMessage.objects.filter(about=order.number).order_by("id")
        return table(
            [_("received"), _("from"), _("state"), _("times"), _("note")],
            [
                (
                    link("core_inboxmessage", one.pk, moment(one.received_at)),
                    one.party,
                    one.get_state_display(),
                    one.times,
                    one.note,
                )
                for one in rows
            ],
        )


@admin.register(OrderEvent)
class OrderEventAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["at", "order", "before", "after", "by", "reason"]
    list_filter = ["after"]
    list_select_related = ["order"]
    search_fields = ["order__number__startswith"]
