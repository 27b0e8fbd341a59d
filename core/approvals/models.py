"""What somebody asked for, and what one person may do alone."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.money import Money


class Approval(models.Model):
    """One thing that a member of staff asked for: done exactly once when another approves it, else not at all.

    `key` asks for it once. Moved by core.approvals.services alone.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("waits for a second person")
        DONE = "DONE", _("approved and done")
        REFUSED = "REFUSED", _("refused")
        LAPSED = "LAPSED", _("nobody decided in time")

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, help_text=_("what kind of thing; registered by the stage that does it"))
    subject = models.CharField(max_length=80, db_index=True, help_text=_("the row it is about: payments.refund:12"))
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text=_("invoice number or customer"))
    title = models.CharField(max_length=200)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    payload = models.JSONField(default=dict, help_text=_("what is done, as it was asked for"))
    why = models.TextField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, help_text=_("what who decided said"))
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="WAITING"), name="approval_waiting"),
            models.Index(fields=["state", "-id"], name="approval_by_state"),
            models.Index(fields=["kind", "-id"], name="approval_by_kind"),
        ]
        constraints = [
            # Two persons, whatever the code above it does.
            models.CheckConstraint(
                condition=~models.Q(state="DONE")
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("asked_by"))),
                name="approval_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)


class ApprovalLimit(models.Model):
    """Up to `most` of `unit` one person decides alone; instead of what the environment or the code says."""

    kind = models.CharField(max_length=20)
    unit = models.CharField(max_length=10, help_text=_("a currency, or what else the kind counts"))
    most = models.BigIntegerField(help_text=_("of a currency in its smallest unit"))

    class Meta:
        ordering = ["kind", "unit"]
        verbose_name = _("limit of one person")
        verbose_name_plural = _("limits of one person")
        constraints = [
            models.UniqueConstraint(fields=["kind", "unit"], name="one_limit_per_unit"),
            models.CheckConstraint(condition=models.Q(most__gte=0), name="limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.unit}"


class DoneAlone(models.Model):
    """So much of a kind was done without a second person, counted against what one person may do alone within a day
    (core.approvals.alone); of no use afterwards."""

    kind = models.CharField(max_length=20)
    person = models.CharField(max_length=254, help_text=_("login; of a token its maker's"))
    unit = models.CharField(max_length=10, help_text=_("a currency, or what else the kind counts"))
    number = models.BigIntegerField(help_text=_("of a currency in its smallest unit"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("done alone")
        verbose_name_plural = _("done alone")
        indexes = [models.Index(fields=["kind", "person", "at"], name="alone_by_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.number} {self.unit}"
