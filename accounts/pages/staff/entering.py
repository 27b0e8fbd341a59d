"""The back office's sign-in: address and password, then a code; whoever has no second factor yet sets one up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts import mfa, sessions, signing_in
from accounts.models import User
from accounts.pages.common import count
from core.errors import Refused

CODE_FIELD = {"autocomplete": "one-time-code", "inputmode": "text", "autofocus": ""}


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "username", "autofocus": ""}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """The second half; `mfa_token` stands for the password that was shown."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits from your app, or one of your back-up codes."),
        widget=UnfoldAdminTextInputWidget(attrs=CODE_FIELD),
    )
    mfa_token = forms.CharField(max_length=2000, widget=forms.HiddenInput)


@never_cache
def sign_in(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page, or on to where somebody wanted to go. With `code` beside the password both halves are one request."""
    if request.method != "POST":
        return _on_or_page(request, site)
    try:
        count(request, "login")
        if request.POST.get("mfa_token"):
            return _code_paid(request, request.POST["mfa_token"])
        form = SignInForm(request.POST)
        if not form.is_valid():
            return _page(request, site, form)
        user = signing_in.check_credentials(
            form.cleaned_data["username"], form.cleaned_data["password"], sessions.device_of(request)
        )
        _ensure_is_staff(user)
        owed = signing_in.owed(user)
        if owed is None:
            signing_in.open_browser(request, user)
            return HttpResponseRedirect(_set_up_url(request))
        if request.POST.get("code"):
            return _code_paid(request, owed.token)
        return _page(request, site, CodeForm(initial={"mfa_token": owed.token}))
    except Refused as refusal:
        return _refused(request, site, refusal)


def _on_or_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    if site.has_permission(request):
        return HttpResponseRedirect(onward(request))
    user = request.user
    if isinstance(user, User) and user.is_active and user.is_staff and not mfa.is_active(user):
        return HttpResponseRedirect(_set_up_url(request))
    return _page(request, site, SignInForm())


def _code_paid(request: HttpRequest, token: str) -> HttpResponse:
    user, claim = signing_in.pay_code(token[:2000], request.POST.get("code", "")[:20], sessions.device_of(request))
    _ensure_is_staff(user)
    signing_in.open_browser(request, user, session_id=claim.session_id)
    return HttpResponseRedirect(onward(request))


def _ensure_is_staff(user: User) -> None:
    if not user.is_staff:
        raise signing_in.wrong_credentials()


def _refused(request: HttpRequest, site: AdminSite, refusal: Refused) -> HttpResponse:
    form: forms.Form = SignInForm(initial={"username": request.POST.get("username", "")[:254]})
    token = request.POST.get("mfa_token", "")
    if token and refusal.code in ("INVALID_MFA_CODE", "RATE_LIMIT_EXCEEDED"):
        form = CodeForm(initial={"mfa_token": token[:2000]})
    return _page(request, site, form, str(refusal.message))


def _page(request: HttpRequest, site: AdminSite, form: forms.Form, error: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Sign in"),
        "form": form,
        "error": error,
        "next": onward(request),
    }
    return TemplateResponse(request, "accounts/admin/sign_in.html", context)


def onward(request: HttpRequest) -> str:
    """Where entering leads: the page that was asked for, as far as it is the back office's, else its first one."""
    index = reverse("admin:index")
    asked = (request.POST.get("next") or request.GET.get("next") or "")[:500]
    is_ours = asked.startswith(index) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else index


def _set_up_url(request: HttpRequest) -> str:
    return reverse("admin:second_factor") + "?" + urlencode({"next": onward(request)})
