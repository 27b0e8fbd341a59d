"""Refunds: what is owed to whom, and the two decisions that only a person takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core.admin.bases import ReadOnlyAdmin, ReasonForm, back_to, money_column
from core.errors import Refused
from payments import refunds
from payments.models import Refund

STATE_LOOKS = {
    "REVIEW": "warning",
    "DUE": "info",
    "SENDING": "info",
    "SENT": "info",
    "DONE": "success",
    "MANUAL": "danger",
}


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "reference", "amount", "why", "shown_state", "payment", "attempts", "done_at"]
    list_filter = ["state", "why", "currency"]
    list_select_related = ["payment"]
    search_fields = ["reference", "gateway_id", "order__number", "order__email"]
    date_hierarchy = "created_at"
    exclude = ["state", "amount_minor"]
    readonly_fields = ["amount", "shown_state"]
    actions_detail = ["approve", "paid_by_hand"]

    amount = money_column("amount_minor", title=_("amount"))

    @display(description=_("state"), label=STATE_LOOKS)
    def shown_state(self, refund: Refund) -> str:
        return refund.state

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.change_refund"))

    @action(
        description=_("Approve"),
        icon="check_circle",
        permissions=["decide"],
        dialog={
            "title": _("Pay this money back?"),
            "description": _("It is sent by the gateway where the channel can, else it waits to be paid by hand."),
            "form_class": ReasonForm,
            "form_submit_text": _("Approve"),
        },
    )
    def approve(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.approve)

    @action(
        description=_("Paid by hand"),
        icon="payments",
        permissions=["decide"],
        dialog={
            "title": _("The customer has this money?"),
            "description": _("Say how it was paid. The ledger books it as paid outside the gateway; that is final."),
            "form_class": ReasonForm,
            "form_submit_text": _("It is paid"),
        },
    )
    def paid_by_hand(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.paid_by_hand)

    def _decided(
        self, request: HttpRequest, object_id: str, form: ReasonForm, decide: Callable[[int, str, str], Refund]
    ) -> HttpResponse:
        try:
            refund = decide(int(object_id), request.user.get_username(), form.cleaned_data["reason"])
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, refund.get_state_display())
        return back_to(request, reverse("admin:payments_refund_change", args=[object_id]))
