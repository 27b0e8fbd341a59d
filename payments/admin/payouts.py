"""Pay-outs: one person prepares, another approves, pays and enters the bank's reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from core.admin.bases import ReadOnlyAdmin, ReasonForm, back_to
from core.errors import Refused
from payments.models import Payout
from payments.money_back import payouts

STATE_LOOKS = {"ASKED": "warning", "PREPARED": "warning", "APPROVED": "info", "PAID": "success", "RETURNED": "danger"}
State = Payout.State


class PaidForm(BaseDialogForm):
    """By which transfer it was paid."""

    bank_reference = forms.CharField(
        label=_("Bank's reference"), min_length=3, max_length=80, widget=UnfoldAdminTextInputWidget
    )


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "refund", "amount", "masked", "shown_state", "prepared_by", "approved_by", "ended_at"]
    list_filter = ["state", "method", "refund__currency"]
    list_select_related = ["refund"]
    search_fields = ["refund__reference", "refund__order__number", "bank_reference", "prepared_by", "approved_by"]
    date_hierarchy = "created_at"
    fields = [
        *("refund", "amount", "account", "shown_state"),
        *("prepared_by", "prepared_at", "approved_by", "approved_at", "bank_reference"),
        *("note", "created_at", "ended_at"),
    ]
    readonly_fields = ["amount", "shown_state", "account"]
    actions_detail = ["prepare", "approve", "mark_paid", "return_it"]

    @display(description=_("amount"), ordering="refund__amount_minor")
    def amount(self, payout: Payout) -> str:
        return str(payout.refund.amount)

    @display(description=_("state"), label=STATE_LOOKS)
    def shown_state(self, payout: Payout) -> str:
        return payout.state

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        payout = super().get_object(request, object_id, from_field)
        if payout is not None:
            payout.reader = request.user
        return payout

    @display(description=_("account"))
    def account(self, payout: Payout) -> str:
        """In clear while somebody has to pay it, for whoever may; that it was shown is kept."""
        reader = getattr(payout, "reader", None)
        if not isinstance(reader, User) or payout.state not in Payout.OPEN:
            return payout.masked
        if not reader.has_perm("payments.change_payout") and not reader.has_perm("payments.approve_payout"):
            return payout.masked
        if not hasattr(payout, "in_clear"):  # a page asks for a column several times, and each asking is kept
            payout.in_clear = payouts.account_of(payout, reader)  # type: ignore[attr-defined]
        to = payout.in_clear  # type: ignore[attr-defined]
        return format_html('<b class="text-base">{}</b><br>{}<br>{}', to.number, to.holder, payout.masked)

    def has_prepare_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "change_payout", State.ASKED)

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "approve_payout", State.PREPARED)

    def has_pay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "approve_payout", State.APPROVED)

    def has_return_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "change_payout", *Payout.OPEN, State.PAID)

    def _may(self, request: HttpRequest, object_id: Any, right: str, *states: State) -> bool:
        allowed = bool(request.user.has_perm(f"payments.{right}"))
        return allowed and Payout.objects.filter(pk=object_id, state__in=states).exists()

    @action(
        description=_("Prepare"),
        icon="fact_check",
        permissions=["prepare"],
        dialog={
            "title": _("Account and amount are right?"),
            "description": _("You vouch for both. Another person approves and pays."),
            "form_class": ReasonForm,
            "form_submit_text": _("Prepared"),
        },
    )
    def prepare(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, payouts.prepare, form.cleaned_data["reason"])

    @action(
        description=_("Approve"),
        icon="how_to_reg",
        permissions=["approve"],
        dialog={
            "title": _("Approve, and pay it yourself now?"),
            "description": _("From now on you alone pay it. Then enter the bank's reference here."),
            "form_class": ReasonForm,
            "form_submit_text": _("Approve"),
        },
    )
    def approve(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, payouts.approve, form.cleaned_data["reason"])

    @action(
        description=_("Paid"),
        icon="done_all",
        permissions=["pay"],
        dialog={
            "title": _("The money has left?"),
            "description": _("The ledger books it and the customer is told."),
            "form_class": PaidForm,
            "form_submit_text": _("It is paid"),
        },
    )
    def mark_paid(self, request: HttpRequest, form: PaidForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, payouts.mark_paid, form.cleaned_data["bank_reference"])

    @action(
        description=_("Could not be paid"),
        icon="undo",
        permissions=["return"],
        dialog={
            "title": _("The account cannot be paid, or the bank sent the money back?"),
            "description": _("The customer is asked for another account. What had been paid is owed again."),
            "form_class": ReasonForm,
            "form_submit_text": _("Ask the customer again"),
        },
    )
    def return_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, payouts.return_it, form.cleaned_data["reason"])

    def _done(
        self, request: HttpRequest, object_id: str, act: Callable[[int, User, str], Payout], said: str
    ) -> HttpResponse:
        assert isinstance(request.user, User)
        try:
            payout = act(int(object_id), request.user, said)
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, payout.get_state_display())
        return back_to(request, reverse("admin:payments_payout_change", args=[object_id]))
