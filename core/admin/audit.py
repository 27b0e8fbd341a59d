"""The audit trail in the back office: by who, what, about what and on which day, each by an index of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, pretty
from core.admin.bounded import DayFilter, Typed
from core.models import AuditEntry

#: Under these names a number is a subject of the trail: an invoice's, a customer's.
_PREFIXES = ("order:", "user:")
_SHORTEST_BEGINNING = 8


class Actor(Typed):
    title = _("who")
    parameter_name = "who"

    def fitting(self, typed: str) -> Q:
        return Q(actor=typed.lower() if "@" in typed else typed)


class Action(Typed):
    title = _("action")
    parameter_name = "what"

    def fitting(self, typed: str) -> Q:
        return Q(action=typed)


class Subject(Typed):
    title = _("about what: an invoice, a customer's id, or a row")
    parameter_name = "about"

    def fitting(self, typed: str) -> Q:
        typed = typed.lstrip("#")
        known = Q(subject__in=[typed, *(prefix + typed for prefix in _PREFIXES)])
        return known | Q(subject__startswith=typed) if len(typed) >= _SHORTEST_BEGINNING else known


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "subject", "why"]
    list_filter = [Actor, Action, Subject, DayFilter]
    list_filter_submit = True
    ordering = ["-at"]
    fields = ["at", "actor", "action", "subject", "why", "shown_before", "shown_after", "trace"]
    readonly_fields = ["shown_before", "shown_after"]

    @display(description=_("before"))
    def shown_before(self, entry: AuditEntry) -> str:
        return pretty(entry.before)

    @display(description=_("after"))
    def shown_after(self, entry: AuditEntry) -> str:
        return pretty(entry.after)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("core.view_auditentry"))
