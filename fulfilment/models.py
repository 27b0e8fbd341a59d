"""Top-ups (one per ordered unit), attempts (one per call to a supplier), and what suppliers' histories showed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region
from fulfilment.books.models import Funding, Statement
from fulfilment.codes.models import Code, CodeBatch, CodeEvent, CodeStock
from fulfilment.problems.models import ProblemReport
from storefront.catalogue.models import Sku
from storefront.orders.models import Order

__all__ = [
    "STOCK", "Attempt", "Code", "CodeBatch", "CodeEvent", "CodeStock", "Correction", "Delay", "Funding",
    "HistoryPoll", "HistoryRow", "ProblemReport", "Route", "SkuPart", "Statement", "SupplierAccount", "SupplierProduct",
    "TopUp",
]  # fmt: skip

#: Code of the account that is ourselves: what it sells are codes of our own, and nobody is called.
STOCK = "stock"
MOST_PIECES = 20  # of one part in a unit


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


class Route(models.Model):
    """By which supplier product a SKU is delivered in a region (empty: wherever no closer route stands), and when.

    Among open routes of one priority the cheapest is taken. Hours are by the clock of the supplier's country; they may
    pass midnight (23:45 to 00:15), and both empty mean always.
    """

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="routes")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(SupplierProduct, on_delete=models.PROTECT, related_name="routes")
    priority = models.PositiveSmallIntegerField(
        default=0, help_text=_("lower goes first; among equals the cheapest that is open and healthy")
    )
    open_from = models.TimeField(null=True, blank=True, help_text=_("daily, by the time zone of the account"))
    open_until = models.TimeField(null=True, blank=True, help_text=_("may lie past midnight"))
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sku", "priority"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.UniqueConstraint(fields=["sku", "region", "product"], nulls_distinct=False, name="route_once"),
            models.CheckConstraint(
                condition=models.Q(open_from=None, open_until=None)
                | (
                    models.Q(open_from__isnull=False, open_until__isnull=False)
                    & ~models.Q(open_from=models.F("open_until"))
                ),
                name="route_hours_both_or_none",
                violation_error_message=_("Enter both times, and not the same; none means always open."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} → {self.product_id}"


class SkuPart(models.Model):
    """That a unit of `sku` may be delivered as pieces: so many `times` of `part`, each routed as `part` is.

    `weight` says what one such piece is worth against the unit's other pieces (its diamonds, say); what does not
    arrive is paid back by it.
    """

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="parts")
    part = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    times = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_PIECES)]
    )
    weight = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text=_("worth of one piece against the others, its diamonds")
    )

    class Meta:
        ordering = ["sku", "id"]
        verbose_name = _("part of a SKU")
        verbose_name_plural = _("parts of SKUs")
        constraints = [
            models.UniqueConstraint(fields=["sku", "part"], name="sku_part_once"),
            models.CheckConstraint(condition=~models.Q(sku=models.F("part")), name="sku_no_part_of_itself"),
            models.CheckConstraint(
                condition=models.Q(times__gte=1, times__lte=MOST_PIECES, weight__gte=1), name="sku_part_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} = {self.times} × {self.part_id}"

    def clean(self) -> None:
        """A part is a SKU of the same product, sent by routes of its own; codes are not made of pieces."""
        if not self.sku_id or not self.part_id:
            return
        if self.sku.product_id != self.part.product_id:
            raise ValidationError({"part": _("A part is a SKU of the same product.")})
        if self.sku.gives_code or self.part.gives_code:
            raise ValidationError({"part": _("What is delivered as a code is not sent in pieces.")})


class TopUp(models.Model):
    """One unit of a paid order on its way to the player, or one piece of a unit that is sent in pieces."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("outcome unknown")
        ACCEPTED = "ACCEPTED", _("accepted by the supplier")
        DELIVERED = "DELIVERED", _("delivered")
        FAILED = "FAILED", _("failed")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="topups")
    unit = models.PositiveSmallIntegerField(help_text=_("1 to the order's quantity"))
    piece = models.PositiveSmallIntegerField(default=0, help_text=_("from 1 on; 0: the whole unit"))
    part = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text=_("what the piece is")
    )
    weight = models.PositiveIntegerField(default=1, help_text=_("of the unit's whole weight, what this piece is worth"))
    unit_weight = models.PositiveIntegerField(default=1)
    cost_minor = models.BigIntegerField(
        null=True, blank=True, help_text=_("what it cost us, in the order's currency, fixed when it was delivered")
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(default=timezone.now)
    waits_for = models.CharField(max_length=40, blank=True, help_text=_("why it is not sent yet"))
    why = models.CharField(max_length=60, blank=True, help_text=_("code of the reason it failed"))
    corrections = models.PositiveSmallIntegerField(
        _("corrections"),
        default=0,
        help_text=_("a sender that read an earlier count holds an account that is no longer meant"),
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        constraints = [
            models.UniqueConstraint(fields=["order", "unit", "piece"], name="one_topup_per_piece"),
            models.CheckConstraint(
                condition=models.Q(piece=0, part=None) | models.Q(piece__gte=1, part__isnull=False),
                name="topup_piece_has_a_part",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(state="QUEUED"), name="topup_queued"),
            models.Index(
                fields=["waits_for"], condition=models.Q(state="QUEUED") & ~models.Q(waits_for=""), name="topup_waits"
            ),
            models.Index(fields=["not_before"], condition=models.Q(state="ACCEPTED"), name="topup_accepted"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.unit}" + (f".{self.piece}" if self.piece else "")

    @property
    def sku_id(self) -> int:
        """The SKU by whose routes it goes out. Needs the order at hand unless it is a piece."""
        return self.part_id or self.order.sku_id


class HistoryRow(models.Model):
    """A row of a supplier's order history, kept since first seen. The supplier's transaction id alone is not unique."""

    account = models.ForeignKey(SupplierAccount, on_delete=models.PROTECT, related_name="history")
    transaction_id = models.CharField(max_length=80)
    made_at = models.DateTimeField(help_text=_("by the supplier's clock"))
    player_id = models.CharField(max_length=120)
    game_code = models.CharField(max_length=40)
    product_name = models.CharField(max_length=160)
    cost_minor = models.BigIntegerField()
    status = models.CharField(max_length=20)
    first_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("supplier history row")
        verbose_name_plural = _("supplier history")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "transaction_id", "made_at", "player_id"], name="history_row_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "player_id", "game_code"], name="history_player"),
            models.Index(fields=["account", "-made_at", "-id"], name="history_newest"),
            models.Index(fields=["first_seen_at"], name="history_first_seen"),
        ]

    def __str__(self) -> str:
        return self.transaction_id


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
        ]

    def __str__(self) -> str:
        return f"{self.topup_id}#{self.number}"


class HistoryPoll(models.Model):
    """One look at a supplier's history: whether it joined what was known without a gap. Kept for a week."""

    account = models.ForeignKey(SupplierAccount, on_delete=models.CASCADE, related_name="polls")
    started_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    fresh = models.PositiveIntegerField()
    limit = models.PositiveIntegerField()
    is_covered = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("history poll")
        verbose_name_plural = _("history polls")

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at}"


class Correction(models.Model):
    """The one time a customer put the order's account right; `before` and `after` as Order.fields keeps them."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="correction")
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    nickname_before = models.CharField(_("nickname before"), max_length=120, blank=True)
    nickname = models.CharField(max_length=120, blank=True, help_text=_("as the game told it; empty: not checked"))
    address = models.CharField(max_length=64, blank=True, help_text=_("hash of the network address"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("correction of an account")
        verbose_name_plural = _("corrections of accounts")

    def __str__(self) -> str:
        return str(self.order_id)


class Delay(models.Model):
    """A promise that was missed, and that the customer was told of once; `reason` is a code of fulfilment.promises."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="delay")
    reason = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("missed promise")
        verbose_name_plural = _("missed promises")

    def __str__(self) -> str:
        return f"{self.order_id} {self.reason}"
