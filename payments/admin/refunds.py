"""Refunds: what is owed to whom, how far it is, and the decisions that only a person takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import User
from core import audit
from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, back_to, money_column
from core.admin.bounded import FoundByIndex
from core.errors import Refused
from payments import refunds
from payments.models import Payout, Refund, RefundEvent
from payments.money_back import accepting, links, payouts
from payments.schedule import NEVER
from storefront.orders.models import Order

STATE_LOOKS = {
    "REVIEW": "warning",
    "DUE": "info",
    "SENDING": "info",
    "SENT": "info",
    "CLAIMABLE": "warning",
    "CLAIMED": "warning",
    "DONE": "success",
    "WITHDRAWN": "default",
}
State, Why = Refund.State, Refund.Why
Decision = Callable[[int, str, str], Refund | Order]


class RefundEventInline(ReadOnlyInline):
    model = RefundEvent
    fields = ["at", "after", "by", "note"]
    show_change_link = False


class PayoutInline(ReadOnlyInline):
    model = Payout
    fields = ["created_at", "masked", "state", "prepared_by", "approved_by", "bank_reference", "note"]


@admin.register(Refund)
class RefundAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = [
        "created_at",
        "reference",
        "amount",
        "why",
        "shown_state",
        "way",
        "payment",
        "expected_at",
        "done_at",
    ]
    list_filter = ["state", "why", "way"]
    list_select_related = ["payment"]
    search_fields = ["order__number__startswith", "reference", "gateway_id"]
    fields = [
        *("reference", "order", "payment", "amount", "why", "asked_by"),
        *("shown_state", "way", "wallet_of", "claim_link", "expected_at", "reminders"),
        *("gateway_id", "attempts", "not_before", "error", "key", "created_at", "done_at"),
    ]
    readonly_fields = ["amount", "shown_state", "claim_link"]
    inlines = [RefundEventInline, PayoutInline]
    actions_detail = ["approve", "accept", "decline", "prepare_by_hand", "confirm_paid", "send_again"]

    amount = money_column("amount_minor", title=_("amount"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        refund = super().get_object(request, object_id, from_field)
        if refund is not None:
            refund.reader = request.user
        return refund

    @display(description=_("state"), label=STATE_LOOKS)
    def shown_state(self, refund: Refund) -> str:
        return refund.state

    @display(description=_("link that claims it"))
    def claim_link(self, refund: Refund) -> str:
        """For a customer whose mail is lost: whoever gets it has the money, so that only who decides about refunds sees
        it, and that it was shown is kept."""
        reader = getattr(refund, "reader", None)
        if refund.state != State.CLAIMABLE or not isinstance(reader, User):
            return "–"
        if not reader.has_perm("payments.change_refund"):
            return "***"
        if not hasattr(refund, "link_shown"):  # a page asks for a column several times
            audit.record(reader.get_username(), "refund.link_shown", refund.reference)
            refund.link_shown = True  # type: ignore[attr-defined]
        return format_html('<code class="break-all">{}</code>', links.url(refund))

    # What may be done is shown only where it may: the services refuse it elsewhere.

    def _may(self, request: HttpRequest, object_id: Any, **fits: Any) -> bool:
        allowed = bool(request.user.has_perm("payments.change_refund"))
        return allowed and Refund.objects.filter(pk=object_id, **fits).exists()

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, state=State.REVIEW)

    def has_accept_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, state=State.REVIEW, why=Why.AMOUNT)

    def has_decline_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, state=State.REVIEW, why=Why.GOODWILL)

    def has_by_hand_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        allowed = bool(request.user.has_perm("payments.change_payout"))
        return allowed and self._may(request, object_id, state__in=[State.CLAIMABLE, State.REVIEW])

    def has_unanswered_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, state=State.SENDING, not_before=NEVER)

    @action(
        description=_("Approve"),
        icon="check_circle",
        permissions=["approve"],
        dialog={
            "title": _("Pay all of this money back?"),
            "description": _(
                "Into the member's wallet, by the gateway where the channel can, else the guest is asked."
            ),
            "form_class": ReasonForm,
            "form_submit_text": _("Approve"),
        },
    )
    def approve(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.approve)

    @action(
        description=_("Accept and deliver"),
        icon="local_shipping",
        permissions=["accept"],
        dialog={
            "title": _("Let this money pay the order?"),
            "description": _("What is missing is the shop's loss, what is too much goes back. Then it is delivered."),
            "form_class": ReasonForm,
            "form_submit_text": _("Accept and deliver"),
        },
    )
    def accept(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, accepting.accept)

    @action(
        description=_("Decline"),
        icon="block",
        permissions=["decline"],
        dialog={
            "title": _("Give nothing back?"),
            "description": _(
                "The refund that waited for a second person is withdrawn. The customer never heard of it."
            ),
            "form_class": ReasonForm,
            "form_submit_text": _("Decline"),
        },
    )
    def decline(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.decline)

    @action(
        description=_("Prepare a pay-out by hand"),
        icon="payments",
        permissions=["by_hand"],
        dialog={
            "title": _("Pay it another way?"),
            "description": _(
                "For a customer no link can reach. Say to whom and how; another person approves and pays."
            ),
            "form_class": ReasonForm,
            "form_submit_text": _("Prepare"),
        },
    )
    def prepare_by_hand(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        try:
            payout = payouts.prepare_by_hand(int(object_id), request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal.message))
            return back_to(request, reverse("admin:payments_refund_change", args=[object_id]))
        messages.success(request, payout.get_state_display())
        return back_to(request, reverse("admin:payments_payout_change", args=[payout.pk]))

    @action(
        description=_("The gateway paid it"),
        icon="done_all",
        permissions=["unanswered"],
        dialog={
            "title": _("Does the gateway's list show this refund as paid?"),
            "description": _("Look for its reference there. The ledger books it as paid; that is final."),
            "form_class": ReasonForm,
            "form_submit_text": _("It is paid"),
        },
    )
    def confirm_paid(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.confirm_paid)

    @action(
        description=_("Send again"),
        icon="replay",
        permissions=["unanswered"],
        dialog={
            "title": _("Is this refund missing in the gateway's list?"),
            "description": _("It is asked for once more. Only if its reference is not there: else it is paid twice."),
            "form_class": ReasonForm,
            "form_submit_text": _("It is not there: send it again"),
        },
    )
    def send_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, refunds.send_again)

    def _decided(self, request: HttpRequest, object_id: str, form: ReasonForm, decide: Decision) -> HttpResponse:
        try:
            decide(int(object_id), request.user.get_username(), form.cleaned_data["reason"])
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, Refund.objects.get(pk=object_id).get_state_display())
        return back_to(request, reverse("admin:payments_refund_change", args=[object_id]))
