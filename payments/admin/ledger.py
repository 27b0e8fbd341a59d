"""Accounts and transfers: the books, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import FoundByIndex, LatelyFilter
from core.money import Money
from payments.models import Account, Transfer
from payments.wallet import services


@admin.register(Account)
class AccountAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["key", "kind", "currency", "user", "balance"]
    list_filter = ["kind", ("currency", LatelyFilter)]
    list_select_related = ["user"]
    search_fields = ["key", "user__email"]
    exclude = ["balance_minor"]
    readonly_fields = ["balance", "sum_of_rows"]

    balance = money_column("balance_minor", title=_("balance"))

    @display(description=_("sum of its transfers"))
    def sum_of_rows(self, account: Account) -> str:
        return str(services.balance(account))


class _KindFilter(admin.SimpleListFilter):
    """By the kind of account on one side. The house's accounts are few, and each has an index of its own."""

    side = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Account.Kind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> QuerySet[Transfer]:
        kind = self.value()
        if not kind:
            return queryset
        if kind in Account.OWNED:
            return queryset.filter(**{f"{self.side}__kind": kind})
        accounts = Account.objects.filter(kind=kind).values_list("pk", flat=True)
        return queryset.filter(**{f"{self.side}__in": list(accounts)})


class SourceFilter(_KindFilter):
    title = _("source")
    parameter_name = side = "source"


class TargetFilter(_KindFilter):
    title = _("target")
    parameter_name = side = "target"


@admin.register(Transfer)
class TransferAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["at", "reason", "amount", "source", "target", "order", "note"]
    list_filter = [SourceFilter, TargetFilter]
    list_select_related = ["source", "target", "order"]
    search_fields = ["key__startswith", "order__number__startswith", "source__key", "target__key"]
    exclude = [
        *("amount_minor", "source_before_minor", "source_after_minor", "target_before_minor", "target_after_minor"),
    ]
    readonly_fields = ["amount", "source_wallet", "target_wallet"]

    amount = money_column("amount_minor", title=_("amount"))

    @display(description=_("payer's balance"))
    def source_wallet(self, row: Transfer) -> str:
        return _step(row.source_before_minor, row.source_after_minor, row.currency)

    @display(description=_("payee's balance"))
    def target_wallet(self, row: Transfer) -> str:
        return _step(row.target_before_minor, row.target_after_minor, row.currency)


def _step(before: int | None, after: int | None, currency: str) -> str:
    if before is None or after is None:
        return "–"
    return f"{Money(before, currency)} → {Money(after, currency)}"
