"""Whose account is topped up: which operator a phone number belongs to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Region


class OperatorPrefix(models.Model):
    """Numbers that begin so belong to that operator's product (reference/facts/accounts-validation.md §4)."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    prefix = models.CharField(max_length=12, help_text=_("national form, e.g. 0812"))
    operator = models.CharField(max_length=40)
    product_code = models.CharField(max_length=30)
    is_active = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["region", "prefix"]
        verbose_name = _("operator prefix")
        verbose_name_plural = _("operator prefixes")
        constraints = [models.UniqueConstraint(fields=["region", "prefix"], name="prefix_once_per_region")]

    def __str__(self) -> str:
        return f"{self.prefix} {self.operator}"
