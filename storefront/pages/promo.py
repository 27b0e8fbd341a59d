"""The promo field of the order page: the typed code or the best usable one, and what the others miss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.visitors import member_of
from core.errors import Refused
from core.money import Money
from core.translated import pick
from core.web import throttle
from core.web.client import Client, client_of
from core.web.origin import own_pages_only
from storefront.catalogue.models import Product
from storefront.catalogue.services import Offer, find_offer
from storefront.channels.models import Channel
from storefront.inquiries.services import unit_price
from storefront.pages.shop import Shop, in_shop
from storefront.players import services as players
from storefront.promos import services as promos


def product_at(shop: Shop, slug: str) -> Product:
    """The product of an order page. Http404 where the region does not sell it."""
    product = Product.objects.filter(slug=slug, is_active=True, regions__region=shop.region).first()
    if product is None:
        raise Http404
    return product


def quantity_of(form: Mapping[str, str]) -> int:
    """How many units; 0 for what is no number, which no SKU sells."""
    text = form.get("quantity", "").strip() or "1"
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form holds as far as promos care. What is not chosen yet is held against nothing."""

    offer: Offer | None
    channel_id: int | None
    quantity: int
    target: str

    @classmethod
    def read(cls, form: Mapping[str, str], shop: Shop, product: Product) -> Choice:
        try:
            offer = find_offer(product.code, form.get("skuCode", ""), shop.region.code, timezone.now(), shop.language)
        except Refused:
            offer = None
        try:
            values = players.read_fields(list(product.fields.all()), form, shop.region, lenient=True)
        except Refused:
            target = ""
        else:
            target = promos.target_of(product.pk, values)
        code = form.get("paymentCode", "")
        channel = Channel.objects.filter(code=code, region=shop.region).only("pk").first() if code else None
        return cls(offer, channel.pk if channel else None, quantity_of(form), target)

    def held_against(self, code: str, shop: Shop, client: Client, user: User | None) -> Money | Refused:
        """What `code` takes off, or why it does not."""
        if self.offer is None:
            return Refused("PROMO_NOT_APPLICABLE", _("Choose an amount first."))
        use = promos.Use(
            product_id=self.offer.product.pk,
            channel_id=self.channel_id,
            region_code=shop.region.code,
            list_total=self.offer.list_price * self.quantity,
            subtotal=unit_price(self.offer, user) * self.quantity,
            target=self.target,
            device=client.device_key,
            address=client.address_key,
            level=user.level if user else "",
        )
        try:
            return promos.check(promos.find(code), use, timezone.now())
        except Refused as refusal:
            return refusal


def best_code(form: Mapping[str, str], shop: Shop, product: Product, client: Client, user: User | None) -> str:
    """The listed code that takes most off what is chosen, "" for none or when the customer wants none.

    The page shows it applied beforehand; asked again with the quote, so that quick hands and pages without script
    get it too.
    """
    if form.get("promoAuto") != "1":
        return ""
    listed = promos.listed(shop.region.code, product.pk, timezone.now())
    if not listed:
        return ""
    choice = Choice.read(form, shop, product)
    return _best(
        {entry["promo"].code: choice.held_against(entry["promo"].code, shop, client, user) for entry in listed}
    )


def _best(tried: Mapping[str, Money | Refused]) -> str:
    usable = {code: result for code, result in tried.items() if isinstance(result, Money) and result}
    return max(usable, key=lambda code: usable[code].minor, default="")


@own_pages_only
@require_POST
@never_cache
@in_shop
def promo(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The fragment beneath the promo field."""
    client, user = client_of(request), member_of(request)
    throttle.check("order_inquiry", client.address_key, client.device_key)
    product = product_at(shop, slug)
    typed = request.POST.get("promoCode", "").strip().upper()[:30]
    choice = Choice.read(request.POST, shop, product)
    listed = promos.listed(shop.region.code, product.pk, timezone.now())
    codes = dict.fromkeys([*(entry["promo"].code for entry in listed), *([typed] if typed else [])])
    tried = {code: choice.held_against(code, shop, client, user) for code in codes}
    chosen = typed or (_best(tried) if request.POST.get("promoAuto") != "0" else "")
    titles = {entry["promo"].code: pick(entry["promo"].title, shop.language) for entry in listed}
    context = {
        "promo": _shown(chosen, tried[chosen], titles.get(chosen, "")) if chosen else None,
        "promos": [
            {
                "code": entry["promo"].code,
                "title": titles[entry["promo"].code],
                "note": _missing(tried[entry["promo"].code]) or pick(entry["promo"].note, shop.language),
                "usable": isinstance(tried[entry["promo"].code], Money),
            }
            for entry in sorted(listed, key=lambda entry: not isinstance(tried[entry["promo"].code], Money))
            if entry["promo"].code != chosen
        ],
    }
    return render(request, "storefront/fragments/promo_result.html", context)


def _shown(code: str, result: Money | Refused, title: str) -> dict[str, Any]:
    if isinstance(result, Money):
        return {
            "code": code, "title": title, "usable": True, "discount_minor": result.minor, "discount_text": str(result),
        }  # fmt: skip
    return {"code": code, "title": title, "usable": False, "message": _missing(result)}


def _missing(result: Money | Refused) -> str:
    return "" if isinstance(result, Money) else str(result.details or result.message)
