"""A quote: what was asked, checked, priced and shown, and until when that price holds."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region
from storefront.catalogue.models import Product, Sku
from storefront.channels.models import Channel
from storefront.promos.models import Promo


class Inquiry(models.Model):
    """All money in minor units of `currency`. The validation token is the signed id of this row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    promo = models.ForeignKey(Promo, null=True, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(help_text=_("[{key, name, value}] in the product's order"))
    nickname = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001  (null: not checked)
    account_region = models.CharField(max_length=2, blank=True)
    quantity = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    unit_price_minor = models.BigIntegerField()
    list_price_minor = models.BigIntegerField()
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True, help_text=_("E.164"))
    language = models.CharField(max_length=5, default="id")
    owner = models.CharField(max_length=64, blank=True, help_text=_("hash of the asking browser's cookie"))
    device = models.CharField(max_length=64, blank=True, help_text=_("hash"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("inquiry")
        verbose_name_plural = _("inquiries")
        indexes = [models.Index(fields=["created_at"], name="inquiry_created")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    total_minor=models.F("subtotal_minor") - models.F("discount_minor") + models.F("fee_minor")
                )
                & models.Q(total_minor__gte=0, discount_minor__gte=0, fee_minor__gte=0),
                name="inquiry_adds_up",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
