"""Rows of reconciliation: ours only, theirs only, differing."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Discrepancy(models.Model):
    """Something that we and a gateway or supplier tell differently.

    One unresolved row per party, subject, reference and kind, kept up to date by every look; it resolves itself when a
    look finds both sides agreed.
    """

    class Subject(models.TextChoices):
        PAYMENT = "PAYMENT", _("payment")
        REFUND = "REFUND", _("refund")
        PURCHASE = "PURCHASE", _("purchase")
        FUNDING = "FUNDING", _("funding")
        COUNTER = "COUNTER", _("number of purchases")

    class Kind(models.TextChoices):
        OURS_ONLY = "OURS_ONLY", _("ours only")
        THEIRS_ONLY = "THEIRS_ONLY", _("theirs only")
        DIFFERING = "DIFFERING", _("differing")

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        EXPLAINED = "EXPLAINED", _("explained")
        RESOLVED = "RESOLVED", _("resolved")

    party = models.CharField(max_length=20, help_text=_("gateway or supplier"))
    subject = models.CharField(max_length=8, choices=Subject)
    kind = models.CharField(max_length=11, choices=Kind)
    reference = models.CharField(max_length=120, help_text=_("ours where we have one, else theirs"))
    target = models.BigIntegerField(null=True, blank=True, help_text=_("number of our row that it speaks of"))
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text=_("invoice number"))
    currency = models.CharField(max_length=3, blank=True)
    ours_minor = models.BigIntegerField(null=True, blank=True, help_text=_("empty: we have nothing there"))
    theirs_minor = models.BigIntegerField(null=True, blank=True, help_text=_("empty: they have nothing there"))
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    looks = models.PositiveIntegerField(default=1, help_text=_("how often it was seen"))
    next_look_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=254, blank=True, help_text=_("a login; empty: it vanished by itself"))
    note = models.TextField(blank=True, help_text=_("why it is explained or resolved"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            models.UniqueConstraint(
                fields=["party", "subject", "reference", "kind"],
                condition=~models.Q(state="RESOLVED"),
                name="one_discrepancy_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["party", "next_look_at"], condition=~models.Q(state="RESOLVED"), name="discrepancy_next_look"
            ),
            models.Index(fields=["reference"], name="discrepancy_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.reference}: {self.get_kind_display()}"
