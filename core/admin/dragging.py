"""Lists whose rows are put in order by dragging (unfold's handle), on any page and under any filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms import BaseModelFormSet
from django.http import HttpRequest

if TYPE_CHECKING:
    FormSet = BaseModelFormSet[Any, Any]
else:
    FormSet = BaseModelFormSet  # not generic at run time

POSITION = "position"


class PlacedRows(FormSet):
    """What the theme sends after a drag is 0, 1, 2 … for the rows of the page. They share out the places that these
    rows had before, so that rows of other pages, or outside of a filter, stay where they are."""

    def clean(self) -> None:
        super().clean()
        forms = [form for form in self.forms if POSITION in getattr(form, "cleaned_data", {})]
        typed = [form.cleaned_data[POSITION] for form in forms]
        if len(forms) < len(self.forms) or sorted(typed) != list(range(len(forms))):
            return
        places = sorted(form.initial[POSITION] for form in forms)
        for index in range(1, len(places)):
            places[index] = max(places[index], places[index - 1] + 1)
        for form, place in zip(forms, (places[index] for index in typed), strict=True):
            form.cleaned_data[POSITION] = form.instance.position = place
            others = [name for name in form.changed_data if name != POSITION]
            form.changed_data = [*others, POSITION] if place != form.initial[POSITION] else others


class Dragged:
    """Mixin of a list with `position` among its editable columns."""

    ordering_field = POSITION
    hide_ordering_field = True

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **(kwargs | {"formset": PlacedRows}))  # type: ignore[misc]
