"""Tokens of the admin API: made after a fresh confirmation, their secret shown once, revoked by whoever may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin import confirm
from core.admin.bases import ReadOnlyAdmin
from core.admin.states import Worded
from core.admin.verbs import Asked, Told, verb, whoever_has
from core.errors import Refused
from core.models import StaffToken
from core.staff_tokens import services
from fulfilment.api.admin.urls import scopes

_LIVES = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("a year"))]


class TokenForm(forms.Form):
    """`scopes` are those of the API that the reader has."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        help_text=_("What will use it: small letters, digits and hyphens. The audit trail says token:<name>."),
        widget=UnfoldAdminTextInputWidget,
    )
    days = forms.TypedChoiceField(
        label=_("Good for"), coerce=int, choices=_LIVES, initial=90, widget=UnfoldAdminSelectWidget
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("No more than it needs. What you may no longer do, it may no longer do."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [scope for scope in scopes() if user.has_perm(scope)]
        self.fields["scopes"].choices = [(scope, scope) for scope in mine]  # type: ignore[attr-defined]


@admin.register(StaffToken)
class StaffTokenAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = ["name", "made_by", "shown_state", "created_at", "expires_at", "last_used_at", "last_address"]
    list_select_related = ["made_by"]
    search_fields = ["name", "made_by__email"]
    exclude = ["scopes"]
    readonly_fields = ["shown_state", "shown_scopes"]
    actions_detail = ["revoke"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("core.add_stafftoken")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form; then, this once, the secret."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if (asked_first := confirm.first(request)) is not None:
            return asked_first
        return _making(request, self.admin_site.each_context(request) | {"opts": self.opts})

    @display(description=_("state"), label={"live": "success", "expired": "default", "revoked": "danger"})
    def shown_state(self, token: StaffToken) -> Worded:
        if token.revoked_at is not None:
            return Worded(("revoked", _("revoked")))
        return Worded(("live", _("live")) if token.is_live else ("expired", _("expired")))

    @display(description=_("What it may do"))
    def shown_scopes(self, token: StaffToken) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((scope,) for scope in token.scopes))

    has_revoke_permission = whoever_has("core.change_stafftoken", row=Q(revoked_at=None))

    @verb(
        _("Revoke"),
        icon="block",
        may="revoke",
        title=_("Shut this token out?"),
        text=_("At once and for good. Whatever uses it needs a new one."),
    )
    def revoke(self, asked: Asked, token: StaffToken) -> Told:
        if not services.revoke(token.pk, asked.by, asked.why):
            return Told.nothing_done(_("It was revoked before."))
        return Told(_("The token opens nothing any more."))


@never_cache
def _making(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form, secret, token = TokenForm(request.POST or None, user=request.user), "", None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        until = timezone.now() + timedelta(days=given["days"])
        try:
            token, secret = services.make(request.user, given["name"], given["scopes"], until)
        except Refused as refusal:
            for name, text in refusal.fields.items():
                form.add_error(name if name in form.fields else None, str(text))
    context |= {"title": _("New token of the admin API"), "form": form, "token": token, "secret": secret}
    return render(request, "fulfilment/admin/token.html", context)
