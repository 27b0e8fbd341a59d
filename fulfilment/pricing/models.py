"""What suppliers took when, the rules by which prices are made, and drafts of new prices with every step shown."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Level
from core.models import Region
from core.money import DECIMALS
from storefront.catalogue.models import Product, Sku

_PERCENT = (MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1000)))
_CURRENCIES = [(code, code) for code in DECIMALS if code != "PTS"]


class CostSeen(models.Model):
    """That a supplier's product cost so much, or was off, from `since` until its next row. Never edited."""

    product = models.ForeignKey("fulfilment.SupplierProduct", on_delete=models.CASCADE, related_name="costs")
    cost_minor = models.BigIntegerField(help_text=_("in minor units of the account's currency"))
    is_active = models.BooleanField(default=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-since", "-id"]
        verbose_name = _("cost seen")
        verbose_name_plural = _("costs seen")
        indexes = [models.Index(fields=["product", "-since"], name="cost_of_product")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.cost_minor}"


class ProductTask(models.Model):
    """A supplier's product that came or went, for staff to decide on: map it, close what it delivered, or ignore it."""

    class Kind(models.TextChoices):
        NEW = "NEW", _("new")
        GONE = "GONE", _("gone")

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        MAPPED = "MAPPED", _("mapped")
        CLOSED = "CLOSED", _("SKU closed")
        IGNORED = "IGNORED", _("ignored")
        OVER = "OVER", _("over by itself")

    product = models.ForeignKey("fulfilment.SupplierProduct", on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=4, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN, db_index=True)
    note = models.CharField(max_length=300, blank=True, help_text=_("what depends on it, and what was decided why"))
    opened_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("product that came or went")
        verbose_name_plural = _("products that came or went")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "kind"], condition=models.Q(state="OPEN"), name="product_task_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.product_id}"


class MarginRule(models.Model):
    """What is added to the cost of the SKUs it is for. Of all rules that fit, the most specific one alone holds:
    SKU before product before everything, and of equals the one that names the region (fulfilment/pricing/rules.py).

    With a `level` it says what has to be left of that level's lower price; the public price rises until it is.
    """

    class Fees(models.TextChoices):
        WHOLE = "WHOLE", _("the whole fee of the dearest channel")
        NET = "NET", _("what its gateway keeps beyond that fee")
        NONE = "NONE", _("nothing")

    name = models.CharField(max_length=80)
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text=_("empty: all")
    )
    sku = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text=_("empty: all")
    )
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text=_("empty: all")
    )
    level = models.CharField(
        max_length=8,
        blank=True,
        default="",
        choices=[(Level.PRESTIGE, "Prestige"), (Level.ROYAL, "Royal")],
        help_text=_("what must be left of the price that members of this level pay; empty: the public price"),
    )
    percent = models.DecimalField(
        max_digits=6, decimal_places=2, default=0, validators=_PERCENT, help_text=_("of the cost, added to it")
    )
    flat_minor = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0)], help_text=_("added to that, in the money of the rule's region")
    )
    jump_percent = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=10,
        validators=_PERCENT,
        help_text=_("a price that moves by more than this at once needs a person's tick"),
    )
    fees = models.CharField(
        max_length=5,
        choices=Fees,
        default=Fees.WHOLE,
        help_text=_("customers pay the channel's fee on top; what of it the price has to bear all the same"),
    )
    bears_promos = models.BooleanField(
        default=True,
        help_text=_("the price bears the dearest promo entered; off: promos are the shop's expense"),
    )
    publishes_itself = models.BooleanField(
        default=False, help_text=_("when costs or rates move: within the jump guard prices change with nobody asked")
    )
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("margin rule")
        verbose_name_plural = _("margin rules")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sku", "region", "level"],
                condition=models.Q(is_active=True),
                nulls_distinct=False,
                name="margin_rule_once",
                violation_error_message=_("There is an active rule for exactly this already."),
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, flat_minor__gte=0, jump_percent__gte=0),
                name="margin_rule_not_below_0",
            ),
            models.CheckConstraint(
                condition=models.Q(product=None) | models.Q(sku=None),
                name="margin_rule_of_one_thing",
                violation_error_message=_("Choose a product or one of its SKUs, not both."),
            ),
            models.CheckConstraint(
                condition=models.Q(flat_minor=0) | models.Q(region__isnull=False),
                name="margin_flat_needs_region",
                violation_error_message=_("A flat amount is in the money of a region: choose the region."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PriceEnding(models.Model):
    """How prices of a currency end: every `step` minor units, at `ending`. 100 and 50 make 1.050, 1.150 …"""

    currency = models.CharField(max_length=3, unique=True, choices=_CURRENCIES)
    step_minor = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text=_("minor units between two prices, e.g. 100")
    )
    ending_minor = models.PositiveIntegerField(
        default=0, help_text=_("what each of them ends in, e.g. 50, or 90 for .90; less than the step")
    )

    class Meta:
        ordering = ["currency"]
        verbose_name = _("ending of prices")
        verbose_name_plural = _("endings of prices")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(step_minor__gte=1) & models.Q(ending_minor__lt=models.F("step_minor")),
                name="ending_below_its_step",
                violation_error_message=_("The ending is less than the step."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.currency} …{self.ending_minor} / {self.step_minor}"


class PriceDraft(models.Model):
    """New prices as computed at one moment. Publishing applies exactly its lines, or refuses; undoing restores."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        WAITING = "WAITING", _("waits for the second person")
        PUBLISHED = "PUBLISHED", _("published")
        UNDONE = "UNDONE", _("undone")
        DROPPED = "DROPPED", _("dropped")

    class Cause(models.TextChoices):
        HAND = "HAND", _("by hand")
        MOVED = "MOVED", _("costs, rates or rules moved")
        ITSELF = "ITSELF", _("published by itself")

    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    cause = models.CharField(max_length=6, choices=Cause)
    digest = models.CharField(max_length=64, help_text=_("of all that was computed: equal while nothing moves"))
    rates = models.JSONField(default=dict, help_text=_("exchange rates used, with their dates"))
    changes = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=254)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=254, blank=True)
    approved_by = models.CharField(max_length=254, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=254, blank=True)
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("draft of prices")
        verbose_name_plural = _("drafts of prices")
        permissions = [("publish_prices", "Can publish and undo drafts of prices")]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="DRAFT"), name="one_open_price_draft")
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class PriceLine(models.Model):
    """The price of one SKU in one region within a draft, from cost to ending, and what stops it if anything does."""

    class Guard(models.TextChoices):
        NONE = "", _("may be published")
        FIXED = "FIXED", _("fixed by hand")
        NO_COST = "NO_COST", _("no route with a cost")
        NO_RATE = "NO_RATE", _("no exchange rate")
        RATE_ONE = "RATE_ONE", _("exchange rate of 1.0")
        RATE_OLD = "RATE_OLD", _("exchange rate too old")
        UNBEARABLE = "UNBEARABLE", _("no price bears its promos and fees")
        JUMP = "JUMP", _("moves too far at once")

    class Choice(models.TextChoices):
        NONE = "", _("not decided")
        ALLOWED = "ALLOWED", _("allowed")
        LEFT = "LEFT", _("left out")

    draft = models.ForeignKey(PriceDraft, on_delete=models.CASCADE, related_name="lines")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    old_minor = models.BigIntegerField()
    old_original_minor = models.BigIntegerField()
    new_minor = models.BigIntegerField(null=True, blank=True)
    new_original_minor = models.BigIntegerField(null=True, blank=True)
    cost_minor = models.BigIntegerField(null=True, blank=True, help_text=_("in the region's money, rounded up"))
    moves_percent = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    rule = models.ForeignKey(MarginRule, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    rule_name = models.CharField(max_length=80)
    guard = models.CharField(max_length=10, choices=Guard, default=Guard.NONE, blank=True)
    choice = models.CharField(max_length=7, choices=Choice, default=Choice.NONE, blank=True)
    chosen_by = models.CharField(max_length=254, blank=True)
    steps = models.JSONField(default=list)
    is_applied = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("new price")
        verbose_name_plural = _("new prices")
        constraints = [models.UniqueConstraint(fields=["draft", "sku", "region"], name="price_line_once")]
        indexes = [models.Index(fields=["draft", "guard"], name="price_line_guard")]

    def __str__(self) -> str:
        return f"{self.sku.code} {self.region_id}"

    @property
    def is_change(self) -> bool:
        return self.new_minor is not None and self.new_minor != self.old_minor
