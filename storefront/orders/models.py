"""An order: snapshots of everything that was shown, one state, and one history row per step."""

from __future__ import annotations

from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region
from core.money import Money
from storefront.catalogue.models import Product, Sku
from storefront.channels.models import Channel
from storefront.inquiries.models import Inquiry
from storefront.promos.models import Promo


class Order(models.Model):
    """Money in minor units of `currency`. The state is moved by storefront.orders.services.advance alone."""

    class Status(models.TextChoices):
        PENDING = "PENDING", _("waiting for payment")
        PAID = "PAID", _("paid")
        PROCESSING = "PROCESSING", _("processing")
        SUCCESS = "SUCCESS", _("success")
        FAILED = "FAILED", _("failed")
        EXPIRED = "EXPIRED", _("expired")

    number = models.CharField(max_length=30, unique=True)
    inquiry = models.OneToOneField(Inquiry, on_delete=models.PROTECT, related_name="order")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    promo = models.ForeignKey(Promo, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)

    product_code = models.CharField(max_length=30)
    product_name = models.CharField(max_length=120)
    sku_code = models.CharField(max_length=40)
    sku_name = models.CharField(max_length=80)
    channel_code = models.CharField(max_length=30)
    channel_name = models.CharField(max_length=60)
    promo_code = models.CharField(max_length=30, blank=True)
    fields = models.JSONField(help_text=_("[{key, name, value}] in the product's order"))
    player_id = models.CharField(max_length=120, help_text=_("what the supplier is given as player"))
    zone = models.CharField(max_length=60, blank=True)
    nickname = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001  (null: not checked)
    account_region = models.CharField(max_length=2, blank=True)
    quantity = models.PositiveSmallIntegerField()
    delivered = models.PositiveSmallIntegerField(default=0)
    failed = models.PositiveSmallIntegerField(default=0)
    partly = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("units sent in pieces of which some arrived and some did not")
    )
    is_split = models.BooleanField(default=False, db_default=False, help_text=_("some unit of it is sent in pieces"))
    shares = models.PositiveIntegerField(
        default=1, db_default=1, help_text=_("equal shares that a unit is counted in; above 1 only with partly ones")
    )
    part_shares = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("how many such shares of the partly delivered units arrived")
    )
    currency = models.CharField(max_length=3)
    unit_price_minor = models.BigIntegerField()
    list_price_minor = models.BigIntegerField()
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    cost_minor = models.BigIntegerField(
        null=True,
        blank=True,
        default=0,
        db_default=0,
        help_text=_("what the delivered goods cost us, at the rates of the moments they were bought; empty: not known"),
    )
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True, help_text=_("E.164"))
    language = models.CharField(max_length=5, default="id")
    owner = models.CharField(max_length=64, blank=True, help_text=_("hash of the cookie of the browser that ordered"))
    device = models.CharField(max_length=64, blank=True, help_text=_("hash, counted against promos"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))

    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(help_text=_("unpaid orders end then"))
    paid_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [
            ("recheck_order", _("Can have gateway and supplier asked how an order stands")),
            ("resend_order", _("Can have what waits of an order tried at once")),
            ("switch_supplier", _("Can choose by which supplier an order goes out")),
            ("correct_account", _("Can change the player of an order on hold")),
            ("cancel_order", _("Can give up what waits of an order and pay it back")),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(status="PENDING"), name="order_unpaid"),
            models.Index(fields=["paid_at"], condition=models.Q(status="PAID"), name="order_paid_not_taken"),
            models.Index(fields=["id"], condition=models.Q(status="PROCESSING"), name="order_processing"),
            models.Index(fields=["user", "-id"], name="order_of_user"),
            # A member's dashboard: counts, days and which orders a page shows, without a look at the rows themselves.
            models.Index(
                fields=["user", "region", "-created_at", "-id"],
                include=["status", "total_minor", "number"],
                name="order_history",
            ),
            models.Index(
                fields=["user", "paid_at"],
                include=["currency", "total_minor", "delivered", "quantity", "shares", "part_shares"],
                condition=models.Q(status="SUCCESS"),
                name="order_volume",
            ),
            models.Index(fields=["created_at"], name="order_created"),
            # What staff look for: orders of a player, of a number, and the few that failed.
            models.Index(fields=["player_id", "-id"], name="order_player"),
            models.Index(fields=["phone", "-id"], condition=~models.Q(phone=""), name="order_phone"),
            models.Index(fields=["-id"], condition=models.Q(status="FAILED"), name="order_failed"),
            models.Index(Lower("email"), models.F("id").desc(), name="order_email"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    total_minor=models.F("subtotal_minor") - models.F("discount_minor") + models.F("fee_minor")
                )
                & models.Q(total_minor__gte=0, discount_minor__gte=0, fee_minor__gte=0, quantity__gte=1),
                name="order_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=models.F("delivered") + models.F("failed") + models.F("partly")),
                name="order_units_not_over_quantity",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def arrived(self) -> Fraction:
        """How much of it has arrived, from 0 to 1; of a unit sent in pieces only once it is known how it ended."""
        return Fraction(self.delivered * self.shares + self.part_shares, self.quantity * self.shares)

    @property
    def inputs(self) -> str:
        """The account as typed: values joined in field order (API §20)."""
        return " - ".join(field["value"] for field in self.fields)

    @property
    def has_ended(self) -> bool:
        return self.status in (self.Status.SUCCESS, self.Status.FAILED, self.Status.EXPIRED)


class OrderEvent(models.Model):
    """One step of an order, for ever; the invoice's timeline. `reason` is a code of orders.timeline, not a sentence."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    by = models.CharField(max_length=254)
    reason = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True, help_text=_("for staff"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("step of an order")
        verbose_name_plural = _("timeline")

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
