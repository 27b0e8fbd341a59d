"""What suppliers' histories of orders showed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfilment.models.suppliers import SupplierAccount


class HistoryRow(models.Model):
    """A row of a supplier's order history, kept since first seen. The supplier's transaction id alone is not unique."""

    account = models.ForeignKey(SupplierAccount, on_delete=models.PROTECT, related_name="history")
    transaction_id = models.CharField(max_length=80)
    made_at = models.DateTimeField(help_text=_("by the supplier's clock"))
    player_id = models.CharField(max_length=120)
    game_code = models.CharField(max_length=40)
    product_name = models.CharField(max_length=160)
    cost_minor = models.BigIntegerField()
    status = models.CharField(max_length=20)
    first_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("supplier history row")
        verbose_name_plural = _("supplier history")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "transaction_id", "made_at", "player_id"], name="history_row_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "player_id", "game_code"], name="history_player"),
            models.Index(fields=["account", "-made_at", "-id"], name="history_newest"),
            models.Index(fields=["first_seen_at"], name="history_first_seen"),
        ]

    def __str__(self) -> str:
        return self.transaction_id


class HistoryPoll(models.Model):
    """One look at a supplier's history: whether it joined what was known without a gap. Kept for a week."""

    account = models.ForeignKey(SupplierAccount, on_delete=models.CASCADE, related_name="polls")
    started_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    fresh = models.PositiveIntegerField()
    limit = models.PositiveIntegerField()
    is_covered = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("history poll")
        verbose_name_plural = _("history polls")

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at}"
