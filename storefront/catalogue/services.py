"""What may be bought where, for how much, and the one way in which a price changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, prefetch_related_objects
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused, not_found
from core.kept import kept
from core.models import Region
from core.money import Money
from core.translated import pick
from core.web import prebuilt
from storefront.catalogue.closing import Closed, edges, standing
from storefront.catalogue.models import (
    SHOWN_OF_PRODUCT,
    SHOWN_OF_SKU,
    Product,
    ProductClosure,
    ProductRegion,
    Sku,
    SkuPrice,
    without,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU that can be bought in a region at this moment, at its public price."""

    product: Product  # with `fields` prefetched
    sku: Sku
    region: Region
    unit: Money
    list_price: Money
    check_game: str
    most: int  # units of it that one order may hold


@dataclass(frozen=True, slots=True)
class _Priced:
    """What the tables say of a SKU in a region; `is_sold_there` None: the product is not sold in that region."""

    price: SkuPrice
    is_sold_there: bool | None
    check_game: str
    has_closures: bool


def closed(product: Product, region: Region, now: datetime) -> Closed | None:
    """Whether maintenance or a cut-off closes the product in the region. One SELECT, none where prefetched."""
    return standing(product.closures.all(), region, now)


def unavailable(reason: str, details: str = "") -> Refused:
    return Refused("SKU_UNAVAILABLE", reason, details=details)


def closed_for_now(name: str, shut: Closed, language: str) -> Refused:
    """What to tell somebody who wants a closed product: that it is closed, and the reason staff wrote."""
    return unavailable(_("%(product)s is closed right now.") % {"product": name}, pick(shut.reason, language))


def find_offer(
    product_code: str, sku_code: str, region_code: str, now: datetime, language: str = "en", *, is_fresh: bool = True
) -> Offer:
    """The offer, in two SELECTs (three where closing times are set); none for rows kept from earlier, `is_fresh` False.

    Raises NOT_FOUND for a product or SKU that does not exist, SKU_UNAVAILABLE where it is not sold in the region, out
    of stock, or closed now.
    """

    def read() -> _Priced | None:
        return _priced(product_code, sku_code, region_code)

    found = read() if is_fresh else kept(("offer", product_code, sku_code, region_code), read)
    if found is None:
        raise _why_none(product_code, sku_code)
    price, sku, product = found.price, found.price.sku, found.price.sku.product
    if not product.is_active or not sku.is_active:
        raise unavailable(_("This item is no longer sold."))
    if found.is_sold_there is None:
        raise unavailable(_("This item is not sold in your region."))
    if not found.is_sold_there or price.is_sold_out:
        raise unavailable(_("This item is sold out at the moment."))
    if found.has_closures and (shut := closed(product, price.region, now)):
        raise closed_for_now(product.name, shut, language)
    currency = price.region.currency
    return Offer(
        product=product,
        sku=sku,
        region=price.region,
        unit=Money(price.price_minor, currency),
        list_price=Money(price.original_minor, currency),
        check_game=found.check_game,
        most=price.most,
    )


def _priced(product_code: str, sku_code: str, region_code: str) -> _Priced | None:
    """The price with SKU, product, its fields and closing times, and whether the product is sold in the region."""
    sold = ProductRegion.objects.filter(product=OuterRef("sku__product"), region=OuterRef("region"))
    price = (
        SkuPrice.objects.filter(region_id=region_code, sku__code=sku_code, sku__product__code=product_code)
        .select_related("sku__product", "region")
        .defer(*without("sku__product", SHOWN_OF_PRODUCT), *without("sku", SHOWN_OF_SKU))
        .annotate(
            sold_there=Subquery(sold.values("is_available")[:1]),
            check_game=Subquery(sold.values("check_game")[:1]),
            has_closures=Exists(ProductClosure.objects.filter(product=OuterRef("sku__product"))),
        )
        .first()
    )
    if price is None:
        return None
    prefetch_related_objects([price.sku.product], *(["fields", "closures"] if price.has_closures else ["fields"]))
    return _Priced(price, price.sold_there, price.check_game or "", price.has_closures)


def _why_none(product_code: str, sku_code: str) -> Refused:
    """There is no price: is the product unknown, the SKU, or is it only not sold in that region?"""
    if not Product.objects.filter(code=product_code, is_active=True).exists():
        return not_found(_("There is no product with that code."))
    if not Sku.objects.filter(code=sku_code, product__code=product_code, is_active=True).exists():
        return not_found(_("This product has no item with that code."))
    return unavailable(_("This item is not sold in your region."))


@transaction.atomic
def set_price(
    sku: Sku, region: Region, price_minor: int, original_minor: int | None, *, by: str, why: str = ""
) -> SkuPrice:
    """The SKU costs `price_minor` in the region from now on (minor units), `original_minor` is the struck list price.

    Without an `original_minor` nothing is struck. The change stands in the audit trail and prebuilt pages go stale.
    Raises ValueError where the price is not positive or above the list price.
    """
    original = price_minor if original_minor is None else original_minor
    if price_minor <= 0 or original < price_minor:
        raise ValueError(f"{price_minor} of {original} is no price")
    row, made = SkuPrice.objects.select_for_update().get_or_create(
        sku=sku, region=region, defaults={"price_minor": price_minor, "original_minor": original}
    )
    before = None if made else {"price": row.price_minor, "original": row.original_minor}
    after = {"price": price_minor, "original": original}
    if before != after:
        row.price_minor, row.original_minor = price_minor, original
        row.save(update_fields=["price_minor", "original_minor"])
        audit.record(by, "price", f"{sku.code} {region.code}", before=before, after=after, why=why)
        prebuilt.touch()
    return row


@transaction.atomic
def set_available(sku: Sku, region: Region, is_available: bool, *, by: str, why: str = "") -> bool:
    """The SKU can, or cannot, be bought in the region; True if that is a change."""
    changed = (
        SkuPrice.objects.filter(sku=sku, region=region)
        .exclude(is_available=is_available)
        .update(is_available=is_available)
        == 1
    )
    if changed:
        audit.record(
            by, "availability", f"{sku.code} {region.code}",
            before={"available": not is_available}, after={"available": is_available}, why=why,
        )  # fmt: skip
        prebuilt.touch()
    return changed


def closing_edges(region: Region, now: datetime) -> list[datetime]:
    """Moments after `now` at which a product of the region may close or open."""
    return edges(ProductClosure.objects.filter(product__is_active=True), region, now)
