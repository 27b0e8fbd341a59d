"""A refund, every step it took, and the pay-outs to accounts that customers named."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.money import Money
from storefront.orders.models import Order


class Refund(models.Model):
    """Money owed back to a customer; it stands in `refunds payable` from the row's first moment until it is DONE or
    WITHDRAWN. The state is moved by payments.money_back.steps alone."""

    class State(models.TextChoices):
        REVIEW = "REVIEW", _("a person decides")
        DUE = "DUE", _("to be sent")
        SENDING = "SENDING", _("being asked of the gateway")
        SENT = "SENT", _("the gateway is at it")
        CLAIMABLE = "CLAIMABLE", _("the customer says where to")
        CLAIMED = "CLAIMED", _("staff pay it out")
        DONE = "DONE", _("arrived")
        WITHDRAWN = "WITHDRAWN", _("kept: it paid the order")

    #: No longer owed.
    ENDED = (State.DONE, State.WITHDRAWN)

    class Why(models.TextChoices):
        NOT_DELIVERED = "NOT_DELIVERED", _("not delivered")
        LATE = "LATE", _("paid too late")
        DOUBLE = "DOUBLE", _("paid twice")
        AMOUNT = "AMOUNT", _("wrong amount")
        GOODWILL = "GOODWILL", _("given back by staff")

    class Way(models.TextChoices):
        GATEWAY = "GATEWAY", _("the way it came")
        WALLET = "WALLET", _("into a wallet")
        PAYOUT = "PAYOUT", _("paid out by staff")

    key = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=40, unique=True, help_text=_("what customer and gateway are told"))
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    why = models.CharField(max_length=13, choices=Why)
    state = models.CharField(max_length=9, choices=State)
    way = models.CharField(max_length=7, choices=Way, blank=True)
    wallet_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("whose wallet it went to"),
    )
    asked_by = models.CharField(max_length=254, blank=True, help_text=_("the login that gave it; empty: by itself"))
    gateway_id = models.CharField(max_length=80, blank=True, db_index=True)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    reminders = models.PositiveSmallIntegerField(default=0, help_text=_("mails that asked where to"))
    expected_at = models.DateTimeField(null=True, blank=True, help_text=_("the customer was told: usually by then"))
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_positive")]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(state__in=["DUE", "SENDING", "SENT", "CLAIMABLE"]),
                name="refund_open",
            ),
            models.Index(fields=["state", "-id"], name="refund_by_state"),
            models.Index(fields=["why", "-id"], name="refund_by_cause"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class RefundEvent(models.Model):
    """One step of a refund, for ever; the invoice's page tells it."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="events")
    after = models.CharField(max_length=9, choices=Refund.State)
    by = models.CharField(max_length=254, blank=True, help_text=_("a login, customer, or empty: by itself"))
    note = models.CharField(max_length=500, blank=True, help_text=_("for staff"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("step of a refund")
        verbose_name_plural = _("steps of refunds")

    def __str__(self) -> str:
        return f"{self.refund_id} → {self.after}"


class Payout(models.Model):
    """One try to pay a refund out to an account that the customer named, by two persons: one prepares it, another
    approves it and says by which bank reference it was paid.

    Number and holder stand sealed in `sealed` (payments.money_back.destinations); `masked` is what lists show.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", _("to be prepared")
        PREPARED = "PREPARED", _("to be approved by another person")
        APPROVED = "APPROVED", _("approved, to be paid now")
        PAID = "PAID", _("paid")
        RETURNED = "RETURNED", _("could not be paid")

    OPEN = (State.ASKED, State.PREPARED, State.APPROVED)

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="payouts")
    method = models.CharField(max_length=20, help_text=_("the bank or e-wallet; HAND for another way"))
    sealed = models.TextField()
    masked = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    prepared_by = models.CharField(max_length=254, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=254, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("pay-out")
        verbose_name_plural = _("pay-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["refund"],
                condition=models.Q(state__in=["ASKED", "PREPARED", "APPROVED", "PAID"]),
                name="one_payout_per_refund",
            ),
            models.UniqueConstraint(
                fields=["method", "bank_reference"],
                condition=~models.Q(bank_reference=""),
                name="bank_reference_pays_once",
            ),
            # Two persons, whatever the code above it does.
            models.CheckConstraint(
                condition=models.Q(state__in=["ASKED", "PREPARED", "RETURNED"])
                | (~models.Q(prepared_by="") & ~models.Q(approved_by="")),
                name="payout_by_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("prepared_by")),
                name="payout_persons_differ",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="PAID") | ~models.Q(bank_reference=""), name="payout_paid_by_reference"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=models.Q(state__in=["ASKED", "PREPARED", "APPROVED"]), name="payout_under_way"
            ),
            models.Index(
                fields=["bank_reference"], condition=~models.Q(bank_reference=""), name="payout_bank_reference"
            ),
        ]
        permissions = [
            ("approve_payout", _("Can approve pay-outs that another person prepared")),
            ("approve_any_payout", _("Can approve pay-outs above the limit")),
        ]

    def __str__(self) -> str:
        return f"{self.refund} · {self.masked}"
