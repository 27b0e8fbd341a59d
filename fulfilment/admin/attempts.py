"""Top-ups and attempts; the two things a person may decide about an unknown outcome, each with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, ReasonForm, back_to, money_column
from core.admin.bounded import FoundByIndex
from fulfilment import checking, resolving
from fulfilment.admin.orders import moment, table
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


class AdoptForm(ReasonForm):
    """Which row of the history is this purchase, and how that is known."""

    row = forms.IntegerField(
        label=_("Row of the supplier's history"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(TopUp)
class TopUpAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["id", "order", "unit", "piece", "part", "shown_state", "waits_for", "why", "cost"]
    list_display += ["not_before", "created_at", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["order", "part"]
    cost = money_column("cost_minor", currency="order.currency", title=_("cost"))
    search_fields = ["order__number__startswith", "attempts__transaction_id"]

    @display(description=_("state"), label=_LOOKS)
    def shown_state(self, topup: TopUp) -> str:
        return topup.state


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

    @display(description=_("state"), label=_LOOKS)
    def shown_state(self, attempt: Attempt) -> str:
        return attempt.state

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

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        allowed = request.user.has_perm("fulfilment.change_attempt")
        return bool(allowed) and Attempt.objects.filter(pk=object_id, state=Attempt.State.UNKNOWN).exists()

    def has_adopt_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        by_history = Attempt.objects.filter(pk=object_id, reference="")
        return self.has_decide_permission(request, object_id) and by_history.exists()

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        allowed = request.user.has_perm("fulfilment.change_attempt")
        open_ones = Attempt.objects.filter(pk=object_id, ended_at=None).exclude(reference="")
        return bool(allowed) and open_ones.filter(state__in=("UNKNOWN", "ACCEPTED")).exists()

    @action(
        description=_("Adopt a row"),
        icon="link",
        permissions=["adopt"],
        dialog={
            "title": _("This row is this purchase"),
            "description": _("The unit goes on as the row says. Nothing is sent."),
            "form_class": AdoptForm,
            "form_submit_text": _("Adopt"),
        },
    )
    def adopt_row(self, request: HttpRequest, form: AdoptForm, object_id: str) -> HttpResponse:
        attempt = Attempt.objects.select_related("topup__order", "account", "product").get(pk=object_id)
        login, why = request.user.get_username(), form.cleaned_data["reason"]
        row = HistoryRow.objects.filter(
            pk=form.cleaned_data["row"], account_id=attempt.account_id, player_id=attempt.player_id, attempt=None
        ).first()
        if row is None or not resolving.adopt(attempt, row, by=login):
            messages.error(request, _("That row is not this player's, or one of the two was settled meanwhile."))
        else:
            audit.record(login, "attempt adopted", f"attempt:{attempt.pk}", after=row.transaction_id, why=why)
            messages.success(request, _("The row is adopted."))
        return back_to(request, reverse("admin:fulfilment_attempt_change", args=[object_id]))

    @action(
        description=_("Mark as not made"),
        icon="replay",
        permissions=["decide"],
        dialog={
            "title": _("The supplier never made this purchase"),
            "description": _("It is bought once more. Only with the supplier's word for it: else it may arrive twice."),
            "form_class": ReasonForm,
            "form_submit_text": _("Not made: buy again"),
        },
    )
    def mark_not_made(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        attempt = Attempt.objects.select_related("topup__order", "account").get(pk=object_id)
        login, why = request.user.get_username(), form.cleaned_data["reason"]
        until = resolving.may_come_about_until(attempt)
        if timezone.now() < until:
            at = timezone.localtime(until).strftime("%H:%M:%S")
            messages.error(request, _("Not before %(at)s: until then the supplier may still make it.") % {"at": at})
        elif resolving.not_created(attempt, by=login):
            audit.record(login, "attempt not made", f"attempt:{attempt.pk}", why=why)
            messages.success(request, _("The unit is bought once more."))
        else:
            messages.error(request, _("It was settled meanwhile."))
        return back_to(request, reverse("admin:fulfilment_attempt_change", args=[object_id]))

    @action(
        description=_("Ask the supplier now"),
        icon="search",
        permissions=["settle"],
        dialog={
            "title": _("How does this purchase stand?"),
            "description": _("The identical call is made again, if its pause is over and the reference still holds."),
            "form_class": ReasonForm,
            "form_submit_text": _("Ask"),
        },
    )
    def look_now(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        if checking.look(int(object_id)):
            login, why = request.user.get_username(), form.cleaned_data["reason"]
            audit.record(login, "attempt asked for", f"attempt:{object_id}", why=why)
            messages.success(request, _("The supplier was asked."))
        else:
            messages.warning(request, _("It may not be asked for now: too soon after the last call, or too old."))
        return back_to(request, reverse("admin:fulfilment_attempt_change", args=[object_id]))

    @action(
        description=_("It arrived"),
        icon="check",
        permissions=["settle"],
        dialog={
            "title": _("The supplier has delivered this purchase"),
            "description": _("The unit ends as delivered. Only with the supplier's word for it."),
            "form_class": ReasonForm,
            "form_submit_text": _("Delivered"),
        },
    )
    def mark_arrived(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._settle(request, form, object_id, arrived=True)

    @action(
        description=_("It failed"),
        icon="close",
        permissions=["settle"],
        dialog={
            "title": _("This purchase failed at the supplier"),
            "description": _("The unit looks for another way, or its money goes back. Only with the supplier's word."),
            "form_class": ReasonForm,
            "form_submit_text": _("Failed"),
        },
    )
    def mark_failed(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._settle(request, form, object_id, arrived=False)

    def _settle(self, request: HttpRequest, form: ReasonForm, object_id: str, *, arrived: bool) -> HttpResponse:
        attempt = Attempt.objects.select_related("topup__order", "account").get(pk=object_id)
        login, why = request.user.get_username(), form.cleaned_data["reason"]
        until = resolving.may_come_about_until(attempt)
        if not arrived and attempt.state == Attempt.State.UNKNOWN and timezone.now() < until:
            at = timezone.localtime(until).strftime("%H:%M:%S")
            messages.error(request, _("Not before %(at)s: until then the supplier may still make it.") % {"at": at})
        elif checking.settle(attempt, arrived=arrived, by=login):
            did = "attempt arrived" if arrived else "attempt failed"
            audit.record(login, did, f"attempt:{attempt.pk}", why=why)
            messages.success(request, _("The unit goes on."))
        else:
            messages.error(request, _("It was settled meanwhile."))
        return back_to(request, reverse("admin:fulfilment_attempt_change", args=[object_id]))
