"""Setting up the second factor that every member of staff needs: the app's picture, back-up codes, the first code."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import mfa, signing_in
from accounts.models import User
from accounts.pages.common import count
from accounts.pages.staff.entering import CODE_FIELD, onward
from core import audit, sealing
from core.errors import Refused
from payments.qr import svg


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits from your app."),
        widget=UnfoldAdminTextInputWidget(attrs=CODE_FIELD),
    )


@never_cache
def set_up(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """For staff who have shown their password minutes ago and have no second factor; others go where they belong."""
    user = request.user
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return _to_sign_in(request)
    if mfa.is_active(user) or not signing_in.is_fresh(request):
        # An old session's password may have been shown by somebody else.
        return HttpResponseRedirect(onward(request)) if site.has_permission(request) else _signed_out(request)
    try:
        if request.method != "POST":
            return _page(request, site, {})
        count(request, "login")
        if request.POST.get("step") != "confirm":
            made = mfa.enable(user)
            return _page(request, site, {"uri": made.uri, "secret": made.secret, "codes": made.backup_codes})
        mfa.confirm_setup(user, request.POST.get("code", "")[:20])
    except Refused as refusal:
        return _page(request, site, _shown_before(request), str(refusal.message))
    signing_in.keep_second_factor(request, user)
    audit.record(user.get_username(), "second factor set up", f"user:{user.public_id}")
    return HttpResponseRedirect(onward(request))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:login") + "?" + urlencode({"next": onward(request)}))


def _signed_out(request: HttpRequest) -> HttpResponse:
    signing_in.log_out_browser(request)
    return _to_sign_in(request)


def _shown_before(request: HttpRequest) -> dict[str, Any]:
    """What the page showed: codes are kept as hashes, so that the page itself carries them, sealed."""
    try:
        shown: dict[str, Any] = json.loads(sealing.unseal(request.POST.get("sealed", "")[:4000]))
    except ValueError:
        return {}
    return shown


def _page(request: HttpRequest, site: AdminSite, made: dict[str, Any], error: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Your second factor"),
        "form": FirstCodeForm(),
        "error": error,
        "next": onward(request),
    }
    if made:
        secret = made["secret"]
        context |= {
            "qr": svg(made["uri"]),
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            "codes": made["codes"],
            "sealed": sealing.seal(json.dumps(made)),
        }
    return TemplateResponse(request, "accounts/admin/second_factor.html", context)
