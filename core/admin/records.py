"""Regions, rates, mails, cases and the inbox in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm

from core import cases, inbox, mail, poison
from core.admin.bases import ReadOnlyAdmin, ShopAdmin, pretty, without_keys
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.bulk import OnlyWhoMay, bulk_verb
from core.admin.states import state_column
from core.admin.verbs import Asked, Told, verb, whoever_has
from core.models import ExchangeRate, InboxMessage, MailMessage, Region, SearchToken, StaffCase
from core.wake import wake

_STATE_LOOKS = {
    "NEW": "info",
    "QUEUED": "info",
    "OPEN": "warning",
    "FAILED": "danger",
    "DONE": "success",
    "SENT": "success",
}


@admin.register(Region)
class RegionAdmin(ShopAdmin):
    list_display = ["code", "country", "currency", "time_zone", "language", "is_default", "is_active", "position"]
    list_editable = ["position"]
    list_filter = ["is_active"]
    search_fields = ["code", "country", "currency"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # orders and users point at it; switch it off instead


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ShopAdmin):
    """Rates are added, never edited: yesterday's price has to be computable tomorrow (F21)."""

    list_display = ["base", "quote", "rate", "valid_from"]
    list_filter = ["base", "quote"]
    date_hierarchy = "valid_from"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        wake("fulfilment.reprice", "polls")  # prices that depend on it are computed anew at once

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MailMessage)
class MailMessageAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "template", "to", "about", "shown_state", "attempts", "sent_at"]
    list_filter = ["state"]
    search_fields = ["to", "about__startswith", "key"]
    exclude = ["context"]
    readonly_fields = ["shown_context"]
    actions_detail = ["send_again"]

    shown_state = state_column(_STATE_LOOKS)

    @display(description=_("context"))
    def shown_context(self, one: MailMessage) -> str:
        return pretty(without_keys(one.context))

    has_send_again_permission = whoever_has("core.change_mailmessage")

    @verb(
        _("Send again"),
        icon="forward_to_inbox",
        may="send_again",
        title=_("Send this mail once more?"),
        text=_("It goes to the same address, with what is in it now."),
        button=_("Send"),
    )
    def send_again(self, asked: Asked, one: MailMessage) -> Told:
        if not mail.send_again(one, asked.by, asked.why):
            return Told.nothing_done(_("It is on its way already."))
        return Told(_("The mail is on its way."))


@admin.register(StaffCase)
class StaffCaseAdmin(OnlyWhoMay, FoundByIndex, ReadOnlyAdmin):
    list_display = ["opened_at", "kind", "title", "about", "shown_state", "assigned_to", "resolved_by"]
    list_filter = ["state", ("kind", LatelyFilter)]
    list_select_related = ["resolved_by", "assigned_to"]
    search_fields = ["about__startswith", "key__startswith", "kind"]
    actions = ["take_all", "resolve_all"]
    fields = ["title", "kind", "shown_about", "shown_state", "opened_at", "assigned_to", "shown_evidence"]
    fields += ["actions_open", "resolved_at", "resolved_by", "resolution"]
    readonly_fields = ["shown_about", "shown_evidence", "shown_state", "actions_open"]
    actions_detail = ["try_again", "resolve", "take"]

    shown_state = state_column({"OPEN": "warning", "RESOLVED": "success"})

    @display(description=_("about"))
    def shown_about(self, case: StaffCase) -> str:
        """An invoice number leads to its order."""
        if not case.about.isupper():
            return case.about or "–"
        found = f"{reverse('admin:storefront_order_changelist')}?{urlencode({'q': case.about})}"
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', found, case.about)

    @display(description=_("evidence"))
    def shown_evidence(self, case: StaffCase) -> str:
        return pretty(case.evidence)

    @bulk_verb(_("Take them: assigned to me"), may="core.change_staffcase", text=_("Others see that you are at them."))
    def take_all(self, asked: Asked, case: StaffCase) -> bool:
        return cases.assign(case, asked.user, asked.user, asked.why)

    @bulk_verb(
        _("Resolve them"), may="core.change_staffcase",
        text=_("Say what was decided and why. It stays with each case and in the audit trail."),
    )  # fmt: skip
    def resolve_all(self, asked: Asked, case: StaffCase) -> bool:
        return cases.resolve(case, asked.user, asked.why)

    @verb(
        _("Take it"),
        icon="person_check",
        may="resolve",
        title=_("Is this case yours?"),
        text=_("Others see that you are at it. Anybody may still resolve it."),
        form=BaseDialogForm,
    )
    def take(self, asked: Asked, case: StaffCase) -> Told:
        if not cases.assign(case, asked.user, asked.user):
            return Told.nothing_done(_("It is yours already, or resolved."))
        return Told(_("It is yours."))

    has_resolve_permission = whoever_has("core.change_staffcase")

    @display(description=_("what may be done"))
    def actions_open(self, case: StaffCase) -> str:
        return format_html("<p>{}</p>", case.actions or "–")

    has_try_again_permission = whoever_has("core.change_staffcase", row=Q(kind=poison.CASE, state=StaffCase.State.OPEN))

    @verb(
        _("Try again"),
        icon="replay",
        may="try_again",
        title=_("Have it tried again?"),
        text=_("Say what was mended. The row goes on where it stood, and the case is resolved."),
    )
    def try_again(self, asked: Asked, case: StaffCase) -> Told:
        if not poison.try_again(case, asked.user, asked.why):
            return Told.nothing_done(_("Somebody had resolved it before."))
        return Told(_("It is tried again within seconds."))

    @verb(
        _("Resolve"),
        icon="check_circle",
        may="resolve",
        title=_("Resolve this case"),
        text=_("Say what was decided and why. It stays with the case and in the audit trail."),
    )
    def resolve(self, asked: Asked, case: StaffCase) -> Told:
        if not cases.resolve(case, asked.user, asked.why):
            return Told.nothing_done(_("Somebody had resolved it before."))
        return Told(_("The case is resolved."))


@admin.register(InboxMessage)
class InboxMessageAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["received_at", "party", "about", "shown_state", "is_authentic", "times", "attempts", "note"]
    list_filter = [("party", LatelyFilter), "state", "is_authentic", on_day("received_at")]
    list_filter_submit = True
    search_fields = ["about__startswith"]
    newest_searched = ("body", "note")
    search_help_text = _("invoice number; of the newest messages any text in them")
    exclude = ["headers", "body", "path", "key"]
    readonly_fields = ["shown_path", "shown_headers", "shown_body"]
    actions_detail = ["work_again"]

    shown_state = state_column(_STATE_LOOKS)

    @display(description=_("headers (secrets masked)"))
    def shown_headers(self, message: InboxMessage) -> str:
        return pretty(message.headers)

    @display(description=_("body"))
    def shown_body(self, message: InboxMessage) -> str:
        _path, body = inbox.readable(message)
        return format_html('<pre class="overflow-x-auto text-xs whitespace-pre-wrap">{}</pre>', body)

    @display(description=_("path"))
    def shown_path(self, message: InboxMessage) -> str:
        return inbox.readable(message)[0]

    has_work_again_permission = whoever_has("core.change_inboxmessage")

    @verb(
        _("Work off again"),
        icon="replay",
        may="work_again",
        title=_("Work this message off again?"),
        text=_("Its source is looked at as if it had just come in. What was done is not done twice."),
    )
    def work_again(self, asked: Asked, message: InboxMessage) -> Told:
        if not inbox.again(message, asked.by, asked.why):
            return Told.nothing_done(_("It waits to be worked off anyway, or is not authentic."))
        return Told(_("The message is worked off within seconds."))


@admin.register(SearchToken)
class SearchTokenAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["word", "kind", "target"]
    list_filter = [("kind", LatelyFilter)]
    search_fields = ["word__startswith", "target"]
