"""The ledger: accounts and immutable transfers between them, balanced by construction (invariant 3)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.deposits.models import Deposit
from storefront.orders.models import Order


class Account(models.Model):
    """Where money or points stand. Wallets and points accounts keep a cached balance that the database keeps from
    going below zero; house accounts keep none, so that no row is hot."""

    class Kind(models.TextChoices):
        WALLET = "WALLET", _("customer's wallet")
        CLEARING = "CLEARING", _("gateway clearing")
        FUNDS = "FUNDS", _("customer funds")
        SALES = "SALES", _("sales")
        FEES = "FEES", _("payment fees charged")
        REFUNDS = "REFUNDS", _("refunds payable")
        GOODWILL = "GOODWILL", _("given by goodwill")
        PREPAID = "PREPAID", _("prepaid at the supplier")
        COSTS = "COSTS", _("cost of goods")
        CHARGES = "CHARGES", _("kept by gateways")
        EXTERNAL = "EXTERNAL", _("outside world")
        POINTS = "POINTS", _("customer's points")
        ISSUED = "ISSUED", _("points given out")
        WRITEOFF = "WRITEOFF", _("points written off")
        REWARDS = "REWARDS", _("balance given for points")

    #: Those of customers: they keep a balance, which never goes below zero.
    OWNED = (Kind.WALLET, Kind.POINTS)

    key = models.CharField(max_length=60, unique=True, help_text=_("e.g. clearing:xendit:IDR, wallet:usr_…:IDR"))
    kind = models.CharField(max_length=8, choices=Kind)
    currency = models.CharField(max_length=3)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="wallets"
    )
    balance_minor = models.BigIntegerField(null=True, blank=True, help_text=_("customers' accounts only"))
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["key"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["WALLET", "POINTS"], balance_minor__gte=0, user__isnull=False)
                | (~models.Q(kind__in=["WALLET", "POINTS"]) & models.Q(balance_minor__isnull=True)),
                name="wallet_never_below_zero",
            ),
            models.UniqueConstraint(fields=["user"], condition=models.Q(kind="POINTS"), name="one_points_account"),
            models.UniqueConstraint(
                fields=["user", "currency"], condition=models.Q(kind="WALLET"), name="one_wallet_per_currency"
            ),
        ]
        indexes = [models.Index(fields=["kind", "key"], name="account_by_kind")]
        permissions = [
            ("adjust_balance", _("Can ask for a customer's balance to be adjusted")),
            ("approve_adjustment", _("Can approve adjusted balances that another person asked for")),
        ]

    def __str__(self) -> str:
        return self.key


class Transfer(models.Model):
    """An amount that moved, in minor units, for ever. `key` makes one event move it once."""

    key = models.CharField(max_length=100, unique=True)
    source = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="outgoing")
    target = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="incoming")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=40)
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    deposit = models.ForeignKey(Deposit, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    note = models.CharField(max_length=200, blank=True)
    source_before_minor = models.BigIntegerField(null=True, blank=True, help_text=_("wallets only"))
    source_after_minor = models.BigIntegerField(null=True, blank=True)
    target_before_minor = models.BigIntegerField(null=True, blank=True)
    target_after_minor = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("transfer")
        verbose_name_plural = _("ledger")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="transfer_positive"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="transfer_between_two"),
        ]
        indexes = [
            models.Index(fields=["source", "-id"], name="transfer_source"),
            models.Index(fields=["target", "-id"], name="transfer_target"),
            # A wallet's mutations, newest first, sums and pages without a look at the rows themselves.
            models.Index(
                fields=["source", "-id"],
                include=["at", "amount_minor"],
                condition=models.Q(source_after_minor__isnull=False),
                name="transfer_debits",
            ),
            models.Index(
                fields=["target", "-id"],
                include=["at", "amount_minor"],
                condition=models.Q(target_after_minor__isnull=False),
                name="transfer_credits",
            ),
        ]

    def __str__(self) -> str:
        return self.key
