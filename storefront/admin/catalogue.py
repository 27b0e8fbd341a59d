"""Categories, products with everything that hangs on them, SKUs with their prices, operator prefixes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ShopAdmin, ShopInline, ShopTabularInline, money_column
from core.admin.dragging import Dragged
from core.admin.sheets import Sheeted
from core.errors import Refused, Text
from core.models import Region
from core.money import Money, discount_percent
from core.sheets.comparing import is_jump
from core.translated import pick
from storefront.admin.bases import PicturedAdmin, home_shop, thumbnail
from storefront.admin.forms import ClosureForm, Form, PriceForm, ProductFieldForm
from storefront.admin.previews import Previewed, fields_shown, unsaved_fields
from storefront.catalogue import mass_prices
from storefront.catalogue.closing import standing
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
from storefront.pictures import picture
from storefront.players.models import OperatorPrefix
from storefront.sheets import goods


@admin.register(Category)
class CategoryAdmin(Sheeted, Dragged, ShopAdmin):
    sheets = (goods.CATEGORIES,)
    list_display = ["code", "shown_title", "products", "is_active", "position"]
    list_editable = ["is_active", "position"]
    search_fields = ["code", "title"]
    long_texts = ("description",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    def view_on_site(self, category: Category) -> str:
        return f"{home_shop()}#{category.code}"

    @display(description=_("title"))
    def shown_title(self, category: Category) -> str:
        return str(pick(category.title, "en"))

    @display(description=_("products"), ordering="product_count")
    def products(self, category: Any) -> int:
        return int(category.product_count)


class ProductRegionInline(ShopTabularInline):
    model = ProductRegion
    tab = True


class ProductFieldInline(ShopInline):
    model = ProductField
    ordering_field = "position"
    hide_ordering_field = True
    form = ProductFieldForm
    tab = True


class SectionInline(ShopInline):
    model = Section
    ordering_field = "position"
    hide_ordering_field = True
    tab = True


class ProductClosureInline(ShopInline):
    model = ProductClosure
    form = ClosureForm
    tab = True


class MemberDiscountInline(ShopTabularInline):
    model = MemberDiscount
    tab = True


class SkuInline(ShopTabularInline):
    """The amounts at a glance; prices and texts are on the SKU's own page."""

    model = Sku
    fields = ["code", "name", "section", "is_featured", "is_active", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    show_change_link = True
    tab = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.product = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField[Any]:
        if db_field.name == "section":
            kwargs["queryset"] = Section.objects.filter(product=self.product)
        found: ModelChoiceField[Any] = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return found


@admin.register(Product)
class ProductAdmin(Sheeted, Dragged, Previewed, PicturedAdmin):
    sheets = (goods.PRODUCTS, goods.PRODUCT_REGIONS, goods.PRODUCT_FIELDS, goods.MEMBER_DISCOUNTS)
    list_display = [
        "drawing", "code", "title", "category", "sold_in", "skus_shown", "is_popular", "is_active", "standing",
        "position",
    ]  # fmt: skip
    list_display_links = ["drawing", "code"]
    list_editable = ["is_popular", "is_active", "position"]
    list_filter = ["category", "is_active", "is_popular", "is_operator_bound", "regions__region", "check_supplier"]
    list_select_related = ["category"]
    list_per_page = 50
    search_fields = ["code", "slug", "name", "title", "publisher", "search_words"]
    autocomplete_fields = ["category"]
    long_texts = ("description",)
    inlines = [
        *(ProductRegionInline, ProductFieldInline, SectionInline, SkuInline, MemberDiscountInline),
        ProductClosureInline,
    ]
    fieldsets = [
        (None, {"fields": ["code", "slug", "category", "name", "title", "subtitle", "publisher", "description"]}),
        (_("On the shelf"), {"fields": ["is_active", "is_popular", "position", "tags", "search_words"]}),
        (_("Words"), {"fields": ["features", "how_to_order", "how_to_redeem"]}),
        (_("Pictures"), {"fields": ["thumbnail", "banner", "artwork"]}),
        (
            _("Accounts"),
            {"fields": ["check_supplier", "check_optional", "is_operator_bound", "player_field", "zone_field"]},
        ),
        (_("Delivery"), {"fields": ["usual_seconds", "promise_seconds"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("regions__region", "closures")
            .annotate(sku_count=Count("skus", filter=Q(skus__is_active=True)))
        )

    def view_on_site(self, product: Product) -> str:
        return home_shop() + product.slug

    preview_template = "storefront/admin/preview_fields.html"

    def fill(self, request: HttpRequest, row: Any, problems: list[str]) -> None:
        row.unsaved_fields = unsaved_fields(self, request, row, problems)

    def shown(self, request: HttpRequest, row: Any, region: Region, language: str) -> dict[str, Any]:
        return {"fields": fields_shown(row.unsaved_fields, language)}

    @display(description="")
    def drawing(self, product: Product) -> SafeString:
        return thumbnail(picture(product.thumbnail, "product", product.code, product.name, product.artwork))

    @display(description=_("sold in"))
    def sold_in(self, product: Product) -> str:
        return " ".join(sorted(sale.region_id for sale in product.regions.all() if sale.is_available))

    @display(description=_("SKUs"), ordering="sku_count")
    def skus_shown(self, product: Any) -> SafeString:
        url = reverse("admin:storefront_sku_changelist") + f"?product__id__exact={product.pk}"
        return format_html('<a href="{}" class="text-primary-600">{}</a>', url, product.sku_count)

    @display(description=_("now"), label={"open": "success", "closed": "warning"})
    def standing(self, product: Product) -> tuple[str, Any]:
        now = timezone.now()
        shut = [s.region for s in product.regions.all() if standing(product.closures.all(), s.region, now)]
        return ("closed", _("closed")) if shut else ("open", _("open"))


class SkuPriceInline(ShopTabularInline):
    model = SkuPrice
    form = PriceForm
    fields = ["region", "price_minor", "original_minor", "is_available", "is_fixed", "cost_closed_at"]
    readonly_fields = ["cost_closed_at"]


_TYPED = ("price_minor", "original_minor")


class PricesTyped(ShopAdmin):
    """Base of the pages on which prices are typed: they count against what one person changes alone in a day."""

    def changeform_view(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **named)
        except Refused as refusal:  # what was written goes back with the page's transaction
            request.refused = refusal.message  # type: ignore[attr-defined]
            answer = super().changeform_view(request, *args, **named)
        return answer

    def get_form(self, request: HttpRequest, *args: Any, **named: Any) -> Any:
        form = super().get_form(request, *args, **named)
        refused = getattr(request, "refused", None)
        return form if refused is None else _refusing(form, refused)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(obj, SkuPrice):
            _count_typed(request, [form])
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is SkuPrice:
            _count_typed(request, [one for one in formset.forms if one not in formset.deleted_forms])
        super().save_formset(request, form, formset, change)


def _refusing(form: Any, why: Text) -> Any:
    """The form, but that nothing typed in it is right, for that reason; so its page shows it as it was typed."""

    def clean(one: Any) -> dict[str, Any]:
        cleaned: dict[str, Any] = form.clean(one) or one.cleaned_data
        one.add_error(None, why)
        return cleaned

    return type(form.__name__, (form,), {"clean": clean})


def _count_typed(request: HttpRequest, forms_of_prices: list[Any]) -> None:
    typed = [form for form in forms_of_prices if set(_TYPED) & set(form.changed_data)]
    stored = SkuPrice.objects.in_bulk([form.instance.pk for form in typed if form.instance.pk])
    jumps = sum(
        any(is_jump(getattr(stored[form.instance.pk], name), form.cleaned_data[name]) for name in _TYPED)
        for form in typed
        if form.instance.pk in stored
    )
    if typed:
        mass_prices.ensure_typed(request.user.get_username(), len(typed), jumps)


class SkuForm(Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        section, product = cleaned.get("section"), cleaned.get("product")
        if section is not None and product is not None and section.product_id != product.pk:
            self.add_error("section", _("This section belongs to another product."))
        return cleaned


@admin.register(Sku)
class SkuAdmin(Sheeted, PricesTyped, PicturedAdmin):
    sheets = (goods.SKUS,)
    form = SkuForm
    list_display = ["code", "name", "product", "section", "prices_shown", "is_featured", "is_active", "position"]
    list_editable = ["is_featured", "is_active", "position"]
    list_filter = ["is_active", "is_featured", "product__category", ("product", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["product", "section"]
    list_per_page = 50
    search_fields = ["code", "name", "product__code", "product__name"]
    autocomplete_fields = ["product", "section"]
    inlines = [SkuPriceInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("prices__region")

    def view_on_site(self, sku: Sku) -> str:
        return f"{home_shop()}{sku.product.slug}?sku={sku.code}"

    @display(description=_("prices (sold out in brackets)"))
    def prices_shown(self, sku: Sku) -> str:
        prices = sorted(sku.prices.all(), key=lambda row: row.region.position)
        written = ((row, Money(row.price_minor, row.region.currency)) for row in prices)
        return " · ".join(f"{row.region_id} {price}" if not row.is_sold_out else f"({price})" for row, price in written)


@admin.register(SkuPrice)
class SkuPriceAdmin(Sheeted, PricesTyped):
    """Every price of every region, for switching things off quickly."""

    sheets = (goods.PRICES,)
    form = PriceForm
    list_display = ["sku", "region", "price", "original", "off", "is_available", "is_fixed", "stock_left"]
    list_display += ["cost_closed_at"]
    list_editable = ["is_available", "is_fixed"]
    list_filter = [
        "region",
        "is_available",
        "is_fixed",
        ("cost_closed_at", admin.EmptyFieldListFilter),
        ("sku__product", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["sku", "region"]
    list_per_page = 100
    search_fields = ["sku__code", "sku__name", "sku__product__code"]
    autocomplete_fields = ["sku"]
    fields = ["sku", "region", "price_minor", "original_minor", "is_available", "is_fixed", "cost_closed_at"]
    readonly_fields = ["cost_closed_at"]
    price = money_column("price_minor", currency="region.currency", title=_("price"))
    original = money_column("original_minor", currency="region.currency", title=_("list price"))

    def view_on_site(self, row: SkuPrice) -> str:
        return f"{home_shop(row.region)}{row.sku.product.slug}?sku={row.sku.code}"

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **(kwargs | {"form": forms.ModelForm}))

    @display(description=_("off"))
    def off(self, row: SkuPrice) -> str:
        percent = discount_percent(row.price_minor, row.original_minor)
        return f"−{percent:g} %" if percent else ""


@admin.register(Section)
class SectionAdmin(Sheeted, ShopAdmin):
    sheets = (goods.SECTIONS,)
    list_display = ["product", "code", "icon", "position"]
    list_filter = [("product", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["product"]
    search_fields = ["code", "product__code", "product__name"]
    autocomplete_fields = ["product"]

    def view_on_site(self, section: Section) -> str:
        return f"{home_shop()}{section.product.slug}#section-{section.code}"


@admin.register(ProductClosure)
class ProductClosureAdmin(Sheeted, ShopAdmin):
    """What is closed when, of all products."""

    sheets = (goods.PRODUCT_CLOSURES,)
    form = ClosureForm
    list_display = ["product", "region", "starts_at", "ends_at", "closed_from", "closed_until"]
    list_filter = ["region", ("product", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["product", "region"]
    search_fields = ["product__code", "product__name"]
    autocomplete_fields = ["product"]

    def view_on_site(self, closure: ProductClosure) -> str:
        return home_shop(closure.region) + closure.product.slug


@admin.register(OperatorPrefix)
class OperatorPrefixAdmin(Sheeted, ShopAdmin):
    sheets = (goods.PREFIXES,)
    list_display = ["prefix", "operator", "product_code", "region", "is_active", "note"]
    list_editable = ["is_active"]
    list_filter = ["region", "operator", "is_active"]
    list_select_related = ["region"]
    search_fields = ["prefix", "operator", "product_code"]
