"""Registering on a page, and proving the address by the link in the mail."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache

from accounts import registering, signing_in
from accounts.pages import forms
from accounts.pages.common import count, onward, show, to
from accounts.visitors import member_of
from core.errors import Refused
from storefront.orders import claiming
from storefront.pages.shop import Shop, in_shop

_NEW_PASSWORD = replace(forms.NEW_PASSWORD, name="password", label=forms.PASSWORD.label)
_REGISTER = (forms.FIRST_NAME, forms.LAST_NAME, forms.EMAIL, forms.PHONE, _NEW_PASSWORD, forms.CONFIRM_PASSWORD)


@never_cache
@in_shop
def register(request: HttpRequest, shop: Shop) -> HttpResponse:
    if member_of(request) is not None:
        return HttpResponseRedirect(onward(request, shop))
    refusal = None
    if request.method == "POST":
        try:
            count(request, "login")
            given = {field.name: forms.typed(request, field) for field in _REGISTER}
            user = registering.register(
                registering.Application(
                    first_name=given["firstName"],
                    last_name=given["lastName"],
                    email=given["email"],
                    phone=given["phoneNumber"],
                    password=given["password"],
                    confirmed=given["confirmPassword"],
                ),
                shop.region,
                shop.language,
            )
        except Refused as problem:
            refusal = problem
        else:
            return show(request, shop, "sent", {"email": user.email, "why": "verify"}, rest="register")
    context = {
        "fields": forms.filled(_REGISTER, request, refusal),
        "error": forms.words(refusal, _REGISTER),
        "next": onward(request, shop),
    }
    return show(request, shop, "register", context, rest="register", status=refusal.status if refusal else 200)


@never_cache
@in_shop
def verify(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The link of the mail leads here; a button proves the address, since mail programs open links by themselves."""
    email = (request.POST.get("email") or request.GET.get("email") or "")[:254].replace("\0", "")
    token = (request.POST.get("token") or request.GET.get("token") or "")[:200].replace("\0", "")
    refusal = None
    if request.method == "POST":
        try:
            count(request, "login")
            user = registering.verify(email, token)
            claiming.claim(user)
            signing_in.open_browser(request, user)
        except Refused as problem:
            refusal = problem
        else:
            return to(shop)
    context = {"email": email, "token": "" if refusal else token, "error": forms.words(refusal)}
    return show(request, shop, "verify", context, rest="verify", status=refusal.status if refusal else 200)


@never_cache
@in_shop
def resend(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Another link, the same words whether or not the address is known."""
    email = request.POST.get("email", "")[:254].replace("\0", "")
    refusal = None
    if request.method == "POST" and email:
        try:
            count(request, "resend")
            registering.resend(email)
        except Refused as problem:
            refusal = problem
        else:
            return show(request, shop, "sent", {"email": email, "why": "verify"}, rest="resend")
    context = {"fields": forms.filled((forms.EMAIL,), request, refusal), "error": forms.words(refusal)}
    return show(request, shop, "resend", context, rest="resend", status=refusal.status if refusal else 200)
