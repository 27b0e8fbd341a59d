"""Attempts: one per call to a supplier."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfilment.models.history import HistoryRow
from fulfilment.models.suppliers import SupplierAccount, SupplierProduct
from fulfilment.models.topups import TopUp


class Attempt(models.Model):
    """One call to a supplier, committed as SENDING before it is made; never made again: a retry is a new row.

    ACCEPTED stays when the goods arrived (`ended_at` says so). Why this makes a top-up happen once:
    docs/decisions/0010-exactly-once.md; for suppliers that know our `reference`: 0013-by-reference.md.
    """

    class State(models.TextChoices):
        SENDING = "SENDING", _("on the wire")
        ACCEPTED = "ACCEPTED", _("accepted")
        REJECTED = "REJECTED", _("refused: nothing made")
        NOT_SENT = "NOT_SENT", _("no connection: nothing made")
        UNKNOWN = "UNKNOWN", _("unknown")
        NOT_CREATED = "NOT_CREATED", _("proved not made")
        FAILED = "FAILED", _("accepted, then failed by the supplier")

    class Verdict(models.TextChoices):
        """What a refusal meant, and how an unknown outcome was settled."""

        NONE = "", _("not judged yet")
        REFUSED = "REFUSED", _("this product was refused: the next route is tried")
        BALANCE = "BALANCE", _("our balance was too low: the unit waits")
        DENIED = "DENIED", _("we were not let in: the unit waits")
        PLAYER = "PLAYER", _("the player or number is wrong")
        PRICE = "PRICE", _("dearer than allowed: the next route is tried")
        LATER = "LATER", _("not now: the product may be asked again later")
        ADOPTED = "ADOPTED", _("found in the history")
        STAFF = "STAFF", _("decided by staff")

    topup = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    account = models.ForeignKey(SupplierAccount, on_delete=models.PROTECT, related_name="attempts")
    product = models.ForeignKey(SupplierProduct, on_delete=models.PROTECT, related_name="+")
    game_code = models.CharField(max_length=40)
    product_code = models.CharField(max_length=80)
    product_name = models.CharField(max_length=160)
    cost_minor = models.BigIntegerField(help_text=_("expected, in minor units of the account's currency"))
    player_id = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, blank=True)
    reference = models.CharField(
        max_length=40,
        blank=True,
        help_text=_("ours, made once: by it the supplier knows a repetition"),
    )
    customer_no = models.CharField(max_length=200, blank=True, help_text=_("as it was sent; repetitions send the same"))
    max_cost_minor = models.BigIntegerField(null=True, blank=True, help_text=_("the most we allowed it to cost"))
    callback_token = models.CharField(max_length=64, unique=True)
    callback_seen_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.SENDING)
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.NONE, blank=True)
    sent_at = models.DateTimeField(default=timezone.now, help_text=_("committed before the first byte goes out"))
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("end of the call, however it ended"))
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    is_probe = models.BooleanField(default=False, help_text=_("the one try while the supplier's circuit is half open"))
    is_supplier_fault = models.BooleanField(
        null=True, blank=True, help_text=_("whether the outcome speaks against the supplier; empty: it says nothing")
    )
    is_named_alike = models.BooleanField(
        default=False, help_text=_("the answer named the product as the catalogue does")
    )
    answer = models.TextField(blank=True, help_text=_("up to 16 KB, without the key"))
    transaction_id = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField(null=True, blank=True, help_text=_("by the supplier's clock"))
    serial = models.TextField(blank=True, help_text=_("the supplier's proof that it arrived"))
    next_look_at = models.DateTimeField(
        null=True, blank=True, help_text=_("not before then may the same call be made again, to learn how it stands")
    )
    looks = models.PositiveSmallIntegerField(default=0, help_text=_("how often it was asked for by its reference"))
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("beginning of the last of these calls"))
    history_row = models.OneToOneField(
        HistoryRow, null=True, blank=True, on_delete=models.PROTECT, related_name="attempt"
    )
    blames_account = models.BooleanField(
        _("blames account"),
        null=True,
        blank=True,
        help_text=_("whether it failed for want of such an account; empty: nobody asked"),
    )
    confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("asked for once more after its end, to compare status and price")
    )
    covered_polls = models.PositiveSmallIntegerField(default=0, help_text=_("gapless looks since the call ended"))
    coverage_lost = models.BooleanField(default=False, help_text=_("the history has a gap: it proves nothing"))
    balance_before_minor = models.BigIntegerField(null=True, blank=True)
    resolution = models.TextField(blank=True, help_text=_("who decided what, and why"))
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    forget_at = models.DateTimeField(
        _("forget at"),
        null=True,
        blank=True,
        help_text=_("its customer was erased: until then it is evidence, then nobody can be recognised by it"),
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["topup", "number"], name="attempt_number_once"),
            models.UniqueConstraint(
                fields=["account", "game_code", "player_id"],
                condition=models.Q(state__in=["SENDING", "UNKNOWN"], reference=""),
                name="one_unresolved_attempt_per_player",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=~models.Q(reference=""), name="attempt_reference_once"
            ),
            models.UniqueConstraint(
                fields=["topup"],
                condition=models.Q(state__in=["SENDING", "UNKNOWN", "ACCEPTED"]),
                name="one_live_attempt_per_topup",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=models.Q(state="UNKNOWN"), name="attempt_unknown"),
            models.Index(fields=["forget_at"], condition=models.Q(forget_at__isnull=False), name="attempt_to_forget"),
            models.Index(fields=["sent_at"], condition=models.Q(state="SENDING"), name="attempt_on_the_wire"),
            models.Index(
                fields=["account", "answered_at"],
                condition=models.Q(state="ACCEPTED", history_row=None),
                name="attempt_not_in_history",
            ),
            models.Index(
                fields=["account"], condition=models.Q(state="ACCEPTED", ended_at=None), name="attempt_accepted_open"
            ),
            models.Index(fields=["transaction_id", "account"], name="attempt_by_transaction"),
            models.Index(
                fields=["account", "ended_at"],
                condition=models.Q(state="ACCEPTED", confirmed_at=None, ended_at__isnull=False)
                & ~models.Q(reference=""),
                name="attempt_to_confirm",
            ),
            models.Index(
                fields=["next_look_at"], condition=models.Q(next_look_at__isnull=False), name="attempt_next_look"
            ),
            models.Index(fields=["product", "customer_no"], condition=~models.Q(reference=""), name="attempt_customer"),
            models.Index(
                fields=["account", "-answered_at"],
                condition=models.Q(is_supplier_fault__isnull=False),
                name="attempt_health",
            ),
            # Most are accepted and need no verdict; the list's filters look for the others.
            models.Index(fields=["state", "-id"], condition=~models.Q(state="ACCEPTED"), name="attempt_not_accepted"),
            models.Index(fields=["verdict", "-id"], condition=~models.Q(verdict=""), name="attempt_with_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.topup_id}#{self.number}"
