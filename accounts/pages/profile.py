"""The member's own page of names, phone and picture; and the head's link with name and balance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import pictures, profile
from accounts.models import User
from accounts.pages import forms
from accounts.pages.common import count, members_only, show, to
from accounts.visitors import member_of
from core.errors import Refused
from core.phones import national
from core.pictures import MOST_BYTES, too_large
from payments.wallet.services import balances
from storefront.pages.shop import Shop, in_shop

_PROFILE = (forms.FIRST_NAME, forms.LAST_NAME, forms.PHONE)
_AROUND = 64 * 1024


@never_cache
@in_shop
@members_only
def profile_page(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    refusal = None
    if request.method == "POST":
        try:
            count(request, "reads")
            _update(request, user)
        except Refused as problem:
            refusal = problem
        else:
            return to(shop, "profile", done="profile")
    values = {
        "firstName": user.first_name,
        "lastName": user.last_name,
        "phoneNumber": national(user.phone) if user.phone else "",
    }
    context = {
        "member": user,
        "picture": profile.picture_url(user) if user.picture.startswith(pictures.FOLDER) else "",
        "fields": forms.filled(_PROFILE, request, refusal, values),
        "picture_error": refusal.fields.get("profilePicture", "") if refusal else "",
        "error": forms.words(refusal, _PROFILE),
        "done": request.GET.get("done", "") if refusal is None else "",
    }
    return show(request, shop, "profile", context, rest="profile", status=refusal.status if refusal else 200)


def _update(request: HttpRequest, user: User) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > MOST_BYTES + _AROUND:
        raise too_large(pictures.FIELD)
    if request.POST.get("picture") == "remove":
        profile.remove_picture(user)
        return
    upload = request.FILES.get("profilePicture")
    first, last, phone = (forms.typed(request, field) for field in _PROFILE)
    size = (upload.size or 0) if upload else 0
    profile.update(user, profile.Change(first, last, phone, upload.file if upload else None, size))


@never_cache
@require_GET
@in_shop
def head(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What the head says of the member: name, and the balance in the shop's currency."""
    user = member_of(request)
    balance = balances(user).get(shop.region.currency) if user else None
    return render(request, "accounts/fragments/head.html", {"member": user, "balance": balance})
