"""Top-ups and attempts; the two things a person may decide about an unknown outcome, each with a reason."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import FoundByIndex
from core.admin.states import state_column
from core.admin.tables import moment, moment_column, table
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from fulfilment import checking, deciding
from fulfilment.models import Attempt, HistoryRow, TopUp

_LOOKS = {
    "SENDING": "info",
    "ACCEPTED": "success",
    "DELIVERED": "success",
    "QUEUED": "info",
    "UNKNOWN": "warning",
    "REJECTED": "danger",
    "FAILED": "danger",
}
_UNKNOWN = Q(state=Attempt.State.UNKNOWN)
_OPEN = Q(ended_at=None, state__in=[Attempt.State.UNKNOWN, Attempt.State.ACCEPTED])
_BY_REFERENCE = ~Q(reference="")


class AdoptForm(ReasonForm):
    """Which row of the history is this purchase, and how that is known."""

    row = forms.IntegerField(
        label=_("Row of the supplier's history"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(TopUp)
class TopUpAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["id", "order", "unit", "piece", "part", "shown_state", "waits_for", "why", "cost"]
    list_display += ["next_look", "created_at", "ended_at"]
    exclude = ["not_before"]
    readonly_fields = ["next_look"]
    list_filter = ["state"]
    list_select_related = ["order", "part"]
    cost = money_column("cost_minor", currency="order.currency", title=_("cost"))
    next_look = moment_column("not_before", title=_("next look"))
    search_fields = ["order__number__startswith", "attempts__transaction_id"]

    shown_state = state_column(_LOOKS)


@admin.register(Attempt)
class AttemptAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["id", "order_number", "account", "product_code", "player_id", "shown_state", "verdict"]
    list_display += ["transaction_id", "sent_at", "answered_at"]
    list_filter = ["state", "verdict", "account"]
    list_select_related = ["topup__order", "account"]
    search_fields = ["transaction_id", "reference", "topup__order__number__startswith"]
    exclude = ["callback_token"]
    readonly_fields = ["cost", "rows_of_player"]
    actions_detail = ["adopt_row", "mark_not_made", "look_now", "mark_arrived", "mark_failed"]
    cost = money_column("cost_minor", currency="account.currency", title=_("cost"))

    @display(description=_("order"))
    def order_number(self, attempt: Attempt) -> str:
        return attempt.topup.order.number

    shown_state = state_column(_LOOKS)

    @display(description=_("this player's rows in the supplier's history"))
    def rows_of_player(self, attempt: Attempt) -> str:
        rows = HistoryRow.objects.filter(account_id=attempt.account_id, player_id=attempt.player_id)
        return table(
            [_("row"), _("transaction"), _("made"), _("product"), _("status"), _("first seen"), _("attempt")],
            [
                (
                    row.pk,
                    row.transaction_id,
                    moment(row.made_at),
                    row.product_name,
                    row.status,
                    moment(row.first_seen_at),
                    getattr(getattr(row, "attempt", None), "pk", "–"),
                )
                for row in rows.select_related("attempt")[:30]
            ],
        )

    has_decide_permission = whoever_has("fulfilment.change_attempt", row=_UNKNOWN)
    has_adopt_permission = whoever_has("fulfilment.change_attempt", row=_UNKNOWN & ~_BY_REFERENCE)
    has_settle_permission = whoever_has("fulfilment.change_attempt", row=_OPEN & _BY_REFERENCE)

    @verb(
        _("Adopt a row"),
        icon="link",
        may="adopt",
        title=_("This row is this purchase"),
        text=_("The unit goes on as the row says. Nothing is sent."),
        button=_("Adopt"),
        form=AdoptForm,
    )
    def adopt_row(self, asked: Asked, attempt: Attempt) -> Told:
        deciding.adopt(attempt, asked.said["row"], by=asked.by, why=asked.why)
        return Told(_("The row is adopted."))

    @verb(
        _("Mark as not made"),
        icon="replay",
        may="decide",
        title=_("The supplier never made this purchase"),
        text=_("It is bought once more. Only with the supplier's word for it: else it may arrive twice."),
        button=_("Not made: buy again"),
    )
    def mark_not_made(self, asked: Asked, attempt: Attempt) -> Told:
        deciding.not_made(attempt, by=asked.by, why=asked.why)
        return Told(_("The unit is bought once more."))

    @verb(
        _("Ask the supplier now"),
        icon="search",
        may="settle",
        title=_("How does this purchase stand?"),
        text=_("The identical call is made again, if its pause is over and the reference still holds."),
        button=_("Ask"),
    )
    def look_now(self, asked: Asked, attempt: Attempt) -> Told:
        if not checking.look(attempt.pk):
            return Told.nothing_done(_("It may not be asked for now: too soon after the last call, or too old."))
        audit.record(asked.by, "attempt asked for", f"attempt:{attempt.pk}", why=asked.why)
        return Told(_("The supplier was asked."))

    @verb(
        _("It arrived"),
        icon="check",
        may="settle",
        title=_("The supplier has delivered this purchase"),
        text=_("The unit ends as delivered. Only with the supplier's word for it."),
        button=_("Delivered"),
    )
    def mark_arrived(self, asked: Asked, attempt: Attempt) -> Told:
        deciding.arrived(attempt, by=asked.by, why=asked.why)
        return Told(_("The unit goes on."))

    @verb(
        _("It failed"),
        icon="close",
        may="settle",
        title=_("This purchase failed at the supplier"),
        text=_("The unit looks for another way, or its money goes back. Only with the supplier's word."),
        button=_("Failed"),
    )
    def mark_failed(self, asked: Asked, attempt: Attempt) -> Told:
        deciding.failed(attempt, by=asked.by, why=asked.why)
        return Told(_("The unit goes on."))
