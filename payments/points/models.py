"""What points are worth, and what members turned into balance."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PointValue(models.Model):
    """One point is worth `value` IDR from `valid_from` on. Rows are dated and never edited, like rates."""

    value = models.DecimalField(max_digits=12, decimal_places=4, help_text=_("IDR for one point"))
    valid_from = models.DateTimeField(default=timezone.now, unique=True)

    class Meta:
        ordering = ["-valid_from"]
        verbose_name = _("value of a point")
        verbose_name_plural = _("values of a point")
        constraints = [models.CheckConstraint(condition=models.Q(value__gt=0), name="point_value_positive")]

    def __str__(self) -> str:
        return f"{self.value} IDR"


class Redemption(models.Model):
    """Points turned into balance, once per `key`."""

    key = models.CharField(max_length=100, unique=True, help_text=_("the member and the form that asked for it"))
    number = models.CharField(max_length=30, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="redemptions")
    points = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("redemption of points")
        verbose_name_plural = _("redemptions of points")
        constraints = [
            models.CheckConstraint(condition=models.Q(points__gt=0, amount_minor__gt=0), name="redemption_positive")
        ]

    def __str__(self) -> str:
        return self.number
