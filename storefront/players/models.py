"""Whose account is topped up: which operator a phone number belongs to, and what a member calls a player."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Region
from storefront.catalogue.models import Product


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


class PlayerMark(models.Model):
    """What a member made of one player in the list that comes of their orders: a name of their own, or out of sight.

    Whoever is bought for again after `hidden_at` is back in the list.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="player_marks")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=32, help_text=_("hash of the product's inputs"))
    name = models.CharField(max_length=40, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("player's mark")
        verbose_name_plural = _("players' marks")
        constraints = [models.UniqueConstraint(fields=["user", "product", "key"], name="one_mark_per_player")]

    def __str__(self) -> str:
        return self.name or self.key
