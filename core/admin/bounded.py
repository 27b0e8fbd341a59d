"""Lists that stay quick however many rows there are: nobody counts them all, and whatever is searched for is looked up
by an index of its own."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST_COUNTED = 5_000
_MOST_FOUND = 500


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than MOST_COUNTED: who wants to see more rows than that filters or searches."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        rows = self.object_list
        if isinstance(rows, QuerySet):
            # In the list's own order, so that the newest are counted by the index that also shows them.
            return min(rows.values("pk")[: MOST_COUNTED + 1].count(), MOST_COUNTED)
        return min(len(rows), MOST_COUNTED)


class FoundByIndex:
    """Mixin: `search_fields` are whole look-ups ("reference__startswith"), each asked by itself for what was typed, and
    for the same in capitals and in small letters, as our numbers and addresses are written. Joined by OR, none of
    their indexes would be used."""

    search_fields: Any = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\0", "").strip()
        if not term:
            return queryset, False
        found: set[Any] = set()
        for look_up in self.search_fields:
            for written in dict.fromkeys((term, term.upper().lstrip("#"), term.lower())):
                rows = queryset.model._default_manager.filter(**{look_up: written}).order_by()
                found.update(rows.values_list("pk", flat=True)[:_MOST_FOUND])
        return queryset.filter(pk__in=found), False
