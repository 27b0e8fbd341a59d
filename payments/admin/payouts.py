"""Pay-outs: one person prepares, another approves, pays and enters the bank's reference."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from core.admin.bases import ReadOnlyAdmin
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.states import state_column
from core.admin.verbs import Asked, Told, verb, whoever_has
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
class PayoutAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "refund", "amount", "masked", "shown_state", "prepared_by", "approved_by", "ended_at"]
    list_filter = ["state", ("method", LatelyFilter), ("refund__currency", LatelyFilter), on_day("created_at")]
    list_filter_submit = True
    list_select_related = ["refund"]
    search_fields = ["refund__reference", "refund__order__number__startswith", "bank_reference"]
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

    shown_state = state_column(STATE_LOOKS)

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

    has_prepare_permission = whoever_has("payments.change_payout", row=Q(state=State.ASKED))
    has_approve_permission = whoever_has("payments.approve_payout", row=Q(state=State.PREPARED))
    has_pay_permission = whoever_has("payments.approve_payout", row=Q(state=State.APPROVED))
    has_return_permission = whoever_has("payments.change_payout", row=Q(state__in=[*Payout.OPEN, State.PAID]))

    @verb(
        _("Prepare"),
        icon="fact_check",
        may="prepare",
        title=_("Account and amount are right?"),
        text=_("You vouch for both. Another person approves and pays."),
        button=_("Prepared"),
        needs_confirmation=True,
    )
    def prepare(self, asked: Asked, payout: Payout) -> Told:
        return Told(payouts.prepare(payout.pk, asked.user, asked.why).get_state_display())

    @verb(
        _("Approve"),
        icon="how_to_reg",
        may="approve",
        title=_("Approve, and pay it yourself now?"),
        text=_("From now on you alone pay it. Then enter the bank's reference here."),
        needs_confirmation=True,
    )
    def approve(self, asked: Asked, payout: Payout) -> Told:
        return Told(payouts.approve(payout.pk, asked.user, asked.why).get_state_display())

    @verb(
        _("Paid"),
        icon="done_all",
        may="pay",
        title=_("The money has left?"),
        text=_("The ledger books it and the customer is told."),
        button=_("It is paid"),
        form=PaidForm,
        needs_confirmation=True,
    )
    def mark_paid(self, asked: Asked, payout: Payout) -> Told:
        return Told(payouts.mark_paid(payout.pk, asked.user, asked.said["bank_reference"]).get_state_display())

    @verb(
        _("Could not be paid"),
        icon="undo",
        may="return",
        title=_("The account cannot be paid, or the bank sent the money back?"),
        text=_("The customer is asked for another account. What had been paid is owed again."),
        button=_("Ask the customer again"),
        needs_confirmation=True,
    )
    def return_it(self, asked: Asked, payout: Payout) -> Told:
        return Told(payouts.return_it(payout.pk, asked.user, asked.why).get_state_display())
