"""What a customer says is wrong with an order, and what staff answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from storefront.orders.models import Order


class ProblemReport(models.Model):
    class Topic(models.TextChoices):
        NOT_ARRIVED = "NOT_ARRIVED", _("It says delivered, but nothing arrived")
        INCOMPLETE = "INCOMPLETE", _("Less or something else arrived")
        PAID = "PAID", _("I paid, and the order does not show it")
        MONEY_BACK = "MONEY_BACK", _("My money has not come back")
        OTHER = "OTHER", _("Something else")

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        ANSWERED = "ANSWERED", _("answered")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="problems")
    topic = models.CharField(_("topic"), max_length=11, choices=Topic)
    text = models.TextField(_("text"))
    picture = models.CharField(max_length=100, blank=True, help_text=_("name of the kept file; no address leads there"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("problem report")
        verbose_name_plural = _("problem reports")
        indexes = [models.Index(fields=["id"], condition=models.Q(state="OPEN"), name="problem_open")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.topic}"
