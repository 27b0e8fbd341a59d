"""What the order page asks while it is filled in: is this the account, does this promo hold, and the quote itself.

These posts move nothing and need no cookie, so that the page can be served ready to everyone; they are accepted from
the shop's own pages only. The quote's answer carries token and CSRF and is never cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core import regions
from core.errors import Refused
from core.money import Money
from core.translated import pick
from core.web import throttle
from core.web.client import Client, client_of, with_device
from core.web.origin import own_pages_only
from storefront.catalogue.models import Product, ProductRegion
from storefront.catalogue.services import Offer, find_offer
from storefront.channels.models import Channel
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.pages.product import product_context
from storefront.pages.shop import Shop, around, in_shop
from storefront.players import services as players
from storefront.promos import services as promos

# Contact has names of its own in the form: a wallet's phoneNumber is one of its product's inputs.
_NAMES = {"email": "contactEmail", "phoneNumber": "contactPhone"}


def _product(shop: Shop, slug: str) -> Product:
    product = Product.objects.filter(slug=slug, is_active=True, regions__region=shop.region).first()
    if product is None:
        raise Http404
    return product


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
    product = _product(shop, slug)
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


@own_pages_only
@require_POST
@never_cache
@in_shop
def promo(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The fragment beneath the promo field: the typed code or the best usable one, and what the others miss."""
    client = client_of(request)
    throttle.check("order_inquiry", client.address_key, client.device_key)
    product = _product(shop, slug)
    now = timezone.now()
    typed = request.POST.get("promoCode", "").strip().upper()[:30]
    sku_code = request.POST.get("skuCode", "")
    offer = _offer(shop, product, sku_code)
    listed = promos.listed(shop.region.code, product.pk, now)
    tried = {entry["promo"].code: _try(request, shop, offer, client, entry["promo"].code) for entry in listed}
    if typed and typed not in tried:
        tried[typed] = _try(request, shop, offer, client, typed)
    usable = {code: result for code, result in tried.items() if isinstance(result, Money) and result}
    chosen = typed
    if not typed and request.POST.get("promoAuto") != "0":
        chosen = max(usable, key=lambda code: usable[code].minor, default="")
    titles = {entry["promo"].code: pick(entry["promo"].title, shop.language) for entry in listed}
    context = {
        "promo": _shown(chosen, tried[chosen], titles.get(chosen, "")) if chosen else None,
        "promos": [
            {
                "code": entry["promo"].code,
                "title": pick(entry["promo"].title, shop.language),
                "note": _missing(tried[entry["promo"].code]) or pick(entry["promo"].note, shop.language),
                "usable": isinstance(tried[entry["promo"].code], Money),
            }
            for entry in sorted(listed, key=lambda entry: not isinstance(tried[entry["promo"].code], Money))
            if entry["promo"].code != chosen
        ],
    }
    return render(request, "storefront/fragments/promo_result.html", context)


def _offer(shop: Shop, product: Product, sku_code: str) -> Offer | None:
    try:
        return find_offer(product.code, sku_code, shop.region.code, timezone.now(), shop.language)
    except Refused:
        return None


def _try(request: HttpRequest, shop: Shop, offer: Offer | None, client: Client, code: str) -> Money | Refused:
    """What `code` takes off what is chosen now, or why it does not. What is not chosen yet is held against nothing."""
    try:
        found = promos.find(code)
        if offer is None:
            return Refused("PROMO_NOT_APPLICABLE", _("Choose an amount first."))
        fields = list(offer.product.fields.all())
        values = players.read_fields(fields, request.POST, shop.region, lenient=True)
        target = promos.target_of(offer.product.pk, values)
    except Refused as refusal:
        if refusal.code != "VALIDATION_ERROR":
            return refusal
        target = ""
    channel = Channel.objects.filter(code=request.POST.get("paymentCode", ""), region=shop.region).first()
    quantity = _quantity(request.POST)
    assert offer is not None
    use = promos.Use(
        product_id=offer.product.pk,
        channel_id=channel.pk if channel else None,
        region_code=shop.region.code,
        list_total=offer.list_price * quantity,
        subtotal=offer.unit * quantity,
        target=target,
        device=client.device_key,
        address=client.address_key,
    )
    try:
        return promos.check(found, use, timezone.now())
    except Refused as refusal:
        return refusal


def _shown(code: str, result: Money | Refused, title: str) -> dict[str, Any]:
    if isinstance(result, Money):
        return {
            "code": code, "title": title, "usable": True, "discount_minor": result.minor, "discount_text": str(result),
        }  # fmt: skip
    return {"code": code, "title": title, "usable": False, "message": _missing(result)}


def _missing(result: Money | Refused) -> str:
    return "" if isinstance(result, Money) else str(result.details or result.message)


def _quantity(form: Mapping[str, str]) -> int:
    text = form.get("quantity", "").strip() or "1"
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


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
    client = client_of(request)
    product = _product(shop, slug)
    form = request.POST
    try:
        throttle.check("order_inquiry", client.address_key, client.device_key)
        inquiry = inquiries.quote(
            inquiries.Ask(
                product_code=product.code,
                sku_code=form.get("skuCode", ""),
                payment_code=form.get("paymentCode", ""),
                email=form.get("contactEmail", ""),
                phone=_phone(form),
                quantity=_quantity(form),
                promo_code=form.get("promoCode", "").strip(),
                region_code=shop.region.code,
                data={key: form[key] for key in _inputs_of(product) if key in form},
            ),
            client,
            None,
            shop.language,
            timezone.now(),
        )
    except Refused as refusal:
        return _look_again(request, shop, slug, product, refusal)
    context = confirm_context(shop, inquiry)
    template = "storefront/fragments/confirm_sheet.html"
    if not request.headers.get("HX-Request"):
        template = "storefront/confirm.html"
        context |= around(shop, slug) | {"product": {"url": shop.url(slug)}}
    return with_device(request, render(request, template, context))


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
        page = product_context(shop, slug, request.POST.dict(), errors) | {"suggestion": suggestion}
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
