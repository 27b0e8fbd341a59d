"""Signing in and out on pages: password or Google, then perhaps a code; and a forgotten password."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import google, google_members, passwords, sessions, signing_in
from accounts.models import User
from accounts.pages import forms
from accounts.pages.common import count, onward, show, to
from accounts.visitors import member_of
from core.errors import Refused
from storefront.orders import claiming
from storefront.pages.shop import Shop, in_shop, shop_at

_SIGN_IN = (forms.EMAIL, forms.PASSWORD)
_RESET = (forms.NEW_PASSWORD, forms.CONFIRM_PASSWORD)
# The values that must fit when Google sends the browser back, signed, for ten minutes.
_ERRAND_COOKIE = "google_errand"
_ERRAND_SECONDS = 600
_ERRAND_SALT = "accounts.google.errand"


@never_cache
@in_shop
def sign_in(request: HttpRequest, shop: Shop) -> HttpResponse:
    if member_of(request) is not None:
        return HttpResponseRedirect(onward(request, shop))
    refusal = None
    if request.method == "POST":
        try:
            count(request, "login")
            user = signing_in.check_credentials(
                forms.typed(request, forms.EMAIL), forms.typed(request, forms.PASSWORD), sessions.device_of(request)
            )
            return _enter(request, shop, user, onward(request, shop))
        except Refused as problem:
            refusal = problem
    return _sign_in_page(request, shop, refusal, onward(request, shop))


def _sign_in_page(request: HttpRequest, shop: Shop, refusal: Refused | None, leads_to: str) -> HttpResponse:
    context = {
        "fields": forms.filled(_SIGN_IN, request, refusal),
        "error": forms.words(refusal, _SIGN_IN),
        "is_unverified": refusal is not None and refusal.code == "EMAIL_NOT_VERIFIED",
        "email": forms.typed(request, forms.EMAIL),
        "done": request.GET.get("done", "") if request.method == "GET" else "",
        "next": leads_to,
    }
    return show(request, shop, "sign_in", context, rest="sign-in", status=refusal.status if refusal else 200)


def _enter(request: HttpRequest, shop: Shop, user: User, leads_to: str) -> HttpResponse:
    """Where a shown password or Google's word leads: to the page that was wanted, or to the code that is owed."""
    owed = signing_in.owed(user, shop.region.code)
    if owed is not None:
        return _code_page(request, shop, owed.token, leads_to)
    signing_in.open_browser(request, user, region_code=shop.region.code)
    return HttpResponseRedirect(leads_to)


def _code_page(
    request: HttpRequest, shop: Shop, token: str, leads_to: str, refusal: Refused | None = None
) -> HttpResponse:
    field = forms.filled((forms.CODE,), request)[0]
    context = {
        "fields": [replace(field, value="")],
        "error": forms.words(refusal),
        "mfa_token": token,
        "next": leads_to,
    }
    return show(request, shop, "code", context, rest="code", status=refusal.status if refusal else 200)


@never_cache
@require_POST
@in_shop
def code(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The second half of a sign-in."""
    token, leads_to = request.POST.get("mfaToken", "")[:2000], onward(request, shop)
    try:
        count(request, "login")
        user, claim = signing_in.pay_code(token, forms.typed(request, forms.CODE), sessions.device_of(request))
        signing_in.open_browser(request, user, region_code=claim.region_code, session_id=claim.session_id)
    except Refused as refusal:
        if refusal.code in ("INVALID_MFA_CODE", "RATE_LIMIT_EXCEEDED"):
            return _code_page(request, shop, token, leads_to, refusal)
        return _sign_in_page(request, shop, refusal, leads_to)
    return HttpResponseRedirect(leads_to)


@require_POST
@in_shop
def sign_out(request: HttpRequest, shop: Shop) -> HttpResponse:
    signing_in.log_out_browser(request)
    return HttpResponseRedirect(shop.url())


# --- A forgotten password ---


@never_cache
@in_shop
def forgot(request: HttpRequest, shop: Shop) -> HttpResponse:
    refusal = None
    email = forms.typed(request, forms.EMAIL)
    if request.method == "POST" and email.strip():
        try:
            count(request, "resend")
            passwords.forgot(email)
        except Refused as problem:
            refusal = problem
        else:
            return show(request, shop, "sent", {"email": email, "why": "reset"}, rest="forgot")
    context = {"fields": forms.filled((forms.EMAIL,), request, refusal), "error": forms.words(refusal)}
    return show(request, shop, "forgot", context, rest="forgot", status=refusal.status if refusal else 200)


@never_cache
@in_shop
def reset(request: HttpRequest, shop: Shop) -> HttpResponse:
    token = (request.POST.get("token") or request.GET.get("token") or "")[:200].replace("\0", "")
    refusal = None
    if request.method == "POST":
        try:
            count(request, "login")
            passwords.reset(token, *(forms.typed(request, field) for field in _RESET))
        except Refused as problem:
            refusal = problem
        else:
            return to(shop, "sign-in", done="reset")
    is_dead = not token or (refusal is not None and refusal.code in ("INVALID_TOKEN", "TOKEN_EXPIRED"))
    context = {
        "fields": forms.filled(_RESET, request, refusal),
        "error": forms.words(refusal, _RESET),
        "token": "" if is_dead else token,
    }
    return show(request, shop, "reset", context, rest="reset", status=refusal.status if refusal else 200)


# --- Google ---


def _redirect_uri() -> str:
    # One address for all languages and regions: Google wants to know it beforehand.
    return f"{settings.PUBLIC_BASE_URL}/account/google/callback"


@never_cache
@require_GET
@in_shop
def google_begin(request: HttpRequest, shop: Shop) -> HttpResponse:
    """To Google's page, with the values that have to fit on the way back in a cookie of this browser."""
    errand = google.Errand.fresh()
    kept = [errand.state, errand.nonce, errand.verifier, shop.prefix.strip("/"), onward(request, shop)]
    response = HttpResponseRedirect(google.authorize_url(errand, _redirect_uri(), language=shop.language))
    response.set_cookie(
        _ERRAND_COOKIE,
        signing.dumps(kept, salt=_ERRAND_SALT),
        max_age=_ERRAND_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@never_cache
@require_GET
def google_back(request: HttpRequest) -> HttpResponse:
    """Back from Google: somebody known is signed in, somebody new is a member now."""
    try:
        kept = signing.loads(request.COOKIES.get(_ERRAND_COOKIE, ""), salt=_ERRAND_SALT, max_age=_ERRAND_SECONDS)
        state, nonce, verifier, place, leads_to = kept
    except (signing.BadSignature, ValueError):
        return HttpResponseRedirect("/")
    return _google_entered(request, place, google.Errand(state, nonce, verifier), leads_to)


def _google_entered(request: HttpRequest, place: str, errand: google.Errand, leads_to: str) -> HttpResponse:
    shop = shop_at(place)

    @in_shop
    def entered(request: HttpRequest, shop: Shop) -> HttpResponse:
        try:
            count(request, "login")
            if request.GET.get("state") != errand.state or not request.GET.get("code"):
                raise Refused("INVALID_TOKEN", _("Signing in with Google was not finished."))
            person = google.exchange(request.GET["code"][:500], errand, _redirect_uri())
            user = google_members.member_or_new(person, shop.region, shop.language)
            claiming.claim(user)
            return _enter(request, shop, user, leads_to)
        except Refused as refusal:
            return _sign_in_page(request, shop, refusal, leads_to)

    response = entered(request, place=f"{shop.language}-{shop.region.code.lower()}")
    response.delete_cookie(_ERRAND_COOKIE)
    return response
