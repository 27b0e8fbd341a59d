"""Our accounts at suppliers, and what is sold there."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: Code of the account that is ourselves: what it sells are codes of our own, and nobody is called.
STOCK = "stock"


class SupplierAccount(models.Model):
    """Our account at a supplier. Used by the store only: orders made by hand on it look like lost ones of ours."""

    code = models.CharField(max_length=20, unique=True, help_text=_("also the adapter's name, e.g. gemgo"))
    name = models.CharField(max_length=60)
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(
        max_length=40, default="Asia/Jakarta", help_text=_("by which its closing times and its days are meant")
    )
    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=20, blank=True, help_text=_("balance, denied, or staff's word"))
    paused_needs_minor = models.BigIntegerField(
        null=True, blank=True, help_text=_("it goes on by itself once the balance reaches this")
    )
    balance_minor = models.BigIntegerField(null=True, blank=True)
    counters = models.JSONField(default=dict, help_text=_("the supplier's own totals when last read"))
    profile_read_at = models.DateTimeField(null=True, blank=True)
    catalogue_read_at = models.DateTimeField(null=True, blank=True)
    tolerance_minor = models.PositiveBigIntegerField(
        default=0, help_text=_("what a daily statement may be off before staff are told")
    )
    reconciled_at = models.DateTimeField(null=True, blank=True, help_text=_("its books were last compared with ours"))
    max_per_second = models.FloatField(default=0, help_text=_("calls that create orders; 0: no limit"))
    max_in_flight = models.PositiveSmallIntegerField(default=0, help_text=_("0: no limit"))
    poll_claimed_at = models.DateTimeField(null=True, blank=True)
    poll_wanted_at = models.DateTimeField(null=True, blank=True, help_text=_("a callback asked for an early look"))
    polled_at = models.DateTimeField(null=True, blank=True)
    poll_limit = models.PositiveIntegerField(default=50, help_text=_("rows asked for; doubles until coverage holds"))
    baseline_at = models.DateTimeField(null=True, blank=True, help_text=_("history read whole for the first time"))
    rests_until = models.DateTimeField(null=True, blank=True, help_text=_("it told us that we call too often"))
    # The circuit (fulfilment/circuit.py). Open while `circuit_opened_at` is set.
    circuit_opened_at = models.DateTimeField(null=True, blank=True)
    circuit_until = models.DateTimeField(
        null=True, blank=True, help_text=_("one purchase is tried then; empty while open: staff opened it")
    )
    circuit_why = models.CharField(max_length=200, blank=True)
    circuit_probes = models.PositiveSmallIntegerField(default=0, help_text=_("tries that failed since it opened"))
    circuit_probe_at = models.DateTimeField(null=True, blank=True, help_text=_("a try is under way since"))
    circuit_closed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("failures of purchases sent before no longer count")
    )

    class Meta:
        verbose_name = _("supplier account")
        verbose_name_plural = _("supplier accounts")

    def __str__(self) -> str:
        return self.name

    @property
    def is_stock(self) -> bool:
        """Whether it is our own stock of codes: no adapter, no history, no balance to read."""
        return self.code == STOCK


def checked_customer_format(value: str) -> None:
    """Raises ValidationError where braces hold anything but {player} and {zone}. A plain number is one of ours, for
    goods that want some number and are for nobody's account (voucher codes)."""
    if not value.strip() or set("{}") & set(value.replace("{player}", "").replace("{zone}", "")):
        raise ValidationError(_("Write {player} and {zone} where they belong; nothing else in braces."))


class SupplierProduct(models.Model):
    """What a supplier sells, as its catalogue says; `cost_minor` in minor units of the account's currency."""

    account = models.ForeignKey(SupplierAccount, on_delete=models.PROTECT, related_name="products")
    game_code = models.CharField(max_length=40)
    game_name = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=160)
    cost_minor = models.BigIntegerField()
    is_active = models.BooleanField(default=True)
    name_proved_at = models.DateTimeField(
        null=True, blank=True, help_text=_("the name was seen equal in catalogue, answer and history")
    )
    customer_format = models.CharField(
        max_length=60,
        default="{player}{zone}",
        validators=[checked_customer_format],
        help_text=_("how this product wants the customer's number written, e.g. {player}{zone} or {player}.{zone}"),
    )
    cut_off_from = models.TimeField(null=True, blank=True, help_text=_("closed from, by the account's time zone"))
    cut_off_until = models.TimeField(null=True, blank=True)
    is_multi = models.BooleanField(default=True, help_text=_("off: once a day for the same customer"))
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["game_code", "cost_minor"]
        verbose_name = _("supplier product")
        verbose_name_plural = _("supplier products")
        constraints = [models.UniqueConstraint(fields=["account", "code"], name="supplier_product_once")]

    def __str__(self) -> str:
        return f"{self.code} ({self.name})"

    def customer_no(self, player_id: str, zone: str) -> str:
        """Player and zone as this product wants them written."""
        return self.customer_format.replace("{player}", player_id).replace("{zone}", zone)
