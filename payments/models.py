"""Payment attempts and the captures the gateways report for them. Refunds: money_back/, the ledger: wallet/."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.deposits.models import Deposit, DepositInquiry
from payments.gateway_fees.models import GatewayFee
from payments.money_back.models import Payout, Refund, RefundEvent
from payments.points.models import PointValue, Redemption
from payments.schedule import first_comparison
from payments.wallet.models import Account, Transfer
from storefront.channels.models import Channel
from storefront.orders.models import Order

__all__ = [
    "Account", "Bill", "Capture", "Deposit", "DepositInquiry", "GatewayFee", "Payment", "Payout", "PointValue",
    "Redemption", "Refund", "RefundEvent", "Transfer",
]  # fmt: skip

#: What a payment may be for.
Bill = Order | Deposit


def reference_of(number: str, attempt: int) -> str:
    """What the gateway is given for that attempt to have the bill of that number paid."""
    return number if attempt == 1 else f"{number}-{attempt}"


class Payment(models.Model):
    """One attempt to be paid for an order or a deposit; many per each, one live. `amount_minor` is what the customer
    was asked for."""

    class State(models.TextChoices):
        OPENING = "OPENING", _("being opened at the gateway")
        OPEN = "OPEN", _("waiting for the customer")
        SETTLED = "SETTLED", _("money arrived")
        FAILED = "FAILED", _("failed")
        EXPIRED = "EXPIRED", _("expired")
        CANCELLED = "CANCELLED", _("cancelled")

    class Hold(models.TextChoices):
        """Money is at the gateway but does not count yet (gateways.base.Hold)."""

        REVERSIBLE = "REVERSIBLE", _("the bank may still take it back")
        CHALLENGE = "CHALLENGE", _("somebody has to accept it at the gateway")

    LIVE = (State.OPENING, State.OPEN)

    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    deposit = models.ForeignKey(Deposit, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField(default=1)
    reference = models.CharField(
        max_length=40, unique=True, help_text=_("what the gateway is given: the invoice number, then <number>-2 …")
    )
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    # Both as they were when it was opened: staff may move the channel to another gateway meanwhile.
    gateway = models.CharField(max_length=20)
    gateway_channel = models.CharField(max_length=60, blank=True, help_text=_("the gateway's code, e.g. QRIS"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=State, default=State.OPENING)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text=_("somebody is calling the gateway since"))
    gateway_id = models.CharField(max_length=80, blank=True, db_index=True, help_text=_("payment request or session"))
    instructions = models.JSONField(
        default=dict, help_text=_("qr_string, account_number, biller_code, payment_code, redirect_url, deeplink")
    )
    received_minor = models.BigIntegerField(default=0)
    hold = models.CharField(max_length=10, choices=Hold, blank=True, help_text=_("why money that is there waits"))
    held_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    not_before = models.DateTimeField(default=timezone.now, help_text=_("next look at the gateway"))
    looked_at = models.DateTimeField(null=True, blank=True, help_text=_("last look a customer asked for"))
    polls = models.PositiveSmallIntegerField(default=0)
    compare_at = models.DateTimeField(
        null=True, blank=True, default=first_comparison, help_text=_("next held against the gateway's books then")
    )
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(state__in=["OPENING", "OPEN"]), name="one_live_payment"
            ),
            models.UniqueConstraint(fields=["order", "attempt"], name="payment_attempt_once"),
            models.UniqueConstraint(
                fields=["deposit"], condition=models.Q(state__in=["OPENING", "OPEN"]), name="one_live_deposit_payment"
            ),
            models.UniqueConstraint(fields=["deposit", "attempt"], name="deposit_payment_attempt_once"),
            models.CheckConstraint(
                condition=models.Q(order__isnull=False, deposit__isnull=True)
                | models.Q(order__isnull=True, deposit__isnull=False),
                name="payment_for_order_or_deposit",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="payment_not_negative"),
        ]
        indexes = [
            models.Index(fields=["not_before"], name="payment_next_look"),
            models.Index(
                fields=["gateway", "compare_at"],
                condition=models.Q(compare_at__isnull=False),
                name="payment_next_comparison",
            ),
            # Most are settled; the list's filters look for the others.
            models.Index(fields=["state", "-id"], condition=~models.Q(state="SETTLED"), name="payment_not_settled"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def bill(self) -> Bill:
        """What it is to pay."""
        bill = self.order if self.order_id is not None else self.deposit
        assert bill is not None  # the check constraint says so
        return bill


class Capture(models.Model):
    """Money the gateway says it took for one payment; `gateway_ref` makes one capture count once."""

    class Effect(models.TextChoices):
        PAID = "PAID", _("paid the order")
        LATE_PAID = "LATE_PAID", _("came late and paid the order")
        SURPLUS = "SURPLUS", _("owed back")
        CREDITED = "CREDITED", _("credited to the wallet")
        ACCEPTED = "ACCEPTED", _("another amount that staff let pay the order")

    #: The one that paid an order has one of these.
    PAYING = (Effect.PAID, Effect.LATE_PAID, Effect.ACCEPTED)

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="captures")
    gateway = models.CharField(max_length=20)
    gateway_ref = models.CharField(max_length=80, help_text=_("the gateway's id of the capture or payment"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    effect = models.CharField(max_length=9, choices=Effect)
    captured_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "gateway_ref"], name="capture_counts_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="capture_positive"),
        ]
        indexes = [
            models.Index(fields=["effect", "-id"], condition=~models.Q(effect="PAID"), name="capture_not_paying"),
        ]

    def __str__(self) -> str:
        return self.gateway_ref
