"""What visitors see of the goods: one read for API and pages, with texts in their language and addresses of pictures.

Prices are the public ones; what a member pays stands in the inquiry. Picture addresses are paths on this host.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from core.errors import not_found
from core.models import Region
from core.money import Money, discount_percent
from core.translated import pick
from storefront import artwork
from storefront.catalogue.closing import standing
from storefront.catalogue.models import (
    Category,
    Product,
    ProductClosure,
    ProductField,
    ProductRegion,
    Section,
    Sku,
    SkuPrice,
)
from storefront.pictures import drawn, picture

#: The section that shows every SKU of its product, whichever section the SKU belongs to.
ALL_ITEMS = "all-items"


@dataclass(frozen=True, slots=True)
class CategoryShown:
    code: str
    title: str
    description: str
    icon: str
    position: int


@dataclass(frozen=True, slots=True)
class ProductCard:
    """`closed_reason` and `closed_until` say why a closed product is closed (until None: until further notice)."""

    pk: int
    code: str
    slug: str
    name: str
    title: str
    subtitle: str
    description: str
    publisher: str
    thumbnail: str
    banner: str
    is_popular: bool
    is_available: bool
    is_closed: bool
    closed_reason: str
    closed_until: datetime | None
    tags: list[str]
    search_words: str
    category_code: str
    category_title: str
    lowest: Money | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product with what only its own page tells."""

    card: ProductCard
    product: Product
    features: list[str]
    how_to_order: list[str]
    usual_seconds: int
    promise_seconds: int
    is_checked: bool
    check_optional: bool


@dataclass(frozen=True, slots=True)
class FieldShown:
    """`options` are [(value, label)] of a select."""

    key: str
    name: str
    label: str
    type: str
    is_required: bool
    min_length: int
    max_length: int
    placeholder: str
    pattern: str
    hint: str
    options: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SectionShown:
    code: str
    title: str
    icon: str
    position: int


@dataclass(frozen=True, slots=True)
class SkuCard:
    code: str
    name: str
    description: str
    info: str
    price: Money
    original: Money
    discount: float
    image: str
    process_minutes: int
    max_quantity: int
    is_available: bool
    is_closed_by_cost: bool
    is_featured: bool
    section_code: str
    section_title: str
    badge_text: str
    badge_color: str
    product_code: str
    product_slug: str
    product_name: str


def categories(region: Region, language: str) -> list[CategoryShown]:
    """The categories in which the region has something to sell, numbered from 1."""
    sold = ProductRegion.objects.filter(region=region, product__is_active=True, product__category=OuterRef("pk"))
    return [
        CategoryShown(
            code=row.code,
            title=pick(row.title, language),
            description=pick(row.description, language),
            icon=drawn("category", row.code, pick(row.title, "en")),
            position=number,
        )
        for number, row in enumerate(Category.objects.filter(Exists(sold), is_active=True), start=1)
    ]


def _sold_in(region: Region) -> QuerySet[Product]:
    """The region's products with what a card needs: their region of sale, closures, lowest price. Two SELECTs."""
    sale = ProductRegion.objects.filter(product=OuterRef("pk"), region=region)
    in_stock = Q(skus__prices__stock_left=None) | Q(skus__prices__stock_left__gt=0)
    is_open = Q(skus__prices__is_available=True, skus__prices__cost_closed_at=None)
    priced = in_stock & is_open & Q(skus__is_active=True, skus__prices__region=region)
    return (
        Product.objects.filter(Exists(sale), is_active=True, category__is_active=True)
        .select_related("category")
        .prefetch_related(
            Prefetch("closures", ProductClosure.objects.filter(Q(region=None) | Q(region=region)).order_by("pk"))
        )
        .annotate(
            sold_there=Subquery(sale.values("is_available")[:1]),
            lowest_minor=Min("skus__prices__price_minor", filter=priced),
        )
        # Said aloud: a query that groups forgets the model's own order.
        .order_by("position", "title")
    )


def _card(row: Product, region: Region, language: str, now: datetime) -> ProductCard:
    shut = standing(row.closures.all(), region, now)
    lowest = getattr(row, "lowest_minor", None)
    return ProductCard(
        pk=row.pk,
        code=row.code,
        slug=row.slug,
        name=row.name,
        title=row.title,
        subtitle=row.subtitle,
        description=pick(row.description, language),
        publisher=row.publisher,
        thumbnail=picture(row.thumbnail, "product", row.code, row.name, row.artwork),
        banner=picture(row.banner, "product-banner", row.code, row.name, row.artwork),
        is_popular=row.is_popular,
        is_available=bool(getattr(row, "sold_there", False)) and shut is None and lowest is not None,
        is_closed=shut is not None,
        closed_reason=pick(shut.reason, language) if shut else "",
        closed_until=shut.until if shut else None,
        tags=list(row.tags),
        search_words=row.search_words,
        category_code=row.category.code,
        category_title=pick(row.category.title, language),
        lowest=Money(lowest, region.currency) if lowest is not None else None,
    )


def products(
    region: Region, language: str, now: datetime, *, category_code: str = "", popular: bool = False
) -> list[ProductCard]:
    """What the region sells, in the shop's order; closed and sold-out products too, marked so."""
    rows = _sold_in(region)
    if category_code:
        rows = rows.filter(category__code=category_code)
    if popular:
        rows = rows.filter(is_popular=True)
    return [_card(row, region, language, now) for row in rows]


def product(
    region: Region, language: str, now: datetime, *, code: str = "", slug: str = "", category_code: str = ""
) -> ProductPage:
    """The product of that code or slug. Raises NOT_FOUND where the region does not sell it."""
    wanted = {"code": code} if code else {"slug": slug}
    if category_code:
        wanted["category__code"] = category_code
    row = _sold_in(region).filter(**wanted).first()
    if row is None:
        raise not_found(_("There is no product with that code in this region."))
    return ProductPage(
        card=_card(row, region, language, now),
        product=row,
        features=list(pick(row.features, language) or []),
        how_to_order=list(pick(row.how_to_order, language) or []),
        usual_seconds=row.usual_seconds,
        promise_seconds=row.promise_seconds,
        is_checked=bool(row.check_supplier),
        check_optional=row.check_optional,
    )


def regions_of(product_pk: int) -> list[str]:
    """Codes of the regions that sell the product, for links to its page in other shops."""
    return list(
        ProductRegion.objects.filter(product=product_pk, region__is_active=True)
        .order_by("region__position")
        .values_list("region_id", flat=True)
    )


def sold_product(region: Region, code: str) -> Product:
    """The bare row of a product that the region sells. Raises NOT_FOUND."""
    row = Product.objects.filter(code=code, is_active=True, category__is_active=True, regions__region=region).first()
    if row is None:
        raise not_found(_("There is no product with that code in this region."))
    return row


def fields(product_row: Product, language: str) -> list[FieldShown]:
    """What the customer fills in, in order."""
    return [field_shown(row, language) for row in product_row.fields.all()]


def field_shown(row: ProductField, language: str) -> FieldShown:
    """One input as the customer sees it."""
    return FieldShown(
        key=row.key,
        name=pick(row.name, language),
        label=pick(row.label, language),
        type=row.type,
        is_required=row.is_required,
        min_length=row.min_length,
        max_length=row.max_length,
        placeholder=row.placeholder,
        pattern=row.pattern,
        hint=pick(row.hint, language),
        options=[(str(choice["value"]), str(pick(choice["label"], language))) for choice in row.options]
        if row.type == ProductField.Type.SELECT
        else [],
    )


def sections(product_row: Product, region: Region, language: str) -> list[SectionShown]:
    """The product's sections that have something for the region, numbered from 1; ALL_ITEMS if anything is sold."""
    priced = SkuPrice.objects.filter(region=region, sku__is_active=True)
    rows = product_row.sections.filter(
        Exists(priced.filter(sku__section=OuterRef("pk")))
        | Q(Exists(priced.filter(sku__product=OuterRef("product"))), code=ALL_ITEMS)
    )
    return [
        SectionShown(row.code, pick(row.title, language), row.icon, number) for number, row in enumerate(rows, start=1)
    ]


def _prices(region: Region) -> QuerySet[SkuPrice]:
    return SkuPrice.objects.filter(region=region, sku__is_active=True).select_related("sku__section", "sku__product")


def _sku_cards(
    prices: Iterable[SkuPrice],
    region: Region,
    language: str,
    *,
    open_products: dict[int, bool],
    places: dict[int, tuple[int, int]],
) -> list[SkuCard]:
    """`open_products`: which products can be bought now; `places`: (position, count) of each SKU in its product."""
    cards = []
    for row in prices:
        sku = row.sku
        position, count = places.get(sku.pk, (0, 1))
        cards.append(
            SkuCard(
                code=sku.code,
                name=sku.name,
                description=pick(sku.description, language),
                info=pick(sku.info, language),
                price=Money(row.price_minor, region.currency),
                original=Money(row.original_minor, region.currency),
                discount=discount_percent(row.price_minor, row.original_minor),
                image=picture(sku.image, "sku", artwork.sku_code(sku.name, position, count)),
                process_minutes=sku.process_minutes,
                max_quantity=row.most or sku.max_quantity,
                is_available=not row.is_sold_out and open_products.get(sku.product_id, False),
                is_closed_by_cost=row.cost_closed_at is not None,
                is_featured=sku.is_featured,
                section_code=sku.section.code,
                section_title=pick(sku.section.title, language),
                badge_text=pick(sku.badge_text, language),
                badge_color=sku.badge_color,
                product_code=sku.product.code,
                product_slug=sku.product.slug,
                product_name=sku.product.name,
            )
        )
    return cards


def _places(product_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Where each SKU stands among its product's, smallest first: a bigger amount is drawn as a bigger heap."""
    by_product: dict[int, list[int]] = {}
    rows = Sku.objects.filter(product__in=list(product_ids), is_active=True).order_by("product", "position", "pk")
    for pk, owner in rows.values_list("pk", "product"):
        by_product.setdefault(owner, []).append(pk)
    return {pk: (place, len(pks)) for pks in by_product.values() for place, pk in enumerate(pks)}


def skus(page: ProductPage, region: Region, language: str, *, section_code: str = "") -> list[SkuCard]:
    """The product's SKUs that have a price in the region; none for a section it does not have.

    Sold-out ones are there, marked so; all are while the product is closed.
    """
    rows = _prices(region).filter(sku__product=page.product)
    if section_code == ALL_ITEMS:
        if not Section.objects.filter(product=page.product, code=ALL_ITEMS).exists():
            return []
    elif section_code:
        rows = rows.filter(sku__section__code=section_code)
    is_open = _is_open(page.card, page.product)
    return _sku_cards(
        rows.order_by("sku__position", "sku"),
        region,
        language,
        open_products={page.product.pk: is_open},
        places=_places([page.product.pk]),
    )


def _is_open(card: ProductCard, row: Product) -> bool:
    return bool(getattr(row, "sold_there", False)) and not card.is_closed


def discounted(region: Region, language: str, now: datetime) -> list[SkuCard]:
    """Every SKU of the region that costs less than its list price, in the shop's order (API document §12)."""
    rows = list(
        _prices(region)
        .filter(
            price_minor__lt=F("original_minor"), sku__product__is_active=True, sku__product__category__is_active=True
        )
        .order_by("sku__product__position", "sku__product__title", "sku__position", "sku")
    )
    owners = {row.sku.product_id for row in rows}
    sold = {row.pk: row for row in _sold_in(region).filter(pk__in=owners)}
    is_open = {pk: _is_open(_card(row, region, language, now), row) for pk, row in sold.items()}
    return _sku_cards(
        [row for row in rows if row.sku.product_id in sold],
        region,
        language,
        open_products=is_open,
        places=_places(owners),
    )
