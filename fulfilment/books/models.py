"""Fundings of supplier accounts, and their daily statements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Funding(models.Model):
    """Money that was paid into our account at a supplier, as its funding history or a person of staff tells."""

    account = models.ForeignKey("fulfilment.SupplierAccount", on_delete=models.PROTECT, related_name="fundings")
    reference = models.CharField(max_length=80, help_text=_("the supplier's invoice number"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=20, help_text=_("the supplier's word"))
    made_at = models.DateTimeField()
    first_seen_at = models.DateTimeField(default=timezone.now)
    booked_at = models.DateTimeField(null=True, blank=True, help_text=_("counted in ledger and statement since"))
    statement = models.ForeignKey(
        "fulfilment.Statement", null=True, blank=True, on_delete=models.PROTECT, related_name="fundings"
    )
    by = models.CharField(max_length=254, blank=True, help_text=_("the login that told of it; empty: the supplier"))

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = _("funding")
        verbose_name_plural = _("fundings")
        constraints = [
            models.UniqueConstraint(fields=["account", "reference"], name="funding_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="funding_positive"),
        ]

    def __str__(self) -> str:
        return self.reference


class Statement(models.Model):
    """A day of our account at a supplier: what it held, what was paid in, what purchases cost, what it holds now.

    One is open per account; the next Jakarta day closes it and opens its own from the same reading. `difference` is
    what the balance moved beyond funding and purchases, `rest` what of it nothing explains.
    """

    account = models.ForeignKey("fulfilment.SupplierAccount", on_delete=models.PROTECT, related_name="statements")
    day = models.DateField(help_text=_("in Jakarta"))
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    opening_minor = models.BigIntegerField()
    funding_minor = models.BigIntegerField(default=0)
    spent_minor = models.BigIntegerField(default=0, help_text=_("what our purchases cost, less what failed"))
    foreign_minor = models.BigIntegerField(default=0, help_text=_("purchases there that no attempt of ours explains"))
    closing_minor = models.BigIntegerField(null=True, blank=True)
    difference_minor = models.BigIntegerField(default=0)
    rest_minor = models.BigIntegerField(default=0)
    at_opening = models.JSONField(default=dict, help_text=_("sums of our books and the supplier's counters"))
    at_closing = models.JSONField(default=dict)
    is_exact = models.BooleanField(default=True, help_text=_("no purchase was under way while it was read"))
    explained_at = models.DateTimeField(null=True, blank=True)
    explained_by = models.CharField(max_length=254, blank=True)
    explanation = models.TextField(blank=True)

    class Meta:
        ordering = ["-day", "account"]
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="one_statement_a_day"),
            models.UniqueConstraint(fields=["account"], condition=Q(closed_at=None), name="one_open_statement"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"
