"""Lists that stay quick however many rows there are: nobody counts or sorts them all, and whatever is searched for or
filtered by is looked up by an index of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

MOST_COUNTED = 5_000
_MOST_FOUND = 500
_NEWEST = 2_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than MOST_COUNTED: who wants to see more rows than that filters or searches."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        rows = self.object_list
        if isinstance(rows, QuerySet):
            # In the list's own order, so that the newest are counted by the index that also shows them.
            return min(rows.values("pk")[: MOST_COUNTED + 1].count(), MOST_COUNTED)
        return min(len(rows), MOST_COUNTED)


class Bounded:
    """Mixin of a list that grows with the shop: it stands in its own order alone, and nothing counts all of it."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator: Any = CappedPaginator
    sortable_by: Any = ()


class FoundByIndex:
    """Mixin: `search_fields` are whole look-ups ("reference__startswith"), each asked by itself for what was typed, and
    for the same in capitals and in small letters, as our numbers and addresses are written. Joined by OR, none of
    their indexes would be used."""

    search_fields: Any = ()
    #: Texts that have no index: looked for among the newest rows alone.
    newest_searched: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\0", "").strip()
        if not term:
            return queryset, False
        return queryset.filter(pk__in=self.found(queryset.model._default_manager.order_by(), term)), False

    def found(self, rows: QuerySet[Any], term: str) -> set[Any]:
        """Primary keys of what is found by `term`, of each look-up so many at most."""
        found: set[Any] = set()
        for look_up in self.search_fields:
            for written in dict.fromkeys((term, term.upper().lstrip("#"), term.lower())):
                found.update(rows.filter(**{look_up: written}).values_list("pk", flat=True)[:_MOST_FOUND])
        if self.newest_searched:
            newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:_NEWEST])
            said = Q(*((f"{name}__icontains", term) for name in self.newest_searched), _connector=Q.OR)
            found.update(rows.filter(said, pk__in=newest).values_list("pk", flat=True))
        return found


class LatelyFilter(admin.AllValuesFieldListFilter):
    """Offers the values of the newest rows: reading all rows for their values would take as long as there are rows. An
    address with another value works."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model._default_manager.order_by("-pk").values_list(field_path, flat=True)[:_NEWEST]
        values = {value for value in newest if value not in (None, "")}
        self.lookup_choices = sorted(values | set(self.lookup_val or []))  # type: ignore[assignment]


class Typed(TextFilter, ABC):
    """A filter into which something is typed; counts for nothing while empty. Its list needs `list_filter_submit`."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = (self.value() or "").replace("\0", "").strip()
        return queryset.filter(self.fitting(typed)) if typed else queryset

    @abstractmethod
    def fitting(self, typed: str) -> Q:
        """The rows for which that is typed."""


class DayFilter(Typed):
    """By the clocks of the reader's back office. Instead of Django's `date_hierarchy`, which reads every row for the
    years and months there are."""

    title = _("day, as 2026-11-22")
    parameter_name = "day"
    column = "at"

    def fitting(self, typed: str) -> Q:
        try:
            begins = timezone.make_aware(datetime.combine(date.fromisoformat(typed), time.min))
            ends = begins + timedelta(days=1)
        except (ValueError, OverflowError):
            return Q(pk=None)
        return Q((f"{self.column}__gte", begins), (f"{self.column}__lt", ends))


def on_day(column: str) -> type[DayFilter]:
    """A filter by the day of `column`."""
    return type(f"DayOf_{column}", (DayFilter,), {"column": column})
