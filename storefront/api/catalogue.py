"""GET categories, products, populars, fields, sections, skus and sku/promos under /v2 (API §6 to §12)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.web.api import ApiView, data
from storefront.api.reads import CODE, FILTER, PRODUCT, REGION, REGION_ERRORS, asked, language, region_asked
from storefront.api.shapes import answers, enveloped
from storefront.catalogue import shop
from storefront.catalogue.models import ProductField
from storefront.pictures import absolute

TAGS = ["Products"]


class Titled(serializers.Serializer[Any]):
    title = serializers.CharField()
    code = serializers.CharField()


class CategoryShown(serializers.Serializer[Any]):
    title = serializers.CharField()
    code = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    icon = serializers.URLField()
    order = serializers.IntegerField()


class ProductShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    publisher = serializers.CharField(allow_blank=True)
    thumbnail = serializers.URLField()
    banner = serializers.URLField()
    isPopular = serializers.BooleanField()
    isAvailable = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    category = Titled()


class ProductInFull(ProductShown):
    features = serializers.ListField(child=serializers.CharField())
    howToOrder = serializers.ListField(child=serializers.CharField())


class Option(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class FieldShown(serializers.Serializer[Any]):
    name = serializers.CharField()
    key = serializers.CharField()
    type = serializers.ChoiceField(choices=ProductField.Type.values)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    minLength = serializers.IntegerField()
    maxLength = serializers.IntegerField()
    placeholder = serializers.CharField(allow_blank=True)
    pattern = serializers.CharField(required=False)
    hint = serializers.CharField(allow_blank=True)
    options = Option(many=True, required=False, help_text="of a select")


class SectionShown(serializers.Serializer[Any]):
    title = serializers.CharField()
    code = serializers.CharField()
    icon = serializers.CharField(allow_blank=True)
    order = serializers.IntegerField()


class Badge(serializers.Serializer[Any]):
    text = serializers.CharField()
    color = serializers.CharField(help_text="#RRGGBB")


class SkuShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    price = serializers.FloatField(help_text="in major units")
    originalPrice = serializers.FloatField(help_text="in major units")
    discount = serializers.FloatField(help_text="percent")
    image = serializers.URLField()
    info = serializers.CharField(allow_blank=True)
    processTime = serializers.IntegerField(help_text="minutes; 0: instant")
    isAvailable = serializers.BooleanField()
    isFeatured = serializers.BooleanField()
    section = Titled()
    badge = Badge(required=False)


DEFAULT_BADGE_COLOR = "#F5B301"


def _product(card: shop.ProductCard) -> dict[str, Any]:
    return {
        "code": card.code,
        "slug": card.slug,
        "title": card.title,
        "subtitle": card.subtitle,
        "description": card.description,
        "publisher": card.publisher,
        "thumbnail": absolute(card.thumbnail),
        "banner": absolute(card.banner),
        "isPopular": card.is_popular,
        "isAvailable": card.is_available,
        "tags": card.tags,
        "category": {"title": card.category_title, "code": card.category_code},
    }


def _field(field: shop.FieldShown) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": field.name,
        "key": field.key,
        "type": field.type,
        "label": field.label,
        "required": field.is_required,
        "minLength": field.min_length,
        "maxLength": field.max_length,
        "placeholder": field.placeholder,
    }
    if field.pattern:
        shown["pattern"] = field.pattern
    shown["hint"] = field.hint
    if field.type == ProductField.Type.SELECT:
        shown["options"] = [{"value": value, "label": label} for value, label in field.options]
    return shown


def _sku(card: shop.SkuCard) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "code": card.code,
        "name": card.name,
        "description": card.description,
        "currency": card.price.currency,
        "price": card.price,
        "originalPrice": card.original,
        "discount": card.discount,
        "image": absolute(card.image),
        "info": card.info,
        "processTime": card.process_minutes,
        "isAvailable": card.is_available,
        "isFeatured": card.is_featured,
        "section": {"title": card.section_title, "code": card.section_code},
    }
    if card.badge_text:
        shown["badge"] = {"text": card.badge_text, "color": card.badge_color or DEFAULT_BADGE_COLOR}
    return shown


class CatalogueView(ApiView):
    """Reads that are equal for everyone; the price is the public one whoever asks (decisions, Region and catalogue)."""

    ignores_bearer: ClassVar[bool] = True


class Categories(CatalogueView):
    @extend_schema(
        operation_id="listCategories",
        tags=TAGS,
        summary="Get categories",
        parameters=[REGION],
        responses=answers(enveloped("CategoriesEnvelope", CategoryShown(many=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        return data(
            [
                {
                    "title": category.title,
                    "code": category.code,
                    "description": category.description,
                    "icon": absolute(category.icon),
                    "order": category.position,
                }
                for category in shop.categories(region_asked(request), language())
            ]
        )


class Products(CatalogueView):
    @extend_schema(
        operation_id="listProducts",
        tags=TAGS,
        summary="Get products",
        description="A list, or with `productCode` that one product with its features and steps.",
        parameters=[
            REGION,
            OpenApiParameter("categoryCode", FILTER, description="Filter; an unknown one finds nothing"),
            OpenApiParameter(
                "productCode", CODE, description="One product in full", examples=[OpenApiExample("MLBB", value="MLBB")]
            ),
        ],
        responses=answers(
            PolymorphicProxySerializer(
                component_name="ProductsEnvelope",
                serializers=[
                    enveloped("ProductListEnvelope", ProductShown(many=True)),
                    enveloped("ProductEnvelope", ProductInFull()),
                ],
                resource_type_field_name=None,
            ),
            errors=(*REGION_ERRORS, 404),
        ),
    )
    def get(self, request: Request) -> Response:
        region, now = region_asked(request), timezone.now()
        category_code, code = asked(request, "categoryCode"), asked(request, "productCode")
        if not code:
            found = shop.products(region, language(), now, category_code=category_code)
            return data([_product(card) for card in found])
        page = shop.product(region, language(), now, code=code, category_code=category_code)
        return data(_product(page.card) | {"features": page.features, "howToOrder": page.how_to_order})


class Populars(CatalogueView):
    @extend_schema(
        operation_id="listPopulars",
        tags=TAGS,
        summary="Get popular products",
        parameters=[REGION],
        responses=answers(enveloped("PopularsEnvelope", ProductShown(many=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        found = shop.products(region_asked(request), language(), timezone.now(), popular=True)
        return data([_product(card) for card in found])


class Fields(CatalogueView):
    @extend_schema(
        operation_id="listFields",
        tags=TAGS,
        summary="Get product fields",
        parameters=[REGION, PRODUCT],
        responses=answers(enveloped("FieldsEnvelope", FieldShown(many=True)), errors=(*REGION_ERRORS, 404)),
    )
    def get(self, request: Request) -> Response:
        product = shop.sold_product(region_asked(request, "productCode"), asked(request, "productCode"))
        return data([_field(field) for field in shop.fields(product, language())])


class Sections(CatalogueView):
    @extend_schema(
        operation_id="listSections",
        tags=TAGS,
        summary="Get sections",
        parameters=[REGION, PRODUCT],
        responses=answers(enveloped("SectionsEnvelope", SectionShown(many=True)), errors=(*REGION_ERRORS, 404)),
    )
    def get(self, request: Request) -> Response:
        region = region_asked(request, "productCode")
        found = shop.sections(shop.sold_product(region, asked(request, "productCode")), region, language())
        return data(
            [
                {"title": section.title, "code": section.code, "icon": section.icon, "order": section.position}
                for section in found
            ]
        )


class Skus(CatalogueView):
    @extend_schema(
        operation_id="listSkus",
        tags=TAGS,
        summary="Get SKUs",
        parameters=[
            REGION,
            PRODUCT,
            OpenApiParameter("sectionCode", FILTER, description="Filter; an unknown one finds nothing"),
        ],
        responses=answers(enveloped("SkusEnvelope", SkuShown(many=True)), errors=(*REGION_ERRORS, 404)),
    )
    def get(self, request: Request) -> Response:
        region = region_asked(request, "productCode")
        page = shop.product(region, language(), timezone.now(), code=asked(request, "productCode"))
        found = shop.skus(page, region, language(), section_code=asked(request, "sectionCode"))
        return data([_sku(card) for card in found])


class SkuPromos(CatalogueView):
    @extend_schema(
        operation_id="listSkuPromos",
        tags=TAGS,
        summary="Get SKU promos",
        description="SKUs of every product that cost less than their list price.",
        parameters=[REGION],
        responses=answers(enveloped("SkuPromosEnvelope", SkuShown(many=True)), errors=REGION_ERRORS),
    )
    def get(self, request: Request) -> Response:
        return data([_sku(card) for card in shop.discounted(region_asked(request), language(), timezone.now())])
