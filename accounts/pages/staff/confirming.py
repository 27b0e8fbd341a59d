"""The page on which staff show once more that it is them; core.admin.confirm leads here, and holds the same step for
dialogs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts import signing_in
from accounts.pages.staff.entering import onward
from core.errors import Refused

FIELD = "proof"
TITLE = _("Show that it is you")
TEXT = _("This moves money or gives rights, and your last sign-in is a while ago. Nothing has happened yet.")


def proof_field() -> forms.CharField:
    return forms.CharField(
        label=_("Your password, or the six digits of your app"),
        max_length=128,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password", "autofocus": ""}),
    )


class ProofForm(forms.Form):
    proof = proof_field()


def tried(request: HttpRequest) -> Refused | None:
    """The proof that was sent is right and the session fresh, else why it is not."""
    try:
        signing_in.confirm(request, request.POST.get(FIELD, "")[:128])
    except Refused as refusal:
        return refusal
    return None


@never_cache
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    refusal = tried(request) if request.method == "POST" else None
    if request.method == "POST" and refusal is None:
        return HttpResponseRedirect(onward(request))
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": TITLE,
        "text": TEXT,
        "form": ProofForm(),
        "error": str(refusal.message) if refusal else "",
        "next": onward(request),
    }
    return TemplateResponse(request, "accounts/admin/confirm.html", context)
