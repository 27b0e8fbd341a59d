"""Top-ups, one per ordered unit or piece, and what else an order may meet on its way: a correction, a delay."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfilment.models.suppliers import SupplierProduct
from storefront.catalogue.models import Sku
from storefront.orders.models import Order


class TopUp(models.Model):
    """One unit of a paid order on its way to the player, or one piece of a unit that is sent in pieces."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("outcome unknown")
        ACCEPTED = "ACCEPTED", _("accepted by the supplier")
        DELIVERED = "DELIVERED", _("delivered")
        FAILED = "FAILED", _("failed")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="topups")
    unit = models.PositiveSmallIntegerField(help_text=_("1 to the order's quantity"))
    piece = models.PositiveSmallIntegerField(default=0, help_text=_("from 1 on; 0: the whole unit"))
    part = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text=_("what the piece is")
    )
    weight = models.PositiveIntegerField(default=1, help_text=_("of the unit's whole weight, what this piece is worth"))
    unit_weight = models.PositiveIntegerField(default=1)
    cost_minor = models.BigIntegerField(
        null=True, blank=True, help_text=_("what it cost us, in the order's currency, fixed when it was delivered")
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(default=timezone.now)
    waits_for = models.CharField(max_length=40, blank=True, help_text=_("why it is not sent yet"))
    chosen = models.ForeignKey(
        SupplierProduct,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("by which staff want it sent; empty: by the best route"),
    )
    why = models.CharField(max_length=60, blank=True, help_text=_("code of the reason it failed"))
    corrections = models.PositiveSmallIntegerField(
        _("corrections"),
        default=0,
        help_text=_("a sender that read an earlier count holds an account that is no longer meant"),
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        constraints = [
            models.UniqueConstraint(fields=["order", "unit", "piece"], name="one_topup_per_piece"),
            models.CheckConstraint(
                condition=models.Q(piece=0, part=None) | models.Q(piece__gte=1, part__isnull=False),
                name="topup_piece_has_a_part",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="QUEUED"), name="topup_queued"),
            models.Index(
                fields=["waits_for"], condition=models.Q(state="QUEUED") & ~models.Q(waits_for=""), name="topup_waits"
            ),
            models.Index(fields=["not_before"], condition=models.Q(state="ACCEPTED"), name="topup_accepted"),
            models.Index(fields=["id"], condition=models.Q(state="FAILED"), name="topup_failed"),
            # The live page counts these every few seconds.
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["QUEUED", "SENDING", "UNKNOWN", "ACCEPTED"]),
                name="topup_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.unit}" + (f".{self.piece}" if self.piece else "")

    @property
    def sku_id(self) -> int:
        """The SKU by whose routes it goes out. Needs the order at hand unless it is a piece."""
        return self.part_id or self.order.sku_id


class Correction(models.Model):
    """The one time a customer put the order's account right; `before` and `after` as Order.fields keeps them."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="correction")
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    nickname_before = models.CharField(_("nickname before"), max_length=120, blank=True)
    nickname = models.CharField(max_length=120, blank=True, help_text=_("as the game told it; empty: not checked"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("correction of an account")
        verbose_name_plural = _("corrections of accounts")

    def __str__(self) -> str:
        return str(self.order_id)


class Delay(models.Model):
    """A promise that was missed, and that the customer was told of once; `reason` is a code of fulfilment.promises."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="delay")
    reason = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("missed promise")
        verbose_name_plural = _("missed promises")

    def __str__(self) -> str:
        return f"{self.order_id} {self.reason}"
