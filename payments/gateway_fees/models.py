"""What a gateway keeps of a payment, by its contract with the shop."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from storefront.channels.models import Channel


class GatewayFee(models.Model):
    """From `valid_from` on the gateway keeps `fixed_minor` and `percent` of each payment by the channel, with its tax.

    Rows are dated and never edited, like rates: what was booked can be computed again.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="gateway_fees")
    fixed_minor = models.BigIntegerField(
        _("fixed"), default=0, help_text=_("per payment, in minor units of the channel's currency")
    )
    percent = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text=_("of what was paid"))
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-valid_from", "-id"]
        verbose_name = _("fee of a gateway")
        verbose_name_plural = _("fees of gateways")
        constraints = [
            models.UniqueConstraint(fields=["channel", "valid_from"], name="one_gateway_fee_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(fixed_minor__gte=0, percent__gte=0, percent__lte=100),
                name="gateway_fee_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.fixed_minor} + {self.percent} %"
