"""Codes, the files they came from, and what happened to each."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CodeStock(models.Model):
    """A product of ours that is a pile of codes; routes lead SKUs to `product` as to any supplier's."""

    product = models.OneToOneField("fulfilment.SupplierProduct", on_delete=models.PROTECT, related_name="stock")
    low_at = models.PositiveIntegerField(default=10, help_text=_("staff are told when no more than this are left"))

    class Meta:
        ordering = ["product__code"]
        verbose_name = _("stock of codes")
        verbose_name_plural = _("stocks of codes")

    def __str__(self) -> str:
        return self.product.code


class CodeBatch(models.Model):
    """One file of codes. A DRAFT has been read and sells nothing; it goes on sale, or away, as a whole."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("read, not on sale")
        ON_SALE = "ON_SALE", _("on sale")
        DISCARDED = "DISCARDED", _("discarded")

    stock = models.ForeignKey(CodeStock, on_delete=models.PROTECT, related_name="batches")
    file_name = models.CharField(max_length=120)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    cost_minor = models.BigIntegerField(help_text=_("of one code, in minor units of the stock account's currency"))
    good = models.PositiveIntegerField(help_text=_("codes taken in"))
    refused = models.JSONField(default=list, help_text=_("[{line, problem}], never with a code in it"))
    note = models.CharField(max_length=200, blank=True, help_text=_("whom they were bought from, which bill"))
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("file of codes")
        verbose_name_plural = _("files of codes")
        constraints = [
            models.CheckConstraint(condition=models.Q(cost_minor__gte=0), name="code_batch_cost_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.stock} {self.file_name}"


class Code(models.Model):
    """One code, sealed together with its `public_id`, so that what is sealed in one row opens in no other (F15).

    `topup` is the unit it was sold for: one code to one unit and one unit to one code, said by the database.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("read, not on sale")
        FREE = "FREE", _("in stock")
        SOLD = "SOLD", _("sold")
        VOID = "VOID", _("taken out")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey("fulfilment.SupplierProduct", on_delete=models.PROTECT, related_name="codes")
    batch = models.ForeignKey(
        CodeBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="codes",
        help_text=_("empty: delivered by a supplier for this unit"),
    )  # fmt: skip
    sealed = models.TextField(editable=False)
    key_mark = models.CharField(max_length=12, editable=False, help_text=_("which key it is sealed with"))
    digest = models.CharField(max_length=64, editable=False, help_text=_("keyed; finds the same code again"))
    tail = models.CharField(max_length=4, blank=True, help_text=_("its last letters; empty for short codes"))
    expires_on = models.DateField(null=True, blank=True, help_text=_("last day on which it can be redeemed"))
    cost_minor = models.BigIntegerField()
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    topup = models.OneToOneField(
        "fulfilment.TopUp", null=True, blank=True, on_delete=models.PROTECT, related_name="code"
    )
    sold_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text=_("shown to anybody for the first time"))
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=models.Q(batch__isnull=False), name="code_in_stock_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="SOLD", topup__isnull=False, sold_at__isnull=False)
                | (~models.Q(state="SOLD") & models.Q(topup__isnull=True)),
                name="code_sold_to_a_unit",
            ),
            # What somebody has read is never sold again.
            models.CheckConstraint(
                condition=models.Q(seen_at__isnull=True) | models.Q(state__in=["SOLD", "VOID"]),
                name="code_seen_is_not_for_sale",
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "expires_on", "id"], condition=models.Q(state="FREE"), name="code_for_sale"
            ),
            models.Index(fields=["digest"], name="code_digest"),
            models.Index(fields=["key_mark"], name="code_key_mark"),
            models.Index(
                fields=["state", "-id"],
                condition=models.Q(state__in=["DRAFT", "VOID"]),
                name="code_neither_free_nor_sold",
            ),
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """What may be read by anybody: dots, and the last letters of a code long enough."""
        return f"•••• {self.tail}" if self.tail else "••••••••"


class CodeEvent(models.Model):
    """Something that happened to one code, for ever: sold, shown, taken back. Append-only."""

    class What(models.TextChoices):
        SOLD = "SOLD", _("sold")
        SHOWN = "SHOWN", _("shown to the customer")
        SHOWN_TO_STAFF = "STAFF", _("shown to staff")
        TAKEN_BACK = "BACK", _("taken back, unseen")
        TAKEN_OUT = "VOID", _("taken out")

    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="events")
    topup = models.ForeignKey(
        "fulfilment.TopUp", null=True, blank=True, on_delete=models.PROTECT, related_name="code_events"
    )
    what = models.CharField(max_length=5, choices=What)
    by = models.CharField(max_length=254, help_text=_("login, a job's name, or how a customer showed who they are"))
    address = models.GenericIPAddressField(null=True, blank=True)
    why = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("event of a code")
        verbose_name_plural = _("log of codes")
        indexes = [
            models.Index(
                fields=["what", "-id"], condition=~models.Q(what__in=["SOLD", "SHOWN"]), name="code_event_unusual"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.code_id}"
