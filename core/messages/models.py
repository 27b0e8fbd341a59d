"""Who hears of what by which messenger, and the messages on their way."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ChatLink(models.Model):
    """Somebody asked to hear by a messenger about one thing (an invoice). Nobody is written to without one."""

    class Channel(models.TextChoices):
        WHATSAPP = "WHATSAPP", "WhatsApp"
        TELEGRAM = "TELEGRAM", "Telegram"

    about = models.CharField(max_length=40, db_index=True, help_text=_("invoice number"))
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(_("address"), max_length=40, db_index=True, help_text=_("E.164 number, or chat id"))
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("messenger link")
        verbose_name_plural = _("messenger links")
        constraints = [
            models.UniqueConstraint(
                fields=["about", "channel"], condition=models.Q(ended_at=None), name="one_chat_per_thing_and_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.about}"


class ChatMessage(models.Model):
    """A message to be sent, written in the transaction that gave cause for it; `key` makes it go out once."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("queued")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")
        DROPPED = "DROPPED", _("not wanted any more")

    key = models.CharField(max_length=160, unique=True)
    link = models.ForeignKey(ChatLink, verbose_name=_("messenger link"), on_delete=models.PROTECT, related_name="+")
    template = models.CharField(max_length=60, help_text=_("name under templates/chat/"))
    language = models.CharField(max_length=5)
    context = models.JSONField(_("context"), default=dict)
    about = models.CharField(max_length=40, db_index=True, help_text=_("invoice number"))
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    message_id = models.CharField(_("their id"), max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="QUEUED"), name="chat_queued"),
            models.Index(fields=["-id"], condition=~models.Q(state="SENT"), name="chat_not_sent"),
            models.Index(fields=["message_id"], condition=~models.Q(message_id=""), name="chat_by_their_id"),
        ]

    def __str__(self) -> str:
        return self.key
