"""What may be bought where, for how much, and the one way in which a price changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, prefetch_related_objects
from django.utils import timezone
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
    if price.cost_closed_at is not None:
        raise unavailable(
            _("We cannot sell this item right now."),
            _("Our supplier charges more than our price. It opens again with a price that holds."),
        )
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


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What a SKU shall cost in a region, and its struck list price (the price itself: nothing is struck)."""

    sku_id: int
    region_code: str
    price_minor: int
    original_minor: int


def set_price(
    sku: Sku, region: Region, price_minor: int, original_minor: int | None, *, by: str, why: str = ""
) -> SkuPrice:
    """The SKU costs `price_minor` in the region from now on (minor units), `original_minor` is the struck list price.

    Without an `original_minor` nothing is struck. Else as `set_prices`.
    """
    original = price_minor if original_minor is None else original_minor
    (row,) = set_prices([NewPrice(sku.pk, region.code, price_minor, original)], by=by, why=why)
    return row


@transaction.atomic
def set_prices(wanted: Sequence[NewPrice], *, by: str, why: str = "") -> list[SkuPrice]:
    """All of these prices hold from now on, or none; their rows, locked until the caller's transaction ends.

    Each change stands in the audit trail, and pages go stale once. Raises ValueError where a price is not positive or
    above its list price, or where one SKU is named twice in a region.
    """
    for one in wanted:
        if one.price_minor <= 0 or one.original_minor < one.price_minor:
            raise ValueError(f"{one.price_minor} of {one.original_minor} is no price")
    by_key = {(one.sku_id, one.region_code): one for one in wanted}
    if len(by_key) < len(wanted):
        raise ValueError("a SKU is named twice in a region")
    rows = _locked_prices(by_key)
    made = {key for key in by_key if key not in rows}
    if made:
        SkuPrice.objects.bulk_create(
            [
                SkuPrice(
                    sku_id=one.sku_id,
                    region_id=one.region_code,
                    price_minor=one.price_minor,
                    original_minor=one.original_minor,
                )
                for key, one in by_key.items()
                if key in made
            ],
            ignore_conflicts=True,
        )
        rows = _locked_prices(by_key)
    changed = []
    for key, row in rows.items():
        before = None if key in made else {"price": row.price_minor, "original": row.original_minor}
        after = {"price": by_key[key].price_minor, "original": by_key[key].original_minor}
        if before != after:
            row.price_minor, row.original_minor = after["price"], after["original"]
            changed.append(row)
            audit.record(by, "price", f"{row.sku.code} {row.region_id}", before=before, after=after, why=why)
    SkuPrice.objects.bulk_update(changed, ["price_minor", "original_minor"], batch_size=500)
    if changed:
        prebuilt.touch()
    return [rows[one.sku_id, one.region_code] for one in wanted]


def _locked_prices(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], SkuPrice]:
    """The price rows of these SKUs and regions, locked in one order everywhere."""
    wanted = set(keys)
    found = SkuPrice.objects.filter(sku__in={sku for sku, _region in wanted}).select_related("sku")
    rows = {(row.sku_id, row.region_id): row for row in found.select_for_update(of=("self",)).order_by("pk")}
    return {key: row for key, row in rows.items() if key in wanted}


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


@transaction.atomic
def close_for_cost(closing: Sequence[int], opening: Sequence[int], *, by: str, why: str = "") -> tuple[int, int]:
    """Nobody buys at these prices (SkuPrice ids) any more, because suppliers take more than they bring; at the others
    people may again. How many were closed and how many opened just now. What staff closed themselves stays closed.
    """
    now = timezone.now()
    moved = []
    for ids, is_closing in ((closing, True), (opening, False)):
        rows = SkuPrice.objects.filter(pk__in=ids, cost_closed_at__isnull=is_closing).select_related("sku")
        found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
        since = now if is_closing else None
        SkuPrice.objects.filter(pk__in=[row.pk for row in found]).update(cost_closed_at=since)
        for row in found:
            audit.record(
                by, "closed by its cost" if is_closing else "pays again", f"{row.sku.code} {row.region_id}",
                before={"open": is_closing}, after={"open": not is_closing}, why=why,
            )  # fmt: skip
        moved.append(len(found))
    if any(moved):
        prebuilt.touch()
    return moved[0], moved[1]


def closing_edges(region: Region, now: datetime) -> list[datetime]:
    """Moments after `now` at which a product of the region may close or open."""
    return edges(ProductClosure.objects.filter(product__is_active=True), region, now)
