"""Verbs for many rows of a list: chosen, explained on a page of their own that asks why, then done one by one.

    @bulk_verb(_("Send again"), may="storefront.resend_order", text=_("What waits of them is tried at once."))
    def send_all_again(self, asked: Asked, order: Order) -> bool: ...

The method acts on one row and says whether it did something; what it raises as `Refused` is told of that row and stops
nothing. As it is safe to call twice, so is the button. Its name stands in the admin's `actions`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from unfold.decorators import action

from core.admin.verbs import Asked, reason_field
from core.errors import Refused, Text

MOST_ROWS = 100
_SHOWN_REFUSALS = 10
Acts = Callable[[Any, Asked, Any], bool]


class WhyForm(forms.Form):
    """Nobody acts on many rows without saying why."""

    reason = reason_field()


def bulk_verb(
    label: Text, *, may: str, text: Text, form: type[forms.Form] = WhyForm
) -> Callable[[Acts], Callable[..., HttpResponse | None]]:
    """Make of `method(self, asked, row)` an action of the list; `may` is its permission, `text` says what it does."""

    def of_method(acts: Acts) -> Callable[..., HttpResponse | None]:
        @wraps(acts)
        def done(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Model]) -> HttpResponse | None:
            if not request.user.has_perm(may):  # type: ignore[union-attr]
                raise PermissionDenied
            rows = list(queryset.order_by("pk")[: MOST_ROWS + 1])
            if len(rows) > MOST_ROWS:
                messages.error(request, gettext("At most %(most)d at a time, please.") % {"most": MOST_ROWS})
                return None
            asked_for = form(request.POST if "reason" in request.POST else None)
            if not asked_for.is_valid():
                context = {
                    **admin.site.each_context(request), "title": label, "text": text, "rows": rows, "form": asked_for,
                    "action": acts.__name__, "checkbox": ACTION_CHECKBOX_NAME, "opts": modeladmin.model._meta,
                }  # fmt: skip
                return render(request, "core/admin/bulk.html", context)
            _tell(request, *_act(acts, modeladmin, Asked(request, asked_for.cleaned_data), rows))
            return None

        named: Callable[..., HttpResponse | None] = action(description=label)(done)
        named.needs = may  # type: ignore[attr-defined]
        return named

    return of_method


def _act(acts: Acts, modeladmin: Any, asked: Asked, rows: list[Any]) -> tuple[int, int, list[str]]:
    changed, refusals = 0, []
    for row in rows:
        try:
            changed += bool(acts(modeladmin, asked, row))
        except Refused as refusal:
            refusals.append(f"{row}: {refusal.message}")
    return changed, len(rows) - changed - len(refusals), refusals


def _tell(request: HttpRequest, changed: int, untouched: int, refusals: list[str]) -> None:
    if changed:
        messages.success(request, gettext("Done for %(count)d.") % {"count": changed})
    if untouched:
        messages.warning(request, gettext("Nothing left to do for %(count)d.") % {"count": untouched})
    for told in refusals[:_SHOWN_REFUSALS]:
        messages.error(request, told)
    if len(refusals) > _SHOWN_REFUSALS:
        messages.error(
            request, gettext("… and %(count)d more were refused.") % {"count": len(refusals) - _SHOWN_REFUSALS}
        )


class OnlyWhoMay:
    """Mixin: the list offers the bulk verbs that the reader may do, and no others; nothing is deleted in bulk."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        return {
            name: one
            for name, one in found.items()
            if hasattr(one[0], "needs") and request.user.has_perm(one[0].needs)  # type: ignore[union-attr]
        }
