"""Ways to pay: channel categories, channels per region with fees and limits, closing times."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Closure, Region
from core.translated import TranslatedField, pick
from storefront.content.html import TranslatedHtmlField


class ChannelCategory(models.Model):
    code = models.CharField(max_length=30, unique=True)
    title = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("payment category")
        verbose_name_plural = _("payment categories")

    def __str__(self) -> str:
        return pick(self.title, "en") or self.code


class Channel(models.Model):
    """A way to pay in one region; amounts in minor units of the region's currency."""

    class Kind(models.TextChoices):
        QR = "QR", _("QR code")
        VA = "VA", _("virtual account")
        REDIRECT = "REDIRECT", _("redirect or app")
        CODE = "CODE", _("payment code")
        CARD = "CARD", _("hosted card page")
        BALANCE = "BALANCE", _("balance")

    code = models.CharField(max_length=30)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(ChannelCategory, on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=60)
    description = TranslatedField()
    instruction = TranslatedHtmlField(help_text=_("HTML; cleaned when saved"))
    image = models.ImageField(upload_to="channels/", blank=True)
    fee_minor = models.BigIntegerField(default=0)
    fee_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    min_minor = models.BigIntegerField()
    max_minor = models.BigIntegerField()
    gateway = models.CharField(max_length=20, help_text=_("xendit; balance for the shop's own"))
    gateway_channel = models.CharField(max_length=60, blank=True, help_text=_("the gateway's code, e.g. QRIS"))
    bank_name = models.CharField(max_length=40, blank=True)
    is_refundable = models.BooleanField(default=False, help_text=_("the gateway can send money back"))
    refund_days = models.PositiveSmallIntegerField(
        default=3, help_text=_("working days in which a refund usually arrives; 0: the same day")
    )
    for_purchase = models.BooleanField(default=True)
    for_deposit = models.BooleanField(default=True)
    payment_seconds = models.PositiveIntegerField(default=3600, help_text=_("how long an unpaid payment lives"))
    is_featured = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("payment channel")
        verbose_name_plural = _("payment channels")
        constraints = [
            models.UniqueConstraint(fields=["code", "region"], name="channel_once_per_region"),
            models.CheckConstraint(
                condition=models.Q(min_minor__gte=0)
                & models.Q(max_minor__gte=models.F("min_minor"))
                & models.Q(fee_minor__gte=0)
                & models.Q(fee_percent__gte=0),
                name="channel_limits_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.region_id}"


class ChannelClosure(Closure):
    """Maintenance or cut-off of a payment channel."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="closures")
    gateway = models.CharField(
        max_length=20, blank=True, help_text=_("closed together with all channels of that gateway, by hand")
    )

    class Meta:
        verbose_name = _("closing time of a channel")
        verbose_name_plural = _("closing times of channels")
        permissions = [("stop_gateway", "Can close and open all channels of a gateway")]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=models.Q(ends_at=None) & ~models.Q(gateway=""),
                name="channel_closed_once_with_its_gateway",
            )
        ]
