"""Deposits: a member's money on its way into the wallet, and the quote it began with."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region
from core.money import Money
from storefront.channels.models import Channel


class DepositInquiry(models.Model):
    """What a deposit would cost; all money in minor units. Its signed id is the validation token."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    language = models.CharField(max_length=5, default="id")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("deposit inquiry")
        verbose_name_plural = _("deposit inquiries")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, fee_minor__gte=0), name="deposit_inquiry_positive"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)


class Deposit(models.Model):
    """`amount_minor` is meant for the wallet, the fee is paid on top; `credited_minor` is what the wallet got.

    PENDING → SUCCESS | FAILED | EXPIRED, and what failed or expired still succeeds when money comes.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("waiting for payment")
        SUCCESS = "SUCCESS", _("in the wallet")
        FAILED = "FAILED", _("failed")
        EXPIRED = "EXPIRED", _("expired")

    number = models.CharField(max_length=30, unique=True)
    inquiry = models.OneToOneField(DepositInquiry, on_delete=models.PROTECT, related_name="deposit")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deposits")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    channel_code = models.CharField(max_length=30)
    channel_name = models.CharField(max_length=60)
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    credited_minor = models.BigIntegerField(default=0)
    language = models.CharField(max_length=5, default="id")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(help_text=_("unpaid deposits end then"))
    paid_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(status="PENDING"), name="deposit_unpaid"),
            models.Index(
                fields=["user", "region", "-created_at", "-id"],
                include=["status", "credited_minor"],
                name="deposit_of_user",
            ),
            models.Index(fields=["created_at"], name="deposit_created"),
            models.Index(fields=["status", "-id"], condition=~models.Q(status="SUCCESS"), name="deposit_not_credited"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total_minor=models.F("amount_minor") + models.F("fee_minor"))
                & models.Q(amount_minor__gt=0, fee_minor__gte=0, credited_minor__gte=0),
                name="deposit_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(status="SUCCESS", credited_minor__gt=0)
                | (~models.Q(status="SUCCESS") & models.Q(credited_minor=0)),
                name="deposit_credited_when_successful",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def phone(self) -> str:
        """Of the payer, as some channels want to know it; E.164 or empty."""
        return self.user.phone or ""

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def amount(self) -> Money:
        """What the wallet got, or is meant to get."""
        return Money(self.credited_minor or self.amount_minor, self.currency)
