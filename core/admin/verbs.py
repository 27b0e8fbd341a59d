"""What staff do to one row of the back office: a button on its page, a dialog that asks why, a service, a word back.

    has_approve_permission = whoever_has("payments.change_refund", row=Q(state="REVIEW"))

    @verb(
        _("Approve"), icon="check_circle", may="approve",
        title=_("Pay all of this money back?"), text=_("Into the member's wallet, else by the gateway."),
    )
    def approve(self, asked: Asked, refund: Refund) -> Told:
        refunds.approve(refund.pk, asked.by, asked.why)
        return Told(_("Approved."))

The verb's name stands in the admin's `actions_detail`. Its service refuses by raising `core.errors.Refused`, records
who did it and why, and is safe to call twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core import audit
from core.admin import confirm
from core.errors import Refused, Text


def reason_field() -> forms.CharField:
    return forms.CharField(label=_("Reason"), min_length=5, max_length=500, widget=UnfoldAdminTextareaWidget)


class ReasonForm(BaseDialogForm):
    """A dialog that lets nobody act without saying why."""

    reason = reason_field()


@dataclass(frozen=True)
class Asked:
    """Who asks for a verb, and what they said in its dialog."""

    request: HttpRequest
    said: Mapping[str, Any]

    @property
    def user(self) -> Any:
        """The member of staff: an accounts.User, which core does not know."""
        return self.request.user

    @property
    def by(self) -> str:
        """The name under which the audit trail keeps it."""
        return self.request.user.get_username()

    @property
    def why(self) -> str:
        """The reason given; only with a `ReasonForm`."""
        return str(self.said["reason"])


@dataclass(frozen=True)
class Told:
    """What whoever asked is told, and on whose page: the row's own, or that of the row that came of it."""

    text: Text
    level: int = messages.SUCCESS
    at: Model | None = None

    @classmethod
    def nothing_done(cls, why: Text) -> Told:
        """It was done before, or need not be."""
        return cls(why, messages.WARNING)

    @classmethod
    def refused(cls, why: Text) -> Told:
        return cls(why, messages.ERROR)


Does = Callable[[Any, Asked, Any], Told | HttpResponse]


def verb(
    label: Text,
    *,
    icon: str,
    may: str,
    title: Text,
    text: Text,
    button: Text | None = None,
    form: type[BaseDialogForm] = ReasonForm,
    needs_confirmation: bool = False,
) -> Callable[[Does], Callable[..., HttpResponse]]:
    """Make of `method(self, asked, row)` a button called `label`, whose dialog has `title`, `text`, the fields of
    `form` and a button `button`, which is called like the first one where it is not given.

    `may` names the admin's `has_<may>_permission(request, object_id)`, easily made by `whoever_has`. It is asked before
    the button is shown and before anything is done. (Unfold takes a permission's own name too, but looks for that in
    the database whenever the system is checked, also before there is one.)
    With `needs_confirmation` (money, rights) whoever asks has shown password or code minutes ago, or does it now.
    The method is called with a valid form only. What it tells, or what it raises as `Refused`, is shown on the row's
    page; a response of its own is given as it is.
    """
    submit = label if button is None else button

    def of_method(does: Does) -> Callable[..., HttpResponse]:
        @wraps(does)
        def done(admin: ModelAdmin, request: HttpRequest, filled: BaseDialogForm, object_id: str) -> HttpResponse:
            row = admin.get_object(request, unquote(object_id))
            if row is None:
                raise Http404
            asked = Asked(request, filled.cleaned_data)
            try:
                with audit.watched() as recorded:
                    told = does(admin, asked, row)
            except Refused as refusal:
                told = Told.refused(refusal.message)
            if not recorded and isinstance(told, Told) and told.level == messages.SUCCESS:
                # Services record what they do in words of their own; what none did still has its entry.
                did, why = does.__name__.replace("_", " "), str(asked.said.get("reason", ""))
                audit.record(asked.by, did, audit.subject_of(row), why=why)
            if isinstance(told, HttpResponse):
                return told
            messages.add_message(request, told.level, str(told.text))
            return back_to(request, page_of(told.at or row))

        used = confirm.unsent(form) if needs_confirmation else form
        dialog = {"title": title, "description": text, "form_class": used, "form_submit_text": submit}
        acted: Callable[..., HttpResponse] = action(description=label, icon=icon, permissions=[may], dialog=dialog)(
            done
        )
        return _after_confirmation(acted, may) if needs_confirmation else acted

    return of_method


def _after_confirmation(acted: Callable[..., HttpResponse], may: str) -> Callable[..., HttpResponse]:
    @wraps(acted)  # with the attributes by which Unfold knows a button
    def confirmed(admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
        if not getattr(admin, f"has_{may}_permission")(request, object_id):
            raise PermissionDenied
        return confirm.step(request) or confirm.whole(request, acted(admin, request, object_id=object_id))

    return confirmed


def whoever_has(*permissions: str, row: Q | None = None) -> Callable[..., bool]:
    """A `has_<may>_permission` of an admin: the reader has all `permissions`, and the row is as the verb needs it.

    What may be done is shown only where it may; that nothing else is done is the services' to see to.
    """

    def has_permission(admin: ModelAdmin, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perms(permissions):  # type: ignore[union-attr]
            return False
        return row is None or admin.model._base_manager.filter(row, pk=object_id).exists()

    return has_permission


def page_of(row: Model) -> str:
    """The address of the row's page in the back office."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def back_to(request: HttpRequest, url: str) -> HttpResponse:
    """After a dialog: on to `url`, by htmx or without it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
