"""Regions, rates, mails, cases, the audit trail and the inbox in the back office."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import audit, cases, inbox, mail, poison
from core.admin.bases import ReadOnlyAdmin, ReasonForm, ShopAdmin, back_to, pretty, without_keys
from core.admin.bounded import FoundByIndex
from core.models import AuditEntry, ExchangeRate, InboxMessage, MailMessage, Region, SearchToken, StaffCase

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

    @display(description=_("state"), label=_STATE_LOOKS)
    def shown_state(self, one: MailMessage) -> str:
        return one.state

    @display(description=_("context"))
    def shown_context(self, one: MailMessage) -> str:
        return pretty(without_keys(one.context))

    def has_send_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("core.change_mailmessage"))

    @action(
        description=_("Send again"),
        icon="forward_to_inbox",
        permissions=["send_again"],
        dialog={
            "title": _("Send this mail once more?"),
            "description": _("It goes to the same address, with what is in it now."),
            "form_class": ReasonForm,
            "form_submit_text": _("Send"),
        },
    )
    def send_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        one = MailMessage.objects.get(pk=object_id)
        mail.send_again(one, f"again:{one.pk}:{uuid4().hex}")
        audit.record(request.user.get_username(), "mail sent again", f"mail:{one.pk}", why=form.cleaned_data["reason"])
        messages.success(request, _("The mail is on its way."))
        return back_to(request, reverse("admin:core_mailmessage_changelist"))


@admin.register(StaffCase)
class StaffCaseAdmin(ReadOnlyAdmin):
    list_display = ["opened_at", "kind", "title", "about", "shown_state", "resolved_by"]
    list_filter = ["state", "kind"]
    list_select_related = ["resolved_by"]
    search_fields = ["title", "about", "key", "resolution"]
    date_hierarchy = "opened_at"
    fields = ["title", "kind", "about", "shown_state", "opened_at", "shown_evidence", "actions_open"]
    fields += ["resolved_at", "resolved_by", "resolution"]
    readonly_fields = ["shown_evidence", "shown_state", "actions_open"]
    actions_detail = ["try_again", "resolve"]

    @display(description=_("state"), label={"OPEN": "warning", "RESOLVED": "success"})
    def shown_state(self, case: StaffCase) -> str:
        return case.state

    @display(description=_("evidence"))
    def shown_evidence(self, case: StaffCase) -> str:
        return pretty(case.evidence)

    @display(description=_("what may be done"))
    def actions_open(self, case: StaffCase) -> str:
        return format_html("<p>{}</p>", case.actions or "–")

    def has_try_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        is_set_aside = StaffCase.objects.filter(pk=object_id, kind=poison.CASE, state=StaffCase.State.OPEN)
        return bool(request.user.has_perm("core.change_staffcase")) and is_set_aside.exists()

    @action(
        description=_("Try again"),
        icon="replay",
        permissions=["try_again"],
        dialog={
            "title": _("Have it tried again?"),
            "description": _("Say what was mended. The row goes on where it stood, and the case is resolved."),
            "form_class": ReasonForm,
            "form_submit_text": _("Try again"),
        },
    )
    def try_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        case = StaffCase.objects.get(pk=object_id)
        if poison.try_again(case, request.user, form.cleaned_data["reason"]):  # type: ignore[arg-type]
            messages.success(request, _("It is tried again within seconds."))
        else:
            messages.warning(request, _("Somebody had resolved it before."))
        return back_to(request, reverse("admin:core_staffcase_change", args=[case.pk]))

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("core.change_staffcase"))

    @action(
        description=_("Resolve"),
        icon="check_circle",
        permissions=["resolve"],
        dialog={
            "title": _("Resolve this case"),
            "description": _("Say what was decided and why. It stays with the case and in the audit trail."),
            "form_class": ReasonForm,
            "form_submit_text": _("Resolve"),
        },
    )
    def resolve(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        case = StaffCase.objects.get(pk=object_id)
        if cases.resolve(case, request.user, form.cleaned_data["reason"]):  # type: ignore[arg-type]
            messages.success(request, _("The case is resolved."))
        else:
            messages.warning(request, _("Somebody had resolved it before."))
        return back_to(request, reverse("admin:core_staffcase_change", args=[case.pk]))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "subject", "why"]
    list_filter = ["action"]
    search_fields = ["actor", "subject", "why"]
    date_hierarchy = "at"
    fields = ["at", "actor", "action", "subject", "why", "shown_before", "shown_after"]
    readonly_fields = ["shown_before", "shown_after"]

    @display(description=_("before"))
    def shown_before(self, entry: AuditEntry) -> str:
        return pretty(entry.before)

    @display(description=_("after"))
    def shown_after(self, entry: AuditEntry) -> str:
        return pretty(entry.after)


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "party", "about", "shown_state", "is_authentic", "times", "attempts", "note"]
    list_filter = ["party", "state", "is_authentic"]
    search_fields = ["=party", "about__istartswith", "body", "note"]
    search_help_text = _("party, invoice number, or any text in the message")
    date_hierarchy = "received_at"
    exclude = ["headers", "body", "path", "key"]
    readonly_fields = ["shown_path", "shown_headers", "shown_body"]
    actions_detail = ["work_again"]

    @display(description=_("state"), label=_STATE_LOOKS)
    def shown_state(self, message: InboxMessage) -> str:
        return message.state

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

    def has_work_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("core.change_inboxmessage"))

    @action(
        description=_("Work off again"),
        icon="replay",
        permissions=["work_again"],
        dialog={
            "title": _("Work this message off again?"),
            "description": _("Its source is looked at as if it had just come in. What was done is not done twice."),
            "form_class": ReasonForm,
            "form_submit_text": _("Work off again"),
        },
    )
    def work_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        message = InboxMessage.objects.get(pk=object_id)
        if inbox.again(message, request.user.get_username(), form.cleaned_data["reason"]):
            messages.success(request, _("The message is worked off within seconds."))
        else:
            messages.warning(request, _("It waits to be worked off anyway, or is not authentic."))
        return back_to(request, reverse("admin:core_inboxmessage_change", args=[message.pk]))


@admin.register(SearchToken)
class SearchTokenAdmin(ReadOnlyAdmin):
    list_display = ["word", "kind", "target"]
    list_filter = ["kind"]
    search_fields = ["word__startswith", "target"]
