"""Sums of days, and which days are summed. Every figure's definition and source: docs/numbers.md."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region


class SummedDay(models.Model):
    """A day of a region by its own clocks: what was made on it (orders, inquiries, deposits) is its, whenever it ends.

    `stale_at` is set as soon as something of the day has changed since it was summed.
    """

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    stale_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    summed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-day", "region"]
        verbose_name = _("summed day")
        verbose_name_plural = _("summed days")
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="one_sum_per_day")]
        indexes = [models.Index(fields=["day"], condition=models.Q(stale_at__isnull=False), name="day_to_sum")]
        permissions = [
            ("view_figures", _("Can see how many orders came and how they went")),
            ("view_sales", _("Can see what was sold for how much")),
            ("view_profit", _("Can see costs and the true profit")),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.day}"


class Sums(models.Model):
    """What is added up of a day. All amounts in minor units of `currency`; what lowers the profit is positive."""

    #: The columns that are summed.
    COUNTS = (
        "inquiries", "orders", "paid", "delivered", "failed", "expired", "deposits", "points", "cost_unknown",
        "charge_unknown", "points_unknown",
    )  # fmt: skip
    AMOUNTS = (
        "sales_minor", "promo_minor", "fees_minor", "cost_minor", "exchange_minor", "charges_minor",
        "points_minor", "goodwill_minor", "refunds_minor",
    )  # fmt: skip

    day = models.DateField()
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)

    inquiries = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    paid = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0, help_text=_("orders that ended in SUCCESS"))
    failed = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    deposits = models.PositiveIntegerField(default=0)

    sales_minor = models.BigIntegerField(default=0, help_text=_("goods that arrived, at their price before promo"))
    promo_minor = models.BigIntegerField(default=0)
    fees_minor = models.BigIntegerField(default=0, help_text=_("payment fees that customers paid"))
    cost_minor = models.BigIntegerField(default=0, help_text=_("at the rates of the moment the order was made"))
    exchange_minor = models.BigIntegerField(
        default=0, help_text=_("what the goods cost more since rates moved until they were bought")
    )
    charges_minor = models.BigIntegerField(default=0, help_text=_("what gateways kept"))
    points_minor = models.BigIntegerField(default=0)
    points = models.BigIntegerField(default=0)
    goodwill_minor = models.BigIntegerField(default=0, help_text=_("given by the shop"))
    refunds_minor = models.BigIntegerField(default=0, help_text=_("owed back to customers; no part of the profit"))

    cost_unknown = models.PositiveIntegerField(default=0, help_text=_("orders that a rate is missing for"))
    charge_unknown = models.PositiveIntegerField(default=0, help_text=_("captures by channels without agreed fees"))
    points_unknown = models.PositiveIntegerField(default=0)
    bought = models.JSONField(default=dict, help_text=_("cost of goods in the suppliers' currencies"))
    seconds = models.JSONField(default=dict, help_text=_("from paid to delivered: how many orders took how long"))

    class Meta:
        abstract = True


class DayFigures(Sums):
    """One day's sums of one product, channel, supplier and currency in one region.

    `product` is empty for deposits. `supplier` is empty where none was asked, and MANY where one order had several.
    """

    #: Stands for the supplier of orders whose units came from more than one.
    MANY = "+"

    product = models.CharField(max_length=30, blank=True, help_text=_("its code"))
    channel = models.CharField(max_length=30, help_text=_("its code"))
    supplier = models.CharField(max_length=20, blank=True, help_text=_("its code"))

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures of days")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "region", "product", "channel", "supplier", "currency"], name="one_row_of_figures"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.region_id} {self.product} {self.channel} {self.supplier}"


class DayTotals(Sums):
    """The same sums once more by one thing alone: all of one product, channel or supplier in a region, or all of it.

    Whoever does not narrow further down reads these: few rows, and few times in each, however many orders there were.
    """

    #: What may be that one thing.
    PARTS = ("product", "channel", "supplier", "region")

    by = models.CharField(max_length=8, help_text=_("product, channel, supplier or region"))
    part = models.CharField(max_length=30, blank=True, help_text=_("its code"))

    class Meta:
        verbose_name = _("totals of a day")
        verbose_name_plural = _("totals of days")
        constraints = [
            models.UniqueConstraint(fields=["by", "day", "region", "part", "currency"], name="one_row_of_totals")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.region_id} {self.by} {self.part}"


class Noted(models.Model):
    """How far the ledger and the orders' steps have been looked through for days to sum again; the one row is 1."""

    transfer_id = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    inquiry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("how far changes were noted")
        verbose_name_plural = _("how far changes were noted")

    def __str__(self) -> str:
        return f"{self.transfer_id}, {self.event_id}"
