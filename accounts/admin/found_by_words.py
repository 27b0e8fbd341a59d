"""Lists of people in the back office, searched as staff remember somebody."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import finding


class FoundByWords:
    """Mixin: a search asks `accounts.finding`, whose cost does not grow with the number of people."""

    search_fields: Any = ["email"]  # there is a box where there are some
    search_help_text: Any = _("the beginning of address or name, a part of the phone number, or the public id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(public_id__in=finding.find(search_term)), False
