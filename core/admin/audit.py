"""The audit trail in the back office: by who, what, about what and on which day, each by an index of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, pretty
from core.models import AuditEntry

#: Under these names a number is a subject of the trail: an invoice's, a customer's.
_PREFIXES = ("order:", "user:")
_SHORTEST_BEGINNING = 8


class Typed(TextFilter, ABC):
    """A filter into which something is typed; counts for nothing while empty."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        typed = (self.value() or "").replace("\0", "").strip()
        return queryset.filter(self.fitting(typed)) if typed else queryset

    @abstractmethod
    def fitting(self, typed: str) -> Q:
        """The entries for which that is typed."""


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


class Day(Typed):
    """By the clocks of the reader's back office."""

    title = _("day, as 2026-11-22")
    parameter_name = "day"

    def fitting(self, typed: str) -> Q:
        try:
            begins = timezone.make_aware(datetime.combine(date.fromisoformat(typed), time.min))
            ends = begins + timedelta(days=1)
        except (ValueError, OverflowError):
            return Q(pk=None)
        return Q(at__gte=begins, at__lt=ends)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "subject", "why"]
    list_filter = [Actor, Action, Subject, Day]
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
