"""What a point is worth, and what was redeemed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin.bases import ReadOnlyAdmin, ShopAdmin, money_column
from core.admin.bounded import FoundByIndex, on_day
from payments.models import PointValue, Redemption


@admin.register(PointValue)
class PointValueAdmin(ShopAdmin):
    """Values are added, never edited: what was redeemed has to be computable tomorrow."""

    list_display = ["value", "valid_from"]
    date_hierarchy = "valid_from"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Redemption)
class RedemptionAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "number", "user", "points", "amount"]
    list_select_related = ["user"]
    list_filter = [on_day("created_at")]
    list_filter_submit = True
    search_fields = ["number", "user__email"]
    exclude = ["amount_minor", "key"]
    readonly_fields = ["amount"]

    amount = money_column("amount_minor", title=_("amount"))
