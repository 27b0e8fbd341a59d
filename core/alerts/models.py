"""Rules, incidents, who is told of them, and when nobody is."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.translated import TranslatedField, pick

LONGEST_KIND = 60


class AlertRule(models.Model):
    """When one of the terms (core.alerts.terms) is an incident, and when it is over. Made with the defaults."""

    class Severity(models.TextChoices):
        PAGE = "page", _("at once, also at night")
        TICKET = "ticket", _("in the morning")

    name = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=True)
    threshold = models.FloatField(help_text=_("in the unit of the term; beyond it something is wrong"))
    calm_at = models.FloatField(
        help_text=_("in the same unit; only at this or on its good side it counts as over, so that it does not flap")
    )
    for_seconds = models.PositiveIntegerField(help_text=_("so long it has to be wrong before anybody is told"))
    calm_seconds = models.PositiveIntegerField(help_text=_("so long it has to be right before it is over"))
    severity = models.CharField(max_length=6, choices=Severity)
    tells_customers = models.BooleanField(default=False, help_text=_("an incident of it stands on the status page"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")

    def __str__(self) -> str:
        return self.name


class Incident(models.Model):
    """Something that is or was wrong, of one rule and one kind (a queue, a supplier): from the first look that saw it.

    PENDING is not told to anybody, and gone if it passes in time.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", _("beginning")
        OPEN = "OPEN", _("open")
        ENDED = "ENDED", _("over")

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="incidents")
    kind = models.CharField(max_length=LONGEST_KIND, blank=True, help_text=_("which queue, supplier, gateway or task"))
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    value = models.FloatField(help_text=_("when last looked at"))
    worst = models.FloatField()
    began_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    calm_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("empty: nobody, for want of time or by silence"))
    over_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "kind"], condition=models.Q(ended_at=None), name="one_incident_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["-began_at"], name="incident_newest"),
            models.Index(
                fields=["rule"],
                condition=models.Q(state="ENDED", told_at__isnull=False, over_told_at=None),
                name="incident_over_not_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_name} {self.kind}".strip()

    @property
    def rule_name(self) -> str:
        return self.rule.name


class AlertSilence(models.Model):
    """Nobody is told of anything that opens in this time; what is still open at its end is told then."""

    rule = models.ForeignKey(
        AlertRule, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text=_("empty: every rule")
    )
    kind = models.CharField(max_length=LONGEST_KIND, blank=True, help_text=_("which queue, supplier …; empty: all"))
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="silence_ends_after_it_starts",
                violation_error_message=_("It has to end after it starts."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule.name if self.rule else '*'} {self.kind}".strip()


class AlertAddress(models.Model):
    """Where incidents are told."""

    class Channel(models.TextChoices):
        MAIL = "MAIL", _("e-mail")
        TELEGRAM = "TELEGRAM", "Telegram"
        WEBHOOK = "WEBHOOK", "webhook"

    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(
        max_length=300,
        blank=True,
        help_text=_("e-mail address, https address, or Telegram chat id (empty: whoever opens the link below)"),
    )
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="id")
    pages_only = models.BooleanField(default=False, help_text=_("only what has to be seen to at once"))
    is_on = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("alert address")
        verbose_name_plural = _("alert addresses")
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="alert_address_once")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.address}".strip()

    @property
    def about(self) -> str:
        """What a messenger's chat is bound to that hears of alerts through this row."""
        return f"alerts-{self.pk}"

    def clean(self) -> None:
        if not self.address and self.channel != self.Channel.TELEGRAM:
            raise ValidationError({"address": _("Say where to.")})
        if self.channel == self.Channel.MAIL and "@" not in self.address:
            raise ValidationError({"address": _("This is no e-mail address.")})
        if self.channel == self.Channel.WEBHOOK and not self.address.startswith(("https://", "http://")):
            raise ValidationError({"address": _("Begin with https://")})


class AlertPost(models.Model):
    """One call to a webhook, made until it is answered with 2xx; the same `key` is never posted as two."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("queued")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")

    key = models.CharField(max_length=80, unique=True)
    address = models.ForeignKey(AlertAddress, on_delete=models.CASCADE, related_name="posts")
    body = models.JSONField()
    state = models.CharField(max_length=6, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")
        indexes = [models.Index(fields=["not_before"], condition=models.Q(state="QUEUED"), name="alert_post_queued")]

    def __str__(self) -> str:
        return self.key


class StatusNotice(models.Model):
    """What customers are told on the status page: written by staff, or by an incident that concerns them."""

    title = TranslatedField(blank=False)
    text = TranslatedField()
    incident = models.OneToOneField(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="notice", editable=False
    )
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("empty: it goes on"))
    is_shown = models.BooleanField(default=True)

    class Meta:
        ordering = ["-began_at"]
        verbose_name = _("status notice")
        verbose_name_plural = _("status notices")
        indexes = [models.Index(fields=["-began_at"], name="notice_newest")]

    def __str__(self) -> str:
        return str(pick(self.title, "en"))
