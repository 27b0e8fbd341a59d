"""Fresh confirmation: who moves money or gives rights has shown a password or a code within the last ten minutes.

Signing in counts. A verb with `needs_confirmation` shows this step inside its own dialog and then that dialog, with
whatever had been typed; nothing is done before. Pages ask `first`, which leads through `/admin/confirm/` and back.
"""

from __future__ import annotations

import json

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm

from accounts import signing_in
from accounts.pages.staff import confirming

_NOW = "confirmed_now"
# The step's dialog and the verb's take each other's place as a whole, title and button too.
_INTO_DIALOG = {"HX-Retarget": "#dialog", "HX-Reselect": "#dialog", "HX-Reswap": "outerHTML"}
_LONGEST = 20_000


class ProofDialog(BaseDialogForm):
    """`kept` carries what had been typed into the verb's own dialog."""

    proof = confirming.proof_field()
    kept = forms.CharField(required=False, widget=forms.HiddenInput)


def step(request: HttpRequest) -> HttpResponse | None:
    """The step that stands before a verb's dialog, or None where the reader may go on to it.

    When it was passed just now, the request has become one for the dialog with what was typed into it, not yet sent.
    """
    if confirming.FIELD in request.POST:
        kept = request.POST.get("kept", "")[:_LONGEST]
        refusal = confirming.tried(request)
        if refusal is not None:
            return _dialog(request, kept, str(refusal.message))
        request.POST = _typed(kept)  # type: ignore[assignment]
        setattr(request, _NOW, True)
        return None
    if signing_in.is_fresh(request):
        return None
    typed = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    return _dialog(request, json.dumps(typed) if typed else "")


def whole(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The verb's answer, taking the place of the step's dialog where that was passed just now."""
    if getattr(request, _NOW, False):
        return _into_dialog(response)
    return response


def unsent(form: type[BaseDialogForm]) -> type[BaseDialogForm]:
    """The dialog's form, which is shown again and not obeyed in the request that passed the step."""

    class Unsent(form):  # type: ignore[misc, valid-type]
        def is_valid(self) -> bool:
            return not getattr(self.request, _NOW, False) and bool(super().is_valid())

    return Unsent


def first(request: HttpRequest, back: str = "") -> HttpResponse | None:
    """For a page: where to confirm before it, and to come back to `back` (by default the page itself); None where
    somebody just has."""
    if signing_in.is_fresh(request):
        return None
    return HttpResponseRedirect(reverse("admin:confirm") + "?" + urlencode({"next": back or request.get_full_path()}))


def _dialog(request: HttpRequest, kept: str, error: str = "") -> HttpResponse:
    form = ProofDialog(request, initial={"kept": kept})
    if error:
        form = ProofDialog(request, data={"kept": kept, "_form_submitted": "True", confirming.FIELD: "x"})
        form.add_error(confirming.FIELD, error)
    given = {"title": confirming.TITLE, "description": confirming.TEXT}
    context = {"dialog": given, "form": form, "form_submit_text": _("Go on")}
    return _into_dialog(render(request, "unfold/helpers/dialog.html", context))


def _into_dialog(response: HttpResponse) -> HttpResponse:
    for name, value in _INTO_DIALOG.items():
        response.headers[name] = value
    return response


def _typed(kept: str) -> QueryDict:
    """What had been typed into the verb's dialog; nothing where it had not been open yet."""
    typed = QueryDict(mutable=True)
    try:
        for name, values in json.loads(kept) if kept else ():
            typed.setlist(str(name), [str(value) for value in values])
    except (ValueError, TypeError):
        return QueryDict()
    return typed
