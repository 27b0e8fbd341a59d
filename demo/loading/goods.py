"""Categories, products with fields, sections and SKUs, a price per region, and two closing times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from accounts.models import Level
from core.models import Region
from demo.catalogue.pricing import list_price, shelf_price
from demo.catalogue.shapes import Goods, Item, both
from demo.catalogue.shelf import CATEGORIES, SHELF
from demo.loading.rows import upsert
from storefront.catalogue.models import (
    Category,
    MemberDiscount,
    Product,
    ProductClosure,
    ProductField,
    ProductRegion,
    Section,
    Sku,
    SkuPrice,
)
from storefront.catalogue.shop import ALL_ITEMS


@dataclass(frozen=True)
class Shelf:
    products: dict[str, Product]
    skus: dict[str, Sku]
    prices: list[SkuPrice]


def load_goods(regions: Mapping[str, Region]) -> Shelf:
    categories = upsert(
        [
            Category(code=code, title=title, description=description, position=position)
            for position, (code, title, description) in enumerate(CATEGORIES, start=1)
        ],
        ["code"],
        ["title", "description", "position"],
    )
    products = _products({category.code: category for category in categories})
    _sales(products)
    _fields(products)
    sections = _sections(products)
    skus = _skus(products, sections)
    prices = _prices(skus, regions)
    _closures(products)
    _member_discounts(products)
    return Shelf(products, skus, prices)


def _products(categories: Mapping[str, Category]) -> dict[str, Product]:
    rows = [
        Product(
            code=goods.code,
            slug=goods.slug,
            category=categories[goods.category],
            name=goods.name,
            title=goods.title or goods.name,
            subtitle=goods.subtitle,
            publisher=goods.publisher,
            description=goods.description,
            features=goods.features,
            how_to_order=goods.how_to_order,
            how_to_redeem=goods.how_to_redeem,
            tags=list(goods.tags),
            search_words=goods.search_words,
            artwork={"palette": goods.palette, "glyph": goods.glyph},
            is_popular=goods.is_popular,
            position=position,
            check_supplier="gemgo" if goods.is_checked else "",
            check_optional=goods.check_optional,
            is_operator_bound=goods.is_operator_bound,
            player_field=goods.player_field,
            zone_field=goods.zone_field,
            usual_seconds=goods.usual_seconds,
            promise_seconds=goods.promise_seconds,
        )
        for position, goods in enumerate(SHELF, start=1)
    ]
    kept = {"id", "code", "thumbnail", "banner", "is_active"}
    columns = [column.name for column in Product._meta.concrete_fields if column.name not in kept]
    return {row.code: row for row in upsert(rows, ["code"], columns)}


def _member_discounts(products: Mapping[str, Product]) -> None:
    """Games cost members a little less; staff may change that, and loading again leaves it."""
    known = set(MemberDiscount.objects.values_list("product_id", flat=True))
    MemberDiscount.objects.bulk_create(
        MemberDiscount(product=products[goods.code], level=level, percent=percent)
        for goods in SHELF
        if goods.category == "top-up-game" and products[goods.code].pk not in known
        for level, percent in ((Level.PRESTIGE, 2), (Level.ROYAL, 4))
    )


def _sales(products: Mapping[str, Product]) -> None:
    upsert(
        [
            ProductRegion(product=products[goods.code], region_id=region, check_game=game if goods.is_checked else "")
            for goods in SHELF
            for region, game in goods.games.items()
        ],
        ["product", "region"],
        ["check_game", "is_available"],
    )


def _fields(products: Mapping[str, Product]) -> None:
    upsert(
        [
            ProductField(
                product=products[goods.code],
                key=field.key,
                name=field.name,
                label=field.label,
                type=field.type,
                min_length=field.min_length,
                max_length=field.max_length,
                placeholder=field.placeholder,
                pattern=field.pattern,
                hint=field.hint,
                options=[{"value": value, "label": label} for value, label in field.options],
                position=position,
            )
            for goods in SHELF
            for position, field in enumerate(goods.fields, start=1)
        ],
        ["product", "key"],
        ["name", "label", "type", "min_length", "max_length", "placeholder", "pattern", "hint", "options", "position"],
    )


def _used_sections(goods: Goods) -> list[str]:
    """Those of the product's sections that hold something; "all items" only where there is more than one of them."""
    used = {item.section for item in goods.items}
    codes = [code for code in goods.sections if code in used]
    return codes + [ALL_ITEMS] * (len(codes) > 1 and ALL_ITEMS in goods.sections)


def _sections(products: Mapping[str, Product]) -> dict[tuple[int, str], Section]:
    icons = {"special-item": "⭐", "topup-instant": "⚡"}
    rows = upsert(
        [
            Section(
                product=products[goods.code],
                code=code,
                title=goods.sections[code],
                icon=icons.get(code, ""),
                position=position,
            )
            for goods in SHELF
            for position, code in enumerate(_used_sections(goods), start=1)
        ],
        ["product", "code"],
        ["title", "icon", "position"],
    )
    return {(row.product_id, row.code): row for row in rows}


def _skus(products: Mapping[str, Product], sections: Mapping[tuple[int, str], Section]) -> dict[str, Sku]:
    rows = []
    for goods in SHELF:
        product = products[goods.code]
        for position, item in enumerate(goods.items, start=1):
            rows.append(
                Sku(
                    product=product,
                    section=sections[product.pk, item.section],
                    code=item.code,
                    name=item.name,
                    description=item.description or both(item.name, item.name),
                    info=item.info,
                    process_minutes=item.process_minutes,
                    max_quantity=item.max_quantity,
                    gives_code=goods.from_stock,
                    badge_text=item.badge,
                    badge_color=item.badge_color,
                    is_featured=item.is_featured,
                    position=position,
                )
            )
    columns = [c.name for c in Sku._meta.concrete_fields if c.name not in {"id", "code", "image", "is_active"}]
    return {row.code: row for row in upsert(rows, ["code"], columns)}


def price_of(goods: Goods, item: Item, region: Region) -> tuple[int, int] | None:
    """(price, list price) in minor units of the region's currency; None where the item is not sold there."""
    cost = _cost(goods, item, goods.games.get(region.code, ""))
    if cost is None:
        return None
    if region.code in item.prices:
        return item.prices[region.code]
    price = shelf_price(cost, region.currency, goods.margin_percent)
    return price, list_price(price, region.currency, item.off_percent)


def _cost(goods: Goods, item: Item, game: str) -> int | None:
    """US cents that the item costs of that game, whole or in pieces; None where neither can be had."""
    if game in item.supplies:
        return item.supplies[game].cost
    by_code = {one.code: one for one in goods.items}
    costs = [(_cost(goods, by_code[part], game), times) for part, times in item.parts.items()]
    if not costs or any(cost is None for cost, _ in costs):
        return None
    return sum((cost or 0) * times for cost, times in costs)


def _prices(skus: Mapping[str, Sku], regions: Mapping[str, Region]) -> list[SkuPrice]:
    rows = []
    for goods in SHELF:
        for item in goods.items:
            for code, region in regions.items():
                amounts = price_of(goods, item, region)
                if amounts is not None:
                    rows.append(
                        SkuPrice(
                            sku=skus[item.code],
                            region=region,
                            price_minor=amounts[0],
                            original_minor=amounts[1],
                            is_available=code not in item.sold_out_in,
                        )
                    )
    return upsert(rows, ["sku", "region"], ["price_minor", "original_minor", "is_available"])


def _closures(products: Mapping[str, Product]) -> None:
    """One cut-off past midnight and one maintenance without an end, so that closed products can be seen."""
    ProductClosure.objects.update_or_create(
        product=products["PLN"],
        closed_from=time(23, 30),
        closed_until=time(0, 30),
        defaults={
            "reason": both(
                "PLN menutup buku setiap malam, 23.30 sampai 00.30.",
                "PLN closes its books every night, 23:30 to 00:30.",
            )
        },
    )
    ProductClosure.objects.update_or_create(
        product=products["POINTBLANK"],
        starts_at=datetime(2025, 1, 1, tzinfo=UTC),
        defaults={
            "reason": both(
                "Server Point Blank sedang dipelihara oleh penerbitnya.",
                "The publisher of Point Blank is working on its servers.",
            )
        },
    )
