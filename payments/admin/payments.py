"""Payment attempts and what was captured on them."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, money_column, pretty
from core.admin.bounded import FoundByIndex, LatelyFilter
from core.admin.states import state_column
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.money import Money, NotAnAmount
from payments import looking
from payments.gateway_fees import services as gateway_fees
from payments.gateways.base import GatewayUnavailable
from payments.models import Capture, Payment
from payments.settling import BALANCE

STATE_LOOKS = {
    "OPENING": "info",
    "OPEN": "info",
    "SETTLED": "success",
    "FAILED": "danger",
    "EXPIRED": "warning",
    "CANCELLED": "warning",
}
EFFECT_LOOKS = {"PAID": "success", "LATE_PAID": "success", "SURPLUS": "danger"}


class FeeForm(ReasonForm):
    """What the gateway's bill says it kept of one capture."""

    amount = forms.DecimalField(
        label=_("Fee by the bill"), min_value=0, max_digits=15, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    field_order = ["amount", "reason"]


class CaptureInline(ReadOnlyInline):
    model = Capture
    fields = ["created_at", "gateway_ref", "amount", "effect", "captured_at"]
    readonly_fields = fields
    amount = money_column("amount_minor", title=_("amount"))


@admin.register(Payment)
class PaymentAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = [
        "created_at",
        "reference",
        "channel",
        "gateway",
        "amount",
        "received",
        "shown_state",
        "gateway_id",
        "settled_at",
    ]
    list_filter = ["state", ("channel__code", LatelyFilter)]
    list_select_related = ["channel", "channel__region"]
    search_fields = ["reference__startswith", "gateway_id", "deposit__number__startswith", "deposit__user__email"]
    exclude = ["instructions", "state", "amount_minor", "received_minor"]
    readonly_fields = ["amount", "received", "shown_state", "shown_instructions", "order_page"]
    inlines = [CaptureInline]
    actions_detail = ["look_now"]

    amount = money_column("amount_minor", title=_("asked for"))
    received = money_column("received_minor", title=_("received"))

    shown_state = state_column(STATE_LOOKS)

    @display(description=_("instructions"))
    def shown_instructions(self, payment: Payment) -> str:
        return pretty(payment.instructions)

    @display(description=_("order page"))
    def order_page(self, payment: Payment) -> str:
        if payment.order_id is None:
            page = reverse("admin:payments_deposit_change", args=[payment.deposit_id])
            return format_html('<a href="{}">{}</a>', page, payment.deposit)
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:storefront_order_change", args=[payment.order_id]),
            payment.order,
        )

    has_look_now_permission = whoever_has("payments.view_payment", "storefront.recheck_order")

    @verb(
        _("Look at the gateway now"),
        icon="refresh",
        may="look_now",
        title=_("How does this payment stand?"),
        text=_("The gateway is asked at once. Money that it has taken counts, a payment that ended there ends here."),
        button=_("Ask"),
    )
    def look_now(self, asked: Asked, payment: Payment) -> Told:
        if not payment.gateway_id:
            return Told.nothing_done(_("The gateway never told us its number for this payment."))
        audit.record(asked.by, "payment looked up", f"payment:{payment.reference}", before=payment.state, why=asked.why)
        try:
            looked = looking.look(payment, by=asked.by)
        except GatewayUnavailable as problem:
            return Told.refused(_("The gateway does not answer: %(why)s") % {"why": problem})
        return Told(_("The gateway says: %(standing)s") % {"standing": looked.standing})


@admin.register(Capture)
class CaptureAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "payment", "amount", "shown_effect", "gateway_ref", "captured_at"]
    list_filter = ["effect"]
    list_select_related = ["payment"]
    search_fields = ["gateway_ref", "payment__reference__startswith"]
    fields = [
        *("payment", "gateway", "gateway_ref", "amount", "kept", "shown_effect", "captured_at", "created_at"),
    ]
    readonly_fields = ["amount", "kept", "shown_effect"]
    actions_detail: ClassVar[list[str]] = ["set_fee"]

    amount = money_column("amount_minor", title=_("amount"))

    shown_effect = state_column(EFFECT_LOOKS, "effect", title=_("effect"))

    @display(description=_("the gateway kept, by the ledger"))
    def kept(self, capture: Capture) -> str:
        return str(Money(gateway_fees.booked(capture), capture.currency))

    has_fee_permission = whoever_has("payments.add_gatewayfee", row=~Q(gateway=BALANCE))

    @verb(
        _("Put the fee right"),
        icon="percent",
        may="fee",
        title=_("What did the gateway keep, by its bill?"),
        text=_("The ledger books the difference to what it says now. The terms of the channel stay as they are."),
        form=FeeForm,
        needs_confirmation=True,
    )
    def set_fee(self, asked: Asked, capture: Capture) -> Told:
        try:
            told = Money.of(asked.said["amount"], capture.currency)
        except NotAnAmount:
            return Told.refused(_("That is finer than the smallest coin."))
        more = Money(gateway_fees.set_right(capture.pk, told, asked.by, asked.why), capture.currency)
        return Told(_("Booked: %(more)s.") % {"more": more})
