"""Refunds: what is owed to whom, how far it is, and the decisions that only a person takes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import User
from core import audit
from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, money_column
from core.admin.bounded import FoundByIndex
from core.admin.states import state_column
from core.admin.tables import moment_column
from core.admin.verbs import Asked, Told, verb, whoever_has
from payments import refunds
from payments.models import Payout, Refund, RefundEvent
from payments.money_back import accepting, links, payouts, second_person
from payments.schedule import NEVER

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
_MAY = "payments.change_refund"


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
        *("gateway_id", "attempts", "next_look", "error", "key", "created_at", "done_at"),
    ]
    readonly_fields = ["amount", "shown_state", "claim_link", "next_look"]
    inlines = [RefundEventInline, PayoutInline]
    actions_detail = ["approve", "accept", "decline", "prepare_by_hand", "confirm_paid", "send_again"]

    amount = money_column("amount_minor", title=_("amount"))
    next_look = moment_column("not_before", title=_("next look"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        refund = super().get_object(request, object_id, from_field)
        if refund is not None:
            refund.reader = request.user
        return refund

    shown_state = state_column(STATE_LOOKS)

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

    has_approve_permission = whoever_has(_MAY, row=Q(state=State.REVIEW))
    has_accept_permission = whoever_has(_MAY, row=Q(state=State.REVIEW, why=Why.AMOUNT))
    has_decline_permission = whoever_has(_MAY, row=Q(state=State.REVIEW, why=Why.GOODWILL))
    has_by_hand_permission = whoever_has(
        _MAY, "payments.change_payout", row=Q(state__in=[State.CLAIMABLE, State.REVIEW])
    )
    has_unanswered_permission = whoever_has(_MAY, row=Q(state=State.SENDING, not_before=NEVER))

    @verb(
        _("Approve"),
        icon="check_circle",
        may="approve",
        title=_("Pay all of this money back?"),
        text=_("Into the member's wallet, by the gateway where the channel can, else the guest is asked."),
        needs_confirmation=True,
    )
    def approve(self, asked: Asked, refund: Refund) -> Told:
        second_person.approve(refund, asked.user, asked.why)
        return _standing(refund)

    @verb(
        _("Accept and deliver"),
        icon="local_shipping",
        may="accept",
        title=_("Let this money pay the order?"),
        text=_("What is missing is the shop's loss, what is too much goes back. Then it is delivered."),
        needs_confirmation=True,
    )
    def accept(self, asked: Asked, refund: Refund) -> Told:
        accepting.accept(refund.pk, asked.by, asked.why)
        return _standing(refund)

    @verb(
        _("Decline"),
        icon="block",
        may="decline",
        title=_("Give nothing back?"),
        text=_("The refund that waited for a second person is withdrawn. The customer never heard of it."),
    )
    def decline(self, asked: Asked, refund: Refund) -> Told:
        second_person.decline(refund, asked.user, asked.why)
        return _standing(refund)

    @verb(
        _("Prepare a pay-out by hand"),
        icon="payments",
        may="by_hand",
        title=_("Pay it another way?"),
        text=_("For a customer no link can reach. Say to whom and how; another person approves and pays."),
        button=_("Prepare"),
        needs_confirmation=True,
    )
    def prepare_by_hand(self, asked: Asked, refund: Refund) -> Told:
        payout = payouts.prepare_by_hand(refund.pk, asked.user, asked.why)
        return Told(payout.get_state_display(), at=payout)

    @verb(
        _("The gateway paid it"),
        icon="done_all",
        may="unanswered",
        title=_("Does the gateway's list show this refund as paid?"),
        text=_("Look for its reference there. The ledger books it as paid; that is final."),
        button=_("It is paid"),
        needs_confirmation=True,
    )
    def confirm_paid(self, asked: Asked, refund: Refund) -> Told:
        refunds.confirm_paid(refund.pk, asked.by, asked.why)
        return _standing(refund)

    @verb(
        _("Send again"),
        icon="replay",
        may="unanswered",
        title=_("Is this refund missing in the gateway's list?"),
        text=_("It is asked for once more. Only if its reference is not there: else it is paid twice."),
        button=_("It is not there: send it again"),
        needs_confirmation=True,
    )
    def send_again(self, asked: Asked, refund: Refund) -> Told:
        refunds.send_again(refund.pk, asked.by, asked.why)
        return _standing(refund)


def _standing(refund: Refund) -> Told:
    refund.refresh_from_db()
    return Told(refund.get_state_display())
