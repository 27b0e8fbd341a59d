"""The order page: one product with its inputs, amounts, ways to pay and promos."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.visitors import member_of
from core import phones, regions
from core.errors import Refused
from core.money import Money, discount_percent
from core.translated import pick
from core.web import prebuilt
from payments.wallet.services import balances
from storefront.catalogue import members
from storefront.catalogue import shop as catalogue
from storefront.catalogue.models import Product
from storefront.catalogue.shop import FieldShown, ProductPage, SkuCard
from storefront.channels import shop as channels
from storefront.channels.models import Channel
from storefront.channels.shop import ChannelShown
from storefront.orders.players import again, saved_players
from storefront.orders.services import clean_number
from storefront.pages.cards import closed_until, percent_off
from storefront.pages.shop import Shop, around, in_shop, next_edge
from storefront.pictures import absolute
from storefront.promos import services as promos

CATEGORY_ICONS = {
    "E_WALLET": "wallet", "VIRTUAL_ACCOUNT": "landmark", "RETAIL": "store", "CARD": "credit-card", "QR": "qr-code",
    "BANK": "landmark",
}  # fmt: skip
_MOST_PLAYERS = 6


@prebuilt.page(params=("sku",), edge=next_edge)
@in_shop
def product_page(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    chosen = {"skuCode": request.GET.get("sku", "")}
    user = member_of(request)
    # Guests share one ready page: what is of one person alone comes only where somebody is signed in.
    if user is not None:
        chosen = (
            _contact(user) | _again(request, shop, slug, user) | {key: text for key, text in chosen.items() if text}
        )
    return render(request, "storefront/product.html", product_context(shop, slug, chosen, user=user))


def _contact(user: User) -> dict[str, str]:
    """Where a member is reached, as the form's fields hold it."""
    if not user.phone:
        return {"contactEmail": user.email}
    dial = next((region.dial_code for region in regions.regions() if user.phone.startswith(region.dial_code)), "")
    number = phones.national(user.phone) if dial else user.phone
    return {"contactEmail": user.email, "contactPhone": number, "dialCode": dial}


def _again(request: HttpRequest, shop: Shop, slug: str, user: User) -> dict[str, str]:
    """What the member's own order of the number in `again` held, to buy it once more."""
    number = clean_number(request.GET.get("again", "")[:40])
    return again(user, shop.region, slug, number) if number else {}


def product_context(
    shop: Shop,
    slug: str,
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    *,
    user: User | None = None,
) -> dict[str, Any]:
    """The context of storefront/product.html with what the customer has `typed` so far, and for a member with the
    prices of the level, the balance and the players bought for before. Http404 where not sold."""
    now = timezone.now()
    try:
        page = catalogue.product(shop.region, shop.language, now, slug=slug)
    except Refused as refusal:
        raise Http404 from refusal
    skus = catalogue.skus(page, shop.region, shop.language)
    product = page.product
    return around(shop, slug, sold_in=catalogue.regions_of(product.pk)) | {
        "product": {
            "code": page.card.code,
            "name": page.card.name,
            "title": page.card.title,
            "subtitle": page.card.subtitle if page.card.subtitle != page.card.publisher else "",
            "publisher": page.card.publisher,
            "description": page.card.description,
            "thumbnail": page.card.thumbnail,
            "banner": page.card.banner,
            "features": page.features,
            "how_to_order": page.how_to_order,
            "is_available": page.card.is_available,
            "closed_reason": page.card.closed_reason or _("This product is closed right now."),
            "closed_until": closed_until(shop, page.card),
            "promise_text": promise(page),
            "checks_account": page.is_checked,
            "check_optional": page.check_optional,
            "is_operator_bound": product.is_operator_bound,
        },
        "fields": inputs(catalogue.fields(page.product, shop.language), typed, errors or {}),
        "sections": _sections(page, shop, skus, members.percent(product.pk, user.level if user else "")),
        "channel_groups": [*_balance_group(shop, user, now), *_channel_groups(shop, now)],
        "players": _players(shop, product, user),
        "is_member": user is not None,
        "promos": [
            {
                "code": entry["promo"].code,
                "title": pick(entry["promo"].title, shop.language),
                "note": pick(entry["promo"].note, shop.language),
                "usable": None if entry["is_available"] else False,
            }
            for entry in promos.listed(shop.region.code, product.pk, now)
        ],
        "phone_example": phones.example(shop.region.code),
        "dial_codes": [{"code": region.code, "prefix": region.dial_code} for region in regions.regions()],
        "check_url": shop.url(f"{slug}/check"),
        "quote_url": shop.url(f"{slug}/quote"),
        "promo_url": shop.url(f"{slug}/promo"),
        "selected": typed,
        "errors": errors or {},
        "structured_data": structured(shop, page, skus),
        "og_image": absolute(f"/art/social/{page.card.code}.png"),
    }


def promise(page: ProductPage) -> str:
    """ "Usually 1 minute, promised within 10"."""
    usual, most = max(1, round(page.usual_seconds / 60)), max(1, round(page.promise_seconds / 60))
    return ngettext(
        "Usually %(usual)d minute, promised within %(most)d",
        "Usually %(usual)d minutes, promised within %(most)d",
        usual,
    ) % {"usual": usual, "most": most}


def inputs(fields: Iterable[FieldShown], typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The customer's form: each input with what was typed into it and what is wrong with that."""
    return [
        {
            "key": field.key,
            "name": field.name,
            "label": field.name,
            "type": field.type,
            "required": field.is_required,
            "min_length": field.min_length,
            "max_length": field.max_length,
            "placeholder": field.placeholder,
            "pattern": field.pattern,
            "hint": field.hint,
            "options": [{"value": value, "label": label} for value, label in field.options],
            "value": typed.get(field.key, ""),
            "error": errors.get(field.key, ""),
        }
        for field in fields
    ]


def _sections(page: ProductPage, shop: Shop, skus: list[SkuCard], off: Decimal) -> list[dict[str, Any]]:
    """Each SKU once, under its own section; the section of all items would only repeat the others."""
    sections = []
    for section in catalogue.sections(page.product, shop.region, shop.language):
        inside = [_amount(sku, off) for sku in skus if sku.section_code == section.code]
        if inside:
            sections.append({"title": section.title, "code": section.code, "icon": "", "skus": inside})
    return sections


def _amount(sku: SkuCard, off: Decimal) -> dict[str, Any]:
    price = members.price(sku.price, off)
    return {
        "code": sku.code,
        "name": sku.name,
        "description": sku.description if sku.description != sku.name else "",
        "info": sku.info,
        "price": str(price),
        "price_minor": price.minor,
        "is_member_price": price < sku.price,
        "original_price": str(sku.original),
        "discount_percent": percent_off(discount_percent(price.minor, sku.original.minor)),
        "image": sku.image,
        "badge": {"text": sku.badge_text, "color": sku.badge_color} if sku.badge_text else None,
        "is_available": sku.is_available,
        "closed_reason": _("Price is being updated") if sku.is_closed_by_cost else _("Sold out for now"),
        "is_featured": sku.is_featured,
        "max_quantity": sku.max_quantity,
    }


def _players(shop: Shop, product: Product, user: User | None) -> list[dict[str, Any]]:
    """The accounts of this product that the member has bought for."""
    if user is None:
        return []
    found = saved_players(user, shop.region, product=product, most=_MOST_PLAYERS)
    return [
        {"name": saved.name, "told": json.dumps({"values": dict(saved.values), "nickname": saved.nickname})}
        for saved in found
    ]


def _balance_group(shop: Shop, user: User | None, now: datetime) -> list[dict[str, Any]]:
    """The member's own balance as the first way to pay; nothing for a guest."""
    if user is None:
        return []
    held = balances(user).get(shop.region.currency, Money(0, shop.region.currency))
    rows = channels.channels(shop.region, shop.language, "purchase", now=now)
    ways = [
        _channel(row) | {"description": _("You have %(amount)s") % {"amount": held}, "balance_minor": str(held.minor)}
        for row in rows
        if row.kind == Channel.Kind.BALANCE
    ]
    return [{"title": _("Your balance"), "code": "BALANCE", "icon": "wallet", "channels": ways}] if ways else []


def _channel_groups(shop: Shop, now: datetime) -> list[dict[str, Any]]:
    """Ways to pay by category, without the balance, which is a member's."""
    rows = [
        row
        for row in channels.channels(shop.region, shop.language, "purchase", now=now)
        if row.kind != Channel.Kind.BALANCE
    ]
    groups = []
    for category in channels.categories(shop.region, shop.language, "purchase"):
        inside = [_channel(row) for row in rows if row.category_code == category.code]
        if inside:
            icon = CATEGORY_ICONS.get(category.code, "wallet")
            groups.append({"title": category.title, "code": category.code, "icon": icon, "channels": inside})
    return groups


def _channel(row: ChannelShown) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "image": row.image,
        "fee_minor": row.fee.minor,
        "fee_percent": f"{row.percent.normalize():f}",
        "min_minor": row.least.minor,
        "max_minor": row.most.minor,
        "is_featured": row.is_featured,
        "is_available": not row.is_closed,
        "closed_reason": row.closed_reason,
        "kind": row.kind,
    }


def structured(shop: Shop, page: ProductPage, skus: list[SkuCard]) -> SafeString:
    """schema.org's Product with an offer per SKU, for search engines."""
    url = absolute(shop.url(page.card.slug))
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.card.title,
        "description": page.card.description,
        "image": absolute(page.card.banner),
        "brand": {"@type": "Brand", "name": page.card.publisher},
        "offers": [
            {
                "@type": "Offer",
                "name": sku.name,
                "sku": sku.code,
                "price": str(sku.price.major),
                "priceCurrency": sku.price.currency,
                "availability": f"https://schema.org/{'InStock' if sku.is_available else 'OutOfStock'}",
                "url": url,
                "seller": {"@type": "Organization", "name": settings.SHOP_NAME},
            }
            for sku in skus
        ],
    }
    # json_script escapes what could end the element; only its type has to be schema.org's.
    return mark_safe(json_script(data).replace("application/json", "application/ld+json", 1))  # noqa: S308
