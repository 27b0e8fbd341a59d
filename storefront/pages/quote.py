"""What the order page asks while it is filled in: is this the account, and the quote itself.

These posts move nothing and need no cookie, so that the page can be served ready to everyone; they are accepted from
the shop's own pages only. The quote's answer carries token and CSRF and is never cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.visitors import member_of
from core import regions
from core.errors import Refused
from core.money import Money
from core.web import throttle
from core.web.client import Client, client_of, with_device
from core.web.origin import own_pages_only
from storefront.catalogue.models import Product, ProductRegion
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.pages.product import product_context
from storefront.pages.promo import best_code, product_at, quantity_of
from storefront.pages.shop import Shop, around, in_shop
from storefront.players import services as players

# Contact has names of its own in the form: a wallet's phoneNumber is one of its product's inputs.
_NAMES = {"email": "contactEmail", "phoneNumber": "contactPhone"}


def _suggestion(shop: Shop, refusal: Refused) -> dict[str, str] | None:
    other = refusal.extra.get("suggestion")
    return {"name": other["productName"], "url": shop.url(other["productSlug"])} if other else None


@own_pages_only
@require_POST
@never_cache
@in_shop
def check(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The fragment beneath the account fields: the nickname, or why there is none and what to do."""
    client = client_of(request)
    product = product_at(shop, slug)
    context: dict[str, Any] = {"state": "bad"}
    status = 200
    try:
        throttle.check("account_inquiry", client.address_key, client.device_key)
        sold_in = ProductRegion.objects.get(product=product, region=shop.region)
        values = players.read_fields(list(product.fields.all()), request.POST, shop.region, lenient=True)
        players.check_operator(product, values, shop.region.code)
        checked = players.check(product, values, check_game=sold_in.check_game, region_code=shop.region.code)
    except Refused as refusal:
        # That there is no such account is an answer, not an error; only too many questions are one.
        status = refusal.status if refusal.code == "RATE_LIMIT_EXCEEDED" else 200
        context |= {"message": _first_words(refusal), "suggestion": _suggestion(shop, refusal)}
    else:
        if checked.nickname is None:
            context = {"state": "down"} if product.check_supplier else {"state": "none"}
        else:
            context = {"state": "ok", "nickname": checked.nickname, "region_name": _country(checked.region)}
    return render(request, "storefront/fragments/account_result.html", context, status=status)


def _first_words(refusal: Refused) -> str:
    return str(next(iter(refusal.fields.values()), refusal.message))


def _country(code: str) -> str:
    return next((region.country for region in regions.regions() if region.code == code), code)


def _phone(form: Mapping[str, str]) -> str:
    """Country prefix and number as one, however the number was typed; "" where none was."""
    number = form.get("contactPhone", "").strip()
    if not number or number.startswith(("+", "00")):
        return number
    dial = form.get("dialCode", "").strip()
    # Singapore has no trunk zero to drop (facts/accounts-validation.md §5).
    return dial + (number if dial == "+65" else number.lstrip("0")) if dial else number


@own_pages_only
@require_POST
@never_cache
@in_shop
def quote(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The confirm sheet with the locked price; 422 with what to look at again, nothing moved either way."""
    client, user = client_of(request), member_of(request)
    product = product_at(shop, slug)
    form = request.POST
    typed = form.get("promoCode", "").strip()
    try:
        throttle.check("order_inquiry", client.address_key, client.device_key)
        try:
            code = typed or best_code(form, shop, product, client, user)
            inquiry = _quoted(form, shop, product, client, user, code)
        except Refused as refusal:
            # The best code was the shop's own idea: when somebody else has just taken its last use, it goes without.
            if typed or not refusal.code.startswith("PROMO_"):
                raise
            inquiry = _quoted(form, shop, product, client, user, "")
    except Refused as refusal:
        return _look_again(request, shop, slug, product, refusal)
    context = confirm_context(shop, inquiry)
    template = "storefront/fragments/confirm_sheet.html"
    if not request.headers.get("HX-Request"):
        template = "storefront/confirm.html"
        context |= around(shop, slug) | {"product": {"url": shop.url(slug)}}
    return with_device(request, render(request, template, context))


def _quoted(
    form: Mapping[str, str], shop: Shop, product: Product, client: Client, user: User | None, promo_code: str
) -> Inquiry:
    ask = inquiries.Ask(
        product_code=product.code,
        sku_code=form.get("skuCode", ""),
        payment_code=form.get("paymentCode", ""),
        email=form.get("contactEmail", ""),
        phone=_phone(form),
        quantity=quantity_of(form),
        promo_code=promo_code,
        region_code=shop.region.code,
        data={key: form[key] for key in _inputs_of(product) if key in form},
    )
    return inquiries.quote(ask, client, user, shop.language, timezone.now())


def _inputs_of(product: Product) -> list[str]:
    return [field.key for field in product.fields.all()]


def confirm_context(shop: Shop, inquiry: Inquiry) -> dict[str, Any]:
    """The context of the confirm sheet for a fresh quote."""
    currency = inquiry.currency
    return {
        "quote": {
            "token": inquiries.token_of(inquiry),
            "nickname": inquiry.nickname,
            "inputs": inquiry.fields,
            "region": shop.region.country,
            "item": f"{inquiry.sku.name} · {inquiry.product.name}",
            "quantity": inquiry.quantity,
            "subtotal": str(Money(inquiry.subtotal_minor, currency)),
            "discount": str(Money(inquiry.discount_minor, currency)) if inquiry.discount_minor else "",
            "fee": str(Money(inquiry.fee_minor, currency)),
            "total": str(Money(inquiry.total_minor, currency)),
            "channel": {"name": inquiry.channel.name},
            "promo": {"code": inquiry.promo.code} if inquiry.promo else None,
            "expires_at": inquiry.expires_at.isoformat(),
            "seconds_left": max(0, int((inquiry.expires_at - timezone.now()).total_seconds())),
        },
        "place_url": shop.url("place"),
    }


def _look_again(request: HttpRequest, shop: Shop, slug: str, product: Product, refusal: Refused) -> HttpResponse:
    own = set(_inputs_of(product))
    errors = {_field_of(name, own): str(text) for name, text in refusal.fields.items()}
    if not errors:
        errors = {_blamed(refusal, product): " ".join(filter(None, (str(refusal.message), str(refusal.details))))}
    suggestion = _suggestion(shop, refusal)
    if request.headers.get("HX-Request"):
        context = {"errors": errors, "suggestion": suggestion}
        response = render(request, "storefront/fragments/form_errors.html", context, status=422)
    else:
        page = product_context(shop, slug, request.POST.dict(), errors, user=member_of(request)) | {
            "suggestion": suggestion
        }
        response = render(request, "storefront/product.html", page, status=422)
    for name, value in refusal.headers.items():
        response.headers[name] = value
    return response


def _field_of(name: str, own: set[str]) -> str:
    return name if name in own else _NAMES.get(name, name)


def _blamed(refusal: Refused, product: Product) -> str:
    """The part of the form that a refusal without fields is about."""
    if refusal.code.startswith("PROMO_"):
        return "promoCode"
    if refusal.code in ("ACCOUNT_NOT_FOUND", "INCONSISTENT_PROVIDER", "CHECK_UNAVAILABLE"):
        return product.player_field
    if refusal.code in ("INVALID_PAYMENT_METHOD", "AMOUNT_TOO_LOW", "AMOUNT_TOO_HIGH", "UNAUTHORIZED"):
        return "paymentCode"
    return "skuCode"
