"""What the gateways keep, by contract; added, never edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin.bases import ShopAdmin, money_column
from payments.models import GatewayFee


@admin.register(GatewayFee)
class GatewayFeeAdmin(ShopAdmin):
    """Fees are added, never edited: what was booked by them has to be computable tomorrow."""

    list_display = ["channel", "fixed", "percent", "valid_from"]
    list_select_related = ["channel__region"]
    list_filter = ["channel__region", "channel__gateway"]
    autocomplete_fields = ["channel"]

    fixed = money_column("fixed_minor", currency="channel.region.currency", title=_("fixed"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
