"""Sheets of the goods: categories, products and what hangs on them, SKUs, prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import levels
from core.models import Region
from core.sheets.columns import Amount, Choice, Currency, Flag, Info, Line, RowNumber, Text, Words, of_model
from core.sheets.links import Link, Loader
from core.sheets.sheet import Sheet, by_code
from storefront.catalogue import rules
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
from storefront.players.models import OperatorPrefix

REGION = Link("region", needed=True, is_key=True, by=("region",), told=_("code of the region: ID, MY …"))
ANY_REGION = Link("region", by=("region",), may_be_empty=True, told=_("code of the region; empty: every region"))
PRODUCT = Link("product", needed=True, is_key=True, by=("product",), told=_("code of the product"))
regions: Loader = by_code(lambda: Region.objects.all())
products: Loader = by_code(lambda: Product.objects.all())


def code(most: int) -> Text:
    return Text("code", most=most, may_be_empty=False, needed=True, is_key=True)


def closure_rule(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    yield from rules.of_closure(row.starts_at, row.ends_at, row.closed_from, row.closed_until, reason=row.reason)


def _price(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    names = {"price_minor": "price", "original_minor": "list_price"}
    for attribute, problem in rules.of_price(row.price_minor, row.original_minor):
        yield names[attribute], problem


def _fixed(moved: Sequence[str], line: Line) -> dict[str, str]:
    """As in the form: who writes another price by hand fixes it, unless they say otherwise."""
    return {"fixed": "yes"} if "price" in moved else {}


def _field(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    yield from rules.of_field(row.type, row.pattern, row.options, row.min_length, row.max_length)


def _sku(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    if row.section.product_id != row.product_id:
        yield "section", str(_("This section belongs to another product."))


def _discount(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    if not 0 < row.percent <= levels.TERMS[row.level].discount_cap:
        yield "percent", str(_("Up to 5%% for Prestige and 10%% for Royal.") % ())


def _sections(codes: set[tuple[str, ...]]) -> Iterable[Section]:
    return Section.objects.filter(product__code__in={code[0] for code in codes}).select_related("product")


CATEGORIES = Sheet(
    "categories",
    _("categories"),
    Category,
    ("code",),
    "code__in",
    [code(40), *of_model(Category, "title", "description", "position", "is_active")],
    lambda: Category.objects.all(),
)

PRODUCTS = Sheet(
    "products",
    _("products"),
    Product,
    ("code",),
    "code__in",
    [
        code(30),
        *of_model(Product, "slug"),
        Link("category", needed=True, by=("category",), told=_("code of the category")),
        *of_model(
            Product, "name", "title", "subtitle", "publisher", "description", "features", "how_to_order",
            "how_to_redeem",
        ),
        Words("tags", told=_("separated by semicolons")),
        *of_model(
            Product, "search_words", "artwork", "is_popular", "is_active", "position", "check_supplier",
            "check_optional", "is_operator_bound", "player_field", "zone_field", "usual_seconds", "promise_seconds",
        ),
    ],
    lambda: Product.objects.select_related("category"),
    {"category": by_code(lambda: Category.objects.all())},
)  # fmt: skip

PRODUCT_REGIONS = Sheet(
    "product_regions",
    _("regions of sale"),
    ProductRegion,
    ("product", "region"),
    "product__code__in",
    [PRODUCT, REGION, *of_model(ProductRegion, "check_game", "is_available")],
    lambda: ProductRegion.objects.select_related("product", "region").order_by("product__code", "region"),
    {"product": products, "region": regions},
)

PRODUCT_FIELDS = Sheet(
    "fields",
    _("input fields"),
    ProductField,
    ("product", "key"),
    "product__code__in",
    [
        PRODUCT,
        Text("key", most=30, may_be_empty=False, needed=True, is_key=True, told=_("its name in the order")),
        *of_model(
            ProductField, "name", "label", "type", "is_required", "min_length", "max_length", "placeholder", "pattern",
            "hint", "options", "position",
        ),
    ],
    lambda: ProductField.objects.select_related("product").order_by("product__code", "position", "pk"),
    {"product": products},
    _field,
)  # fmt: skip

SECTIONS = Sheet(
    "sections",
    _("sections"),
    Section,
    ("product", "code"),
    "product__code__in",
    [PRODUCT, code(40), *of_model(Section, "title", "icon", "position")],
    lambda: Section.objects.select_related("product").order_by("product__code", "position", "pk"),
    {"product": products},
)

SKUS = Sheet(
    "skus",
    _("SKUs"),
    Sku,
    ("code",),
    "code__in",
    [
        code(40),
        Link("product", needed=True, by=("product",), told=_("code of the product")),
        Link(
            "section", needed=True, by=("product", "section"), path=("product.code", "code"),
            told=_("code of a section of that product"),
        ),
        *of_model(
            Sku, "name", "description", "info", "process_minutes", "max_quantity", "gives_code", "badge_text",
            "badge_color", "is_featured", "is_active", "position",
        ),
    ],
    lambda: Sku.objects.select_related("product", "section__product").order_by("product__code", "position", "pk"),
    {"product": products, "section": _sections},
    _sku,
)  # fmt: skip

PRICES = Sheet(
    "prices",
    _("prices"),
    SkuPrice,
    ("sku", "region"),
    "sku__code__in",
    [
        Link("sku", needed=True, is_key=True, by=("sku",), told=_("code of the SKU")),
        REGION,
        Info("sku_name", "sku.name", told=_("for the eye; not read")),
        Currency("currency", told=_("of the region; held against it")),
        Amount("price", "price_minor", needed=True, guards=True, told=_("what one costs, in that currency")),
        Amount("list_price", "original_minor", needed=True, guards=True, told=_("the struck price; the same: none")),
        Flag("available", "is_available", told=_("yes or no")),
        Flag("fixed", "is_fixed", told=_("yes: margin rules leave it alone; follows from a new price")),
    ],
    lambda: SkuPrice.objects.select_related("sku", "region").order_by("sku__code", "region"),
    {"sku": by_code(lambda: Sku.objects.all()), "region": regions},
    _price,
    _fixed,
    is_money=True,
)

MEMBER_DISCOUNTS = Sheet(
    "member_discounts",
    _("member discounts"),
    MemberDiscount,
    ("product", "level"),
    "product__code__in",
    [
        PRODUCT,
        Choice("level", choices=("PRESTIGE", "ROYAL"), needed=True, is_key=True),
        *of_model(MemberDiscount, "percent"),
    ],
    lambda: MemberDiscount.objects.select_related("product").order_by("product__code", "level"),
    {"product": products},
    _discount,
)

CLOSURE_COLUMNS = [
    ANY_REGION,
    *of_model(ProductClosure, "starts_at", "ends_at", "closed_from", "closed_until", "reason"),
]

PRODUCT_CLOSURES = Sheet(
    "product_closures",
    _("closing times of products"),
    ProductClosure,
    ("id",),
    "pk__in",
    [
        RowNumber("id", is_key=True, told=_("empty: a new one")),
        Link("product", needed=True, by=("product",), told=_("code of the product")),
        *CLOSURE_COLUMNS,
    ],
    lambda: ProductClosure.objects.select_related("product", "region").order_by("pk"),
    {"product": products, "region": regions},
    closure_rule,
)

PREFIXES = Sheet(
    "operator_prefixes",
    _("operator prefixes"),
    OperatorPrefix,
    ("region", "prefix"),
    "region__in",
    [
        REGION,
        Text("prefix", most=12, may_be_empty=False, needed=True, is_key=True),
        *of_model(OperatorPrefix, "operator", "product_code", "is_active", "note"),
    ],
    lambda: OperatorPrefix.objects.select_related("region").order_by("region", "prefix"),
    {"region": regions},
)
