"""Accounts and transfers: the books, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import FoundByIndex
from core.money import Money
from payments.models import Account, Transfer
from payments.wallet import services


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "currency", "user", "balance"]
    list_filter = ["kind", "currency"]
    list_select_related = ["user"]
    search_fields = ["key", "user__email"]
    exclude = ["balance_minor"]
    readonly_fields = ["balance", "sum_of_rows"]

    balance = money_column("balance_minor", title=_("balance"))

    @display(description=_("sum of its transfers"))
    def sum_of_rows(self, account: Account) -> str:
        return str(services.balance(account))


@admin.register(Transfer)
class TransferAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["at", "reason", "amount", "source", "target", "order", "note"]
    list_filter = ["source__kind", "target__kind"]
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
