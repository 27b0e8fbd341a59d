"""The goods: categories, products with their input fields and sections, SKUs with a price per region, closures."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Level
from core.models import Closure, Region
from core.translated import TranslatedField, TranslatedListField, pick


class Category(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    title = TranslatedField()
    description = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return pick(self.title, "en") or self.code


# Pages stand beside products in an address (/id-id/help): a product by that name could not be reached.
RESERVED_SLUGS = frozenset(
    {"account", "claim", "help", "invoices", "place", "quote", "refunds", "search", "status", "track"}
)


def validate_slug_is_free(slug: str) -> None:
    """Raises ValidationError for a word that is the address of one of the shop's own pages."""
    if slug.lower() in RESERVED_SLUGS:
        raise ValidationError(_("“%(slug)s” is the address of one of the shop's own pages.") % {"slug": slug})


class Product(models.Model):
    """A game, wallet, operator or service whose SKUs are sold; the columns `check_*` say who knows its accounts."""

    code = models.CharField(max_length=30, unique=True)
    slug = models.SlugField(max_length=60, unique=True, validators=[validate_slug_is_free])
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=80, help_text=_("short, e.g. Mobile Legends"))
    title = models.CharField(max_length=120, help_text=_("in full, e.g. Mobile Legends: Bang Bang"))
    subtitle = models.CharField(max_length=120, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    description = TranslatedField()
    features = TranslatedListField()
    how_to_order = TranslatedListField()
    how_to_redeem = TranslatedListField(help_text=_("goods that are codes: what to do with one, step by step"))
    tags = models.JSONField(default=list, blank=True)
    search_words = models.CharField(max_length=200, blank=True, help_text=_("other names people type: ml, mole"))
    thumbnail = models.ImageField(upload_to="products/", blank=True, help_text=_("empty: drawn from code and name"))
    banner = models.ImageField(upload_to="products/", blank=True)
    artwork = models.JSONField(default=dict, blank=True, help_text=_("palette and glyph of the drawing"))
    is_popular = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    check_supplier = models.CharField(
        max_length=20, blank=True, help_text=_("code of the supplier that knows its accounts; empty: not checked")
    )
    check_optional = models.BooleanField(
        default=False, help_text=_("may be bought unchecked while the check is out of reach")
    )
    is_operator_bound = models.BooleanField(
        default=False, help_text=_("phone numbers must belong to this operator (never for wallets)")
    )
    player_field = models.CharField(max_length=30, default="userId", help_text=_("key of the field sent as player id"))
    zone_field = models.CharField(max_length=30, blank=True, help_text=_("key of the field sent as zone or server"))
    usual_seconds = models.PositiveIntegerField(default=60, help_text=_("how long delivery usually takes"))
    promise_seconds = models.PositiveIntegerField(default=600, help_text=_("delivery is promised within"))

    class Meta:
        ordering = ["position", "title"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.title


# What only pages show: a purchase leaves these columns where they are (columns are half of what a SELECT costs).
SHOWN_OF_PRODUCT = (
    "subtitle", "publisher", "description", "features", "how_to_order", "how_to_redeem", "tags", "search_words",
    "thumbnail", "banner", "artwork", "is_popular", "position",
)  # fmt: skip
SHOWN_OF_SKU = (
    "description", "info", "image", "process_minutes", "badge_text", "badge_color", "is_featured", "position",
)  # fmt: skip


def without(prefix: str, columns: tuple[str, ...]) -> list[str]:
    """The columns of a joined table, for QuerySet.defer."""
    return [f"{prefix}__{column}" for column in columns]


class ProductRegion(models.Model):
    """That a product is sold in a region, and by which of the supplier's games its accounts are checked there."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="regions")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    check_game = models.CharField(max_length=40, blank=True, help_text=_("the supplier's game code, e.g. mlbb_id"))
    is_available = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("region of sale")
        verbose_name_plural = _("regions of sale")
        constraints = [models.UniqueConstraint(fields=["product", "region"], name="product_once_per_region")]

    def __str__(self) -> str:
        return f"{self.product} · {self.region_id}"


class ProductField(models.Model):
    """One input the customer fills; its `key` is the name in the request body."""

    class Type(models.TextChoices):
        NUMBER = "number", _("digits")
        TEXT = "text", _("text")
        EMAIL = "email", _("e-mail")
        SELECT = "select", _("choice")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="fields")
    key = models.CharField(max_length=30)
    name = TranslatedField()
    label = TranslatedField()
    type = models.CharField(max_length=6, choices=Type, default=Type.NUMBER)
    is_required = models.BooleanField(default=True)
    min_length = models.PositiveSmallIntegerField(default=1)
    max_length = models.PositiveSmallIntegerField(default=30)
    placeholder = models.CharField(max_length=60, blank=True)
    pattern = models.CharField(max_length=200, blank=True)
    hint = TranslatedField()
    options = models.JSONField(default=list, blank=True, help_text=_('[{"value": "os_asia", "label": "Asia"}]'))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("input field")
        verbose_name_plural = _("input fields")
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="field_once_per_product")]

    def __str__(self) -> str:
        return self.key


class Section(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="sections")
    code = models.SlugField(max_length=40)
    title = TranslatedField()
    icon = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="section_once_per_product")]

    def __str__(self) -> str:
        return pick(self.title, "en") or self.code


class Sku(models.Model):
    """One amount of a product that can be bought."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="skus")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="skus")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    description = TranslatedField()
    info = TranslatedField()
    image = models.ImageField(upload_to="skus/", blank=True)
    process_minutes = models.PositiveSmallIntegerField(default=0, help_text=_("0: at once"))
    max_quantity = models.PositiveSmallIntegerField(default=10)
    gives_code = models.BooleanField(default=False, help_text=_("what arrives is a code, shown on the invoice"))
    badge_text = TranslatedField()
    badge_color = models.CharField(max_length=7, blank=True, help_text="#RRGGBB")
    is_featured = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = "SKU"
        verbose_name_plural = _("SKUs")

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"


class SkuPrice(models.Model):
    """What a SKU costs in a region, in minor units of the region's currency; `original` is the struck list price."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="prices")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    price_minor = models.BigIntegerField()
    original_minor = models.BigIntegerField()
    is_available = models.BooleanField(default=True)
    stock_left = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text=_("codes left to sell; empty: not sold from stock alone")
    )
    is_fixed = models.BooleanField(
        _("fixed by hand"), default=False, help_text=_("typed by a person; margin rules leave it alone")
    )
    cost_closed_at = models.DateTimeField(
        _("closed by its cost at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("suppliers take more than we may pay of this price; it opens by itself when it pays again"),
    )

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(fields=["sku", "region"], name="price_once_per_region"),
            models.CheckConstraint(
                condition=models.Q(price_minor__gt=0) & models.Q(original_minor__gte=models.F("price_minor")),
                name="price_positive_and_not_over_list",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} {self.region_id} {self.price_minor}"

    @property
    def is_sold_out(self) -> bool:
        """Whether staff, an empty stock or a cost above the price have closed it."""
        return not self.is_available or self.stock_left == 0 or self.cost_closed_at is not None

    @property
    def most(self) -> int:
        """How many may be bought at once: the SKU's maximum, and never more than are in stock."""
        return self.sku.max_quantity if self.stock_left is None else min(self.sku.max_quantity, self.stock_left)


class MemberDiscount(models.Model):
    """What members of a level pay less for a product, in percent of the public price; never above the level's cap."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="member_discounts")
    level = models.CharField(max_length=8, choices=[(Level.PRESTIGE, "Prestige"), (Level.ROYAL, "Royal")])
    percent = models.DecimalField(max_digits=4, decimal_places=2)

    class Meta:
        verbose_name = _("member discount")
        verbose_name_plural = _("member discounts")
        constraints = [
            models.UniqueConstraint(fields=["product", "level"], name="member_discount_once"),
            # The caps of accounts.levels, kept by the database.
            models.CheckConstraint(
                condition=models.Q(percent__gt=0)
                & (models.Q(level="PRESTIGE", percent__lte=5) | models.Q(level="ROYAL", percent__lte=10)),
                name="member_discount_within_cap",
                violation_error_message=_("Up to 5%% for Prestige and 10%% for Royal."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} −{self.percent} %"


class ProductClosure(Closure):
    """Maintenance or cut-off of a product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="closures")

    class Meta:
        verbose_name = _("closing time of a product")
        verbose_name_plural = _("closing times of products")
