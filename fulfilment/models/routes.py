"""By what a SKU goes out: its routes, and the parts of which it may be sent as pieces."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Region
from fulfilment.models.suppliers import SupplierProduct
from storefront.catalogue.models import Sku

MOST_PIECES = 20  # of one part in a unit


class Route(models.Model):
    """By which supplier product a SKU is delivered in a region (empty: wherever no closer route stands), and when.

    Among open routes of one priority the cheapest is taken. Hours are by the clock of the supplier's country; they may
    pass midnight (23:45 to 00:15), and both empty mean always.
    """

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="routes")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(SupplierProduct, on_delete=models.PROTECT, related_name="routes")
    priority = models.PositiveSmallIntegerField(
        default=0, help_text=_("lower goes first; among equals the cheapest that is open and healthy")
    )
    open_from = models.TimeField(null=True, blank=True, help_text=_("daily, by the time zone of the account"))
    open_until = models.TimeField(null=True, blank=True, help_text=_("may lie past midnight"))
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sku", "priority"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.UniqueConstraint(fields=["sku", "region", "product"], nulls_distinct=False, name="route_once"),
            models.CheckConstraint(
                condition=models.Q(open_from=None, open_until=None)
                | (
                    models.Q(open_from__isnull=False, open_until__isnull=False)
                    & ~models.Q(open_from=models.F("open_until"))
                ),
                name="route_hours_both_or_none",
                violation_error_message=_("Enter both times, and not the same; none means always open."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} → {self.product_id}"


class SkuPart(models.Model):
    """That a unit of `sku` may be delivered as pieces: so many `times` of `part`, each routed as `part` is.

    `weight` says what one such piece is worth against the unit's other pieces (its diamonds, say); what does not
    arrive is paid back by it.
    """

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="parts")
    part = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    times = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_PIECES)]
    )
    weight = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text=_("worth of one piece against the others, its diamonds")
    )

    class Meta:
        ordering = ["sku", "id"]
        verbose_name = _("part of a SKU")
        verbose_name_plural = _("parts of SKUs")
        constraints = [
            models.UniqueConstraint(fields=["sku", "part"], name="sku_part_once"),
            models.CheckConstraint(condition=~models.Q(sku=models.F("part")), name="sku_no_part_of_itself"),
            models.CheckConstraint(
                condition=models.Q(times__gte=1, times__lte=MOST_PIECES, weight__gte=1), name="sku_part_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} = {self.times} × {self.part_id}"

    def clean(self) -> None:
        """A part is a SKU of the same product, sent by routes of its own; codes are not made of pieces."""
        if not self.sku_id or not self.part_id:
            return
        if self.sku.product_id != self.part.product_id:
            raise ValidationError({"part": _("A part is a SKU of the same product.")})
        if self.sku.gives_code or self.part.gives_code:
            raise ValidationError({"part": _("What is delivered as a code is not sent in pieces.")})
