"""The member's security: password, second factor, and the devices that are signed in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import mfa, passwords, sessions, signing_in
from accounts.models import Session, User
from accounts.pages import forms
from accounts.pages.common import count, member_act, members_only, show, to
from core import sealing
from core.errors import Refused
from payments.qr import svg
from storefront.pages.shop import Shop, in_shop

_CHANGE = (forms.CURRENT_PASSWORD, forms.NEW_PASSWORD, forms.CONFIRM_PASSWORD)
_DISABLE = (forms.CODE, forms.PASSWORD)


def _named(refusal: Refused) -> Refused:
    """The refusal, at the field it is about."""
    name = {"INVALID_PASSWORD": "password", "INVALID_MFA_CODE": "code"}.get(refusal.code)
    if name:
        refusal.fields[name] = refusal.message
    return refusal


def _page(request: HttpRequest, shop: Shop, user: User, part: str = "", refusal: Refused | None = None) -> HttpResponse:
    """The whole page; where `part` of it was refused, with the reason there."""

    def shown(name: str, fields: tuple[forms.Field, ...]) -> dict[str, Any]:
        refused = refusal if part == name else None
        return {"fields": forms.filled(fields, request, refused), "error": forms.words(refused, fields)}

    mine = signing_in.browser_session_id(request)
    context = {
        "has_password": user.has_usable_password(),
        "password": shown("password", _CHANGE),
        "is_mfa_active": mfa.is_active(user),
        "codes_left": mfa.backup_codes_left(user),
        "disable": shown("mfa", _DISABLE),
        "renew": shown("renew", _DISABLE),
        "devices": [
            {
                "id": row.pk.hex,
                "label": row.device,
                "address": row.address,
                "is_mine": row.pk.hex == mine,
                "is_app": row.kind == Session.Kind.API,
                "since": shop.clock(row.created_at),
                "seen": shop.clock(row.seen_at),
            }
            for row in sessions.live(user)
        ],
        "done": request.GET.get("done", "") if refusal is None else "",
    }
    return show(request, shop, "security", context, rest="security", status=refusal.status if refusal else 200)


@never_cache
@require_GET
@in_shop
@members_only
def security(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    return _page(request, shop, user)


@member_act
def password(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    try:
        count(request, "login")
        mine = signing_in.browser_session_id(request)
        passwords.change(user, *(forms.typed(request, field) for field in _CHANGE), session_id=mine or None)
    except Refused as refusal:
        if refusal.code == "INVALID_PASSWORD":
            refusal.fields["currentPassword"] = refusal.message
        return _page(request, shop, user, "password", refusal)
    signing_in.keep_browser(request, user)
    return to(shop, "security", done="password")


@member_act
def begin_mfa(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """The set-up's picture, secret and back-up codes; shown once."""
    try:
        count(request, "login")
        setup = mfa.enable(user)
    except Refused as refusal:
        return _page(request, shop, user, "mfa", refusal)
    return _setup_page(request, shop, {"uri": setup.uri, "secret": setup.secret, "codes": setup.backup_codes})


def _setup_page(
    request: HttpRequest, shop: Shop, setup: dict[str, Any], refusal: Refused | None = None
) -> HttpResponse:
    context = {
        "qr": svg(setup["uri"]),
        "secret": " ".join(setup["secret"][at : at + 4] for at in range(0, len(setup["secret"]), 4)),
        "codes": setup["codes"],
        # The codes are kept as hashes: to show them again after a slip, the page itself carries them, sealed.
        "sealed": sealing.seal(json.dumps(setup)),
        "fields": forms.filled((forms.APP_CODE,), request, refusal),
        "error": forms.words(refusal, (forms.APP_CODE,)),
    }
    return show(request, shop, "mfa_setup", context, rest="security", status=refusal.status if refusal else 200)


@member_act
def confirm_mfa(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    try:
        count(request, "login")
        mfa.confirm_setup(user, forms.typed(request, forms.APP_CODE))
    except Refused as refusal:
        try:
            setup = json.loads(sealing.unseal(request.POST.get("sealed", "")[:4000]))
        except ValueError:
            return _page(request, shop, user, "mfa", refusal)
        return _setup_page(request, shop, setup, refusal)
    return to(shop, "security", done="mfa")


@member_act
def disable_mfa(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    try:
        count(request, "login")
        mfa.disable(user, forms.typed(request, forms.PASSWORD), forms.typed(request, forms.CODE))
    except Refused as refusal:
        return _page(request, shop, user, "mfa", _named(refusal))
    return to(shop, "security", done="mfa-off")


@member_act
def renew_codes(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """Fresh back-up codes instead of all old ones; shown once."""
    try:
        count(request, "login")
        codes = mfa.renew_backup_codes(user, forms.typed(request, forms.PASSWORD), forms.typed(request, forms.CODE))
    except Refused as refusal:
        return _page(request, shop, user, "renew", _named(refusal))
    return show(request, shop, "backup_codes", {"codes": codes}, rest="security")


@member_act
def end_device(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """One other device is signed out, or all of them."""
    mine = signing_in.browser_session_id(request)
    asked = request.POST.get("device", "")
    if asked == "others":
        sessions.end_others(user, but=mine or None)
        return to(shop, "security", done="devices")
    try:
        session_id = UUID(hex=asked)
    except ValueError as problem:
        raise Http404 from problem
    if session_id.hex == mine:
        signing_in.log_out_browser(request)
        return to(shop, "sign-in")
    if not sessions.end(user, session_id, Session.End.OTHER_DEVICE):
        raise Http404
    return to(shop, "security", done="devices")
