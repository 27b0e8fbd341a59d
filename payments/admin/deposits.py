"""Deposits: to be read; what is decided about their payments is decided there."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin.bases import ReadOnlyAdmin, money_column
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.states import state_column
from payments.models import Deposit


@admin.register(Deposit)
class DepositAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "number", "user", "channel_name", "amount", "credited", "shown_status", "paid_at"]
    list_filter = ["status", ("channel_code", LatelyFilter), ("currency", LatelyFilter), on_day("created_at")]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["number", "user__email"]
    exclude = ["status", "amount_minor", "fee_minor", "total_minor", "credited_minor"]
    readonly_fields = ["amount", "fee", "total", "credited", "shown_status"]

    amount = money_column("amount_minor", title=_("amount"))
    fee = money_column("fee_minor", title=_("fee"))
    total = money_column("total_minor", title=_("total"))
    credited = money_column("credited_minor", title=_("credited"))

    shown_status = state_column(
        {"PENDING": "info", "SUCCESS": "success", "FAILED": "danger", "EXPIRED": "warning"}, "status", title=_("status")
    )
