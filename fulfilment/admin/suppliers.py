"""Our accounts at suppliers, what they sell, and what their histories showed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, ReasonForm, ShopAdmin, back_to, money_column
from fulfilment import circuit, health, profiles
from fulfilment.admin.orders import moment, table
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
        seen = health.of(account)
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

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("fulfilment.change_supplieraccount"))

    @action(
        description=_("Go on buying"),
        icon="play_arrow",
        permissions=["resume"],
        dialog={
            "title": _("Go on buying here"),
            "description": _("Units that wait are sent at once. After a refused key: only when the cause is mended."),
            "form_class": ReasonForm,
            "form_submit_text": _("Go on"),
        },
    )
    def resume(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        account = SupplierAccount.objects.get(pk=object_id)
        why = account.paused_why
        if profiles.resume(account):
            reason = form.cleaned_data["reason"]
            audit.record(request.user.get_username(), "supplier resumed", account.code, before=why, why=reason)
            messages.success(request, _("Buying goes on."))
        else:
            messages.warning(request, _("It was not paused."))
        return back_to(request, reverse("admin:fulfilment_supplieraccount_change", args=[object_id]))

    @action(
        description=_("Open the circuit"),
        icon="power_off",
        permissions=["resume"],
        dialog={
            "title": _("Buy nothing here until it is closed again"),
            "description": _("Purchases under way are not touched. Units go by other routes, or wait."),
            "form_class": ReasonForm,
            "form_submit_text": _("Stop buying"),
        },
    )
    def open_circuit(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        account, why = SupplierAccount.objects.get(pk=object_id), form.cleaned_data["reason"]
        circuit.open_by_hand(account, why)
        audit.record(request.user.get_username(), "circuit opened", account.code, why=why)
        messages.success(request, _("Nothing is bought there until it is closed again."))
        return back_to(request, reverse("admin:fulfilment_supplieraccount_change", args=[object_id]))

    @action(
        description=_("Close the circuit"),
        icon="power",
        permissions=["resume"],
        dialog={
            "title": _("Buy here again"),
            "description": _("Everything that waits is sent at once. By itself it would try with one purchase first."),
            "form_class": ReasonForm,
            "form_submit_text": _("Go on"),
        },
    )
    def close_circuit(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        account, why = SupplierAccount.objects.get(pk=object_id), form.cleaned_data["reason"]
        login = request.user.get_username()
        if circuit.close(account, f"by {login}: {why}"):
            audit.record(login, "circuit closed", account.code, before=account.circuit_why, why=why)
            messages.success(request, _("Buying goes on."))
        else:
            messages.warning(request, _("It was not open."))
        return back_to(request, reverse("admin:fulfilment_supplieraccount_change", args=[object_id]))


@admin.register(SupplierProduct)
class SupplierProductAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "game_code", "account", "cost", "is_active", "name_proved_at", "seen_at"]
    list_filter = ["account", "is_active", "game_code"]
    list_select_related = ["account"]
    search_fields = ["code", "name", "game_name"]
    cost = money_column("cost_minor", currency="account.currency", title=_("cost"))
    actions_detail = ["write_number"]

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("fulfilment.change_supplierproduct"))

    @action(
        description=_("How the number is written"),
        icon="edit",
        permissions=["write"],
        dialog={
            "title": _("How this product wants the customer's number"),
            "description": _("Purchases under way keep the number as they were sent with."),
            "form_class": CustomerFormatForm,
            "form_submit_text": _("Save"),
        },
    )
    def write_number(self, request: HttpRequest, form: CustomerFormatForm, object_id: str) -> HttpResponse:
        product = SupplierProduct.objects.get(pk=object_id)
        before, product.customer_format = product.customer_format, form.cleaned_data["customer_format"]
        product.save(update_fields=["customer_format"])
        audit.record(
            request.user.get_username(), "number format", f"product:{product.code}",
            before=before, after=product.customer_format, why=form.cleaned_data["reason"],
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return back_to(request, reverse("admin:fulfilment_supplierproduct_change", args=[object_id]))


@admin.register(HistoryRow)
class HistoryRowAdmin(ReadOnlyAdmin):
    list_display = ["transaction_id", "account", "made_at", "player_id", "game_code", "product_name", "cost", "status"]
    list_display += ["first_seen_at", "attempt_id"]
    list_filter = ["account", "status", "game_code"]
    list_select_related = ["account", "attempt"]
    search_fields = ["transaction_id", "player_id"]
    date_hierarchy = "first_seen_at"
    cost = money_column("cost_minor", currency="account.currency", title=_("cost"))

    @display(description=_("attempt"))
    def attempt_id(self, row: HistoryRow) -> str:
        return str(getattr(getattr(row, "attempt", None), "pk", "–"))


@admin.register(HistoryPoll)
class HistoryPollAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "account", "rows", "fresh", "limit", "is_covered", "note"]
    list_filter = ["account", "is_covered"]
    list_select_related = ["account"]
    date_hierarchy = "started_at"
