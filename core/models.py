"""What every stage needs and no stage owns: regions, rates, mail outbox, staff cases, audit trail, raw inbox."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.alerts.models import AlertAddress, AlertPost, AlertRule, AlertSilence, Incident, StatusNotice
from core.approvals.models import Approval, ApprovalLimit, DoneAlone
from core.messages.models import ChatLink, ChatMessage
from core.reconciliation.models import Discrepancy
from core.sheets.models import SheetImport, SheetRow
from core.staff_tokens.models import KeptAnswer, StaffToken
from core.translated import TranslatedField

__all__ = [
    "AlertAddress", "AlertPost", "AlertRule", "AlertSilence", "Approval", "ApprovalLimit", "AuditEntry", "ChatLink",
    "ChatMessage", "Closure", "Discrepancy", "DoneAlone", "ExchangeRate", "InboxMessage", "Incident", "KeptAnswer",
    "MailMessage", "Note", "Region", "SearchMark", "SearchToken", "SheetImport", "SheetRow", "StaffCase", "StaffToken",
    "StatusNotice",
]  # fmt: skip


class Region(models.Model):
    """A country the shop sells in. Its zone decides promo days, cut-offs and day caps (F25)."""

    code = models.CharField(max_length=2, primary_key=True)
    country = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    dial_code = models.CharField(max_length=5, help_text=_("with plus, e.g. +62"))
    time_zone = models.CharField(max_length=40)
    language = models.CharField(max_length=5, default="en", help_text=_("shown first to a visitor from there"))
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_region"
            )
        ]

    def __str__(self) -> str:
        return f"{self.country} ({self.code})"


class ExchangeRate(models.Model):
    """One `base` is worth `rate` `quote` from `valid_from` on. Rates are dated and never edited (F21)."""

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-valid_from"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["base", "quote", "valid_from"], name="one_rate_per_moment"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate} {self.quote}"

    def clean(self) -> None:
        """A rate of exactly 1 between two currencies is a slip that once sold a shop's goods at a fifth (F21)."""
        if self.base and self.base == self.quote:
            raise ValidationError({"quote": _("Choose two different currencies.")})
        if self.rate == 1:
            raise ValidationError({"rate": _("A rate of exactly 1 between two currencies is never right.")})


class MailMessage(models.Model):
    """A mail to be sent, written in the transaction that gave cause for it; `key` makes it go out once."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("queued")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")

    key = models.CharField(max_length=120, unique=True)
    to = models.EmailField()
    language = models.CharField(max_length=5)
    template = models.CharField(max_length=60, help_text=_("name under templates/mail/"))
    context = models.JSONField(default=dict)
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text=_("invoice number"))
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    subject = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="QUEUED"), name="mail_queued"),
            models.Index(fields=["to", "-id"], name="mail_to"),
            models.Index(fields=["-id"], condition=~models.Q(state="SENT"), name="mail_not_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.template} → {self.to}"


class StaffCase(models.Model):
    """Something only a person can decide, with the evidence that was there; `key` opens it once."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        RESOLVED = "RESOLVED", _("resolved")

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40, db_index=True)
    title = models.CharField(max_length=200)
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text=_("invoice number"))
    evidence = models.JSONField(default=dict)
    actions = models.TextField(blank=True, help_text=_("what may be done about it"))
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, db_index=True)
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.TextField(blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-opened_at"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["opened_at"], condition=models.Q(state="OPEN"), name="case_open"),
            models.Index(fields=["assigned_to"], condition=models.Q(state="OPEN"), name="case_open_of"),
            models.Index(fields=["-opened_at", "-id"], name="case_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class AuditEntry(models.Model):
    """Who changed what, when, from what to what, and why. Append-only: a trigger refuses every change but an erasure's
    and every deletion of what is younger than core.audit.KEPT_FOR."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=254, help_text=_("login of staff, or the job's name"))
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    trace = models.CharField(max_length=64, blank=True, help_text=_("the request's id, as the logs have it"))
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["actor", "-at"], name="audit_by_actor"),
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["subject", "-at"], name="audit_by_subject"),
            models.Index(OpClass("subject", name="varchar_pattern_ops"), name="audit_subject_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.subject}"


class InboxMessage(models.Model):
    """A webhook or callback as it came in, kept before anything is done with it (F22); a hint, never the truth."""

    class State(models.TextChoices):
        NEW = "NEW", _("new")
        DONE = "DONE", _("done")
        IGNORED = "IGNORED", _("ignored")
        FAILED = "FAILED", _("failed")

    party = models.CharField(max_length=20)
    key = models.CharField(max_length=64, help_text=_("hash of what makes it the same message again"))
    method = models.CharField(max_length=8, default="POST")
    path = models.CharField(max_length=300)
    headers = models.JSONField(default=dict, help_text=_("secrets masked"))
    body = models.TextField()
    address = models.GenericIPAddressField(null=True)
    is_authentic = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    times = models.PositiveIntegerField(default=1, help_text=_("how often it came"))
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    about = models.CharField(max_length=40, blank=True, db_index=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("inbox message")
        verbose_name_plural = _("inbox")
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="same_message_once")]
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="NEW"), name="inbox_new"),
            # What the list's filters look for is rare.
            models.Index(fields=["-id"], condition=~models.Q(state="DONE"), name="inbox_not_done"),
            models.Index(fields=["-id"], condition=models.Q(is_authentic=False), name="inbox_not_authentic"),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.received_at:%Y-%m-%d %H:%M:%S}"


class PoisonRow(models.Model):
    """A row of some table whose work failed: how long it rests; for good (`again_at` empty) until staff say so."""

    model = models.CharField(max_length=60, help_text=_("e.g. fulfilment.topup"))
    row_id = models.BigIntegerField()
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("in a row"))
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    again_at = models.DateTimeField(null=True, help_text=_("empty: set aside"))
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("failing row")
        verbose_name_plural = _("failing rows")
        permissions = [
            ("view_operations", "Can see the live page of operations"),
            ("replay_poisonrow", "Can have failing rows tried again"),
        ]
        constraints = [models.UniqueConstraint(fields=["model", "row_id"], name="one_count_per_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.row_id}"


class SearchToken(models.Model):
    """One word by which staff find an order or customer: a prefix search that needs no extension of PostgreSQL."""

    word = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=254, db_index=True)

    class Meta:
        verbose_name = _("search word")
        verbose_name_plural = _("search words")
        constraints = [models.UniqueConstraint(fields=["word", "kind", "target"], name="search_word_once")]
        indexes = [models.Index(OpClass("word", name="varchar_pattern_ops"), name="search_word_prefix")]

    def __str__(self) -> str:
        return self.word


class SearchMark(models.Model):
    """How far a table has been read for its search words: rows up to `last_id` are found by them."""

    kind = models.CharField(max_length=20, unique=True)
    last_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("mark of the search words")
        verbose_name_plural = _("marks of the search words")

    def __str__(self) -> str:
        return f"{self.kind} {self.last_id}"


class Note(models.Model):
    """What staff wrote about an order or a customer, for staff alone; never changed, never taken back."""

    about = models.CharField(max_length=60, help_text=_("order:<invoice number>, or user:<public id>"))
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["about", "-id"], name="note_about")]

    def __str__(self) -> str:
        return f"{self.about} {self.at:%Y-%m-%d %H:%M}"


class Closure(models.Model):
    """Abstract: a maintenance window (from–to) or a daily cut-off in the region's zone; what it closes names it."""

    starts_at = models.DateTimeField(null=True, blank=True, help_text=_("maintenance: from"))
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("maintenance: to"))
    closed_from = models.TimeField(null=True, blank=True, help_text=_("daily cut-off: from, local time of the region"))
    closed_until = models.TimeField(null=True, blank=True, help_text=_("daily cut-off: until; may lie past midnight"))
    reason = TranslatedField()
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text=_("empty: every region")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.starts_at or self.closed_from} – {self.ends_at or self.closed_until}"
