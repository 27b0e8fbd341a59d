"""Promo codes and the slots that orders hold of them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region
from core.translated import TranslatedField
from storefront.catalogue.models import Product
from storefront.channels.models import Channel


class Promo(models.Model):
    """A code that lowers the price. Limit 0 = none; amounts in minor units of the region's currency."""

    code = models.CharField(max_length=30, unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    title = TranslatedField()
    description = TranslatedField()
    note = TranslatedField()
    products = models.ManyToManyField(Product, blank=True, related_name="+", help_text=_("empty: all"))
    channels = models.ManyToManyField(Channel, blank=True, related_name="+", help_text=_("empty: all"))
    days = models.JSONField(default=list, blank=True, help_text=_('["MON", "WED"]; empty: every day'))
    levels = models.JSONField(default=list, blank=True, help_text=_('["PRESTIGE", "ROYAL"]; empty: everyone'))
    max_usage = models.PositiveIntegerField(default=0)
    max_daily_usage = models.PositiveIntegerField(default=0)
    max_usage_per_id = models.PositiveIntegerField(default=0, help_text=_("per target account"))
    max_usage_per_device = models.PositiveIntegerField(default=0)
    max_usage_per_ip = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    min_minor = models.BigIntegerField(default=0, help_text=_("held against list price × quantity"))
    max_discount_minor = models.BigIntegerField(default=0)
    flat_minor = models.BigIntegerField(default=0)
    percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    budget_minor = models.BigIntegerField(
        default=0, db_default=0, help_text=_("it stops before it has given away more than this in all")
    )
    given_minor = models.BigIntegerField(
        default=0, db_default=0, editable=False, help_text=_("given away by the slots that are held")
    )
    is_active = models.BooleanField(default=True)
    is_listed = models.BooleanField(default=True, help_text=_("shown to customers; unlisted codes still work"))
    used = models.PositiveIntegerField(default=0, editable=False, help_text=_("slots taken and not given back"))
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("promo")
        verbose_name_plural = _("promos")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_usage=0) | models.Q(used__lte=models.F("max_usage")), name="promo_not_overdrawn"
            ),
            models.CheckConstraint(
                condition=models.Q(budget_minor=0) | models.Q(given_minor__lte=models.F("budget_minor")),
                name="promo_within_budget",
            ),
            models.CheckConstraint(
                condition=models.Q(budget_minor__gte=0, given_minor__gte=0), name="promo_gives_and_never_takes"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PromoSlot(models.Model):
    """One use of a promo, held by one order from its creation; given back when the order dies unpaid or fails.

    `day` is the day it was taken, in the region's zone; a slot belongs to that day for ever.
    """

    promo = models.ForeignKey(Promo, on_delete=models.PROTECT, related_name="slots")
    holder = models.CharField(max_length=40, help_text=_("invoice number"))
    day = models.DateField()
    target = models.CharField(max_length=64, help_text=_("hash of product and account"))
    device = models.CharField(max_length=64, blank=True, help_text=_("hash"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))
    discount_minor = models.BigIntegerField(
        default=0, db_default=0, help_text=_("what the order pays less, counted against the budget while it is held")
    )
    taken_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("promo slot")
        verbose_name_plural = _("promo slots")
        constraints = [models.UniqueConstraint(fields=["promo", "holder"], name="one_slot_per_order")]
        indexes = [
            models.Index(fields=["promo", "day"], condition=models.Q(released_at=None), name="promo_slot_day"),
            models.Index(fields=["promo", "target"], condition=models.Q(released_at=None), name="promo_slot_target"),
            models.Index(fields=["promo", "device"], condition=models.Q(released_at=None), name="promo_slot_device"),
            models.Index(fields=["promo", "address"], condition=models.Q(released_at=None), name="promo_slot_address"),
            models.Index(fields=["holder"], name="promo_slot_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.promo_id} {self.holder}"
