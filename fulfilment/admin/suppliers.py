"""Our accounts at suppliers, what they sell, and what their histories showed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, ShopAdmin, money_column
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.tables import moment, table
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from fulfilment import circuit, lately, profiles
from fulfilment.admin.arrivals import CostSeenInline
from fulfilment.models import (
    HistoryPoll,
    HistoryRow,
    SupplierAccount,
    SupplierProduct,
    checked_customer_format,
)


class CustomerFormatForm(ReasonForm):
    """How a product wants the customer's number written, and how that is known."""

    customer_format = forms.CharField(
        label=_("Number as {player}{zone}"),
        max_length=60,
        validators=[checked_customer_format],
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(SupplierAccount)
class SupplierAccountAdmin(ShopAdmin):
    list_display = ["name", "code", "balance", "is_active", "paused", "shown_circuit", "profile_read_at", "polled_at"]
    readonly_fields = [
        "shown_circuit",
        "circuit_opened_at",
        "circuit_until",
        "circuit_why",
        "rests_until",
        "figures",
        "code",
        "currency",
        "balance",
        "counters",
        "profile_read_at",
        "paused_at",
        "paused_why",
        "needs",
        "polled_at",
        "poll_limit",
        "baseline_at",
    ]
    fields = [
        ("name", "code", "currency"),
        "is_active",
        ("max_per_second", "max_in_flight"),
        "tolerance_minor",
        ("paused_at", "paused_why", "needs"),
        ("shown_circuit", "circuit_why"),
        ("circuit_opened_at", "circuit_until", "rests_until"),
        "figures",
        ("balance", "profile_read_at"),
        "counters",
        ("polled_at", "poll_limit", "baseline_at"),
    ]
    actions_detail = ["resume", "open_circuit", "close_circuit"]
    balance = money_column("balance_minor", title=_("balance"))
    needs = money_column("paused_needs_minor", title=_("goes on at"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made by sync_supplier, for adapters that exist

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("paused"), label={"balance": "warning", "denied": "danger"})
    def paused(self, account: SupplierAccount) -> str:
        return account.paused_why

    @display(description=_("circuit"), label={"CLOSED": "success", "HALF_OPEN": "warning", "OPEN": "danger"})
    def shown_circuit(self, account: SupplierAccount) -> str:
        return circuit.standing(account, timezone.now()).value

    @display(description=_("the last hour"))
    def figures(self, account: SupplierAccount) -> str:
        seen = lately.of(account)
        return table(
            [_("purchases"), _("answered as they should be"), _("unknown now"), "p50", "p95", "p99", _("as of")],
            [
                (
                    seen.calls,
                    "–" if seen.success_percent is None else f"{seen.success_percent} %",
                    seen.unknown,
                    *("–" if took is None else f"{took:.2f} s" for took in (seen.p50, seen.p95, seen.p99)),
                    moment(timezone.now()),
                )
            ],
        )

    has_resume_permission = whoever_has("fulfilment.change_supplieraccount")

    @verb(
        _("Go on buying"),
        icon="play_arrow",
        may="resume",
        title=_("Go on buying here"),
        text=_("Units that wait are sent at once. After a refused key: only when the cause is mended."),
        button=_("Go on"),
    )
    def resume(self, asked: Asked, account: SupplierAccount) -> Told:
        if not profiles.resume(account, by=asked.by, why=asked.why):
            return Told.nothing_done(_("It was not paused."))
        return Told(_("Buying goes on."))

    @verb(
        _("Open the circuit"),
        icon="power_off",
        may="resume",
        title=_("Buy nothing here until it is closed again"),
        text=_("Purchases under way are not touched. Units go by other routes, or wait."),
        button=_("Stop buying"),
    )
    def open_circuit(self, asked: Asked, account: SupplierAccount) -> Told:
        if not circuit.open_by_hand(account, asked.by, asked.why):
            return Told.nothing_done(_("Staff had opened it before."))
        return Told(_("Nothing is bought there until it is closed again."))

    @verb(
        _("Close the circuit"),
        icon="power",
        may="resume",
        title=_("Buy here again"),
        text=_("Everything that waits is sent at once. By itself it would try with one purchase first."),
        button=_("Go on"),
    )
    def close_circuit(self, asked: Asked, account: SupplierAccount) -> Told:
        if not circuit.close(account, asked.why, by=asked.by):
            return Told.nothing_done(_("It was not open."))
        return Told(_("Buying goes on."))


@admin.register(SupplierProduct)
class SupplierProductAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = ["code", "name", "game_code", "account", "cost", "is_active", "name_proved_at", "seen_at"]
    list_filter = ["account", "is_active", "game_code"]
    list_select_related = ["account"]
    search_fields = ["code", "name", "game_name"]
    cost = money_column("cost_minor", currency="account.currency", title=_("cost"))
    actions_detail = ["write_number"]
    inlines = [CostSeenInline]

    has_write_permission = whoever_has("fulfilment.change_supplierproduct")

    @verb(
        _("How the number is written"),
        icon="edit",
        may="write",
        title=_("How this product wants the customer's number"),
        text=_("Purchases under way keep the number as they were sent with."),
        button=_("Save"),
        form=CustomerFormatForm,
    )
    def write_number(self, asked: Asked, product: SupplierProduct) -> Told:
        written = asked.said["customer_format"]
        other = SupplierProduct.objects.filter(pk=product.pk).exclude(customer_format=written)
        with transaction.atomic():
            if not other.update(customer_format=written):
                return Told.nothing_done(_("It is written so already."))
            audit.record(
                asked.by, "number format", f"product:{product.code}",
                before=product.customer_format, after=written, why=asked.why,
            )  # fmt: skip
        return Told(_("Saved."))


@admin.register(HistoryRow)
class HistoryRowAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["transaction_id", "account", "made_at", "player_id", "game_code", "product_name", "cost", "status"]
    list_display += ["first_seen_at", "attempt_id"]
    list_filter = ["account", ("status", LatelyFilter), ("game_code", LatelyFilter), on_day("first_seen_at")]
    list_filter_submit = True
    list_select_related = ["account", "attempt"]
    search_fields = ["transaction_id", "player_id"]
    cost = money_column("cost_minor", currency="account.currency", title=_("cost"))

    def found(self, rows: QuerySet[HistoryRow], term: str) -> set[Any]:
        """Both indexes begin with the account."""
        return super().found(rows.filter(account__in=list(SupplierAccount.objects.values_list("pk", flat=True))), term)

    @display(description=_("attempt"))
    def attempt_id(self, row: HistoryRow) -> str:
        return str(getattr(getattr(row, "attempt", None), "pk", "–"))


@admin.register(HistoryPoll)
class HistoryPollAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "account", "rows", "fresh", "limit", "is_covered", "note"]
    list_filter = ["account", "is_covered"]
    list_select_related = ["account"]
