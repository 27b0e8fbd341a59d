"""Promo codes and the slots that orders hold of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Level
from core.admin.bases import ReadOnlyAdmin, ShopAdmin
from core.admin.sheets import Sheeted
from core.money import Money
from storefront.admin.forms import AmountsForm, Choices, told
from storefront.promos.models import Promo, PromoSlot
from storefront.promos.rules import of_promo
from storefront.sheets import shown

_DAYS = [
    ("MON", _("Monday")), ("TUE", _("Tuesday")), ("WED", _("Wednesday")), ("THU", _("Thursday")), ("FRI", _("Friday")),
    ("SAT", _("Saturday")), ("SUN", _("Sunday")),
]  # fmt: skip


_HELD_AGAINST_RULES = ("flat_minor", "percent", "starts_at", "expires_at", "max_usage")


class PromoForm(AmountsForm):
    amounts = ("min_minor", "max_discount_minor", "flat_minor")
    days = Choices(_DAYS, label=_("Days"), help_text=_("none: every day"))
    levels = Choices(Level.choices, label=_("Levels"), help_text=_("none: everyone, guests too"))

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        held = {name: cleaned.get(name) for name in _HELD_AGAINST_RULES} | {"pk": self.instance.pk}
        region = cleaned.get("region") or (self.instance.region if self.instance.region_id else None)
        held |= {"used": self.instance.used, "region_id": region.code if region else ""}
        told(self, of_promo(SimpleNamespace(**held), cleaned.get("channels")))
        return cleaned


@admin.register(Promo)
class PromoAdmin(Sheeted, ShopAdmin):
    sheets = (shown.PROMOS,)
    form = PromoForm
    list_display = ["code", "region", "off", "usage", "expires_at", "standing", "is_listed", "is_active", "position"]
    list_editable = ["is_listed", "is_active", "position"]
    list_filter = ["region", "is_active", "is_listed", "products"]
    list_select_related = ["region"]
    search_fields = ["code", "title"]
    autocomplete_fields = ["products", "channels"]
    readonly_fields = ["used", "created_at"]
    long_texts = ("description",)
    fieldsets = [
        (None, {"fields": ["code", "region", "title", "description", "note"]}),
        (_("Takes off"), {"fields": ["percent", "flat_minor", "max_discount_minor", "min_minor"]}),
        (_("For"), {"fields": ["products", "channels", "days", "levels", "starts_at", "expires_at"]}),
        (
            _("Caps (0: none)"),
            {
                "fields": [
                    "max_usage", "max_daily_usage", "max_usage_per_id", "max_usage_per_device", "max_usage_per_ip",
                    "used",
                ]
            },
        ),
        (_("Shown"), {"fields": ["is_active", "is_listed", "position", "created_at"]}),
    ]  # fmt: skip

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **(kwargs | {"form": forms.ModelForm}))

    @display(description=_("takes off"))
    def off(self, promo: Promo) -> str:
        parts = [f"{promo.percent.normalize():f} %"] if promo.percent else []
        if promo.flat_minor:
            parts.append(str(Money(promo.flat_minor, promo.region.currency)))
        most = Money(promo.max_discount_minor, promo.region.currency)
        return " + ".join(parts) + (f" ≤ {most}" if most else "")

    @display(description=_("used"), ordering="used")
    def usage(self, promo: Promo) -> str:
        return f"{promo.used} / {promo.max_usage or '∞'}"

    @display(description=_("now"), label={"on": "success", "off": "info", "used up": "warning"})
    def standing(self, promo: Promo) -> tuple[str, Any]:
        now = timezone.now()
        if promo.max_usage and promo.used >= promo.max_usage:
            return "used up", _("used up")
        starts, ends = promo.starts_at, promo.expires_at
        is_on = promo.is_active and (starts is None or starts <= now) and (ends is None or now <= ends)
        return ("on", _("running")) if is_on else ("off", _("not running"))


@admin.register(PromoSlot)
class PromoSlotAdmin(ReadOnlyAdmin):
    list_display = ["promo", "holder", "day", "taken_at", "released_at"]
    list_filter = ["promo", ("released_at", admin.EmptyFieldListFilter)]
    list_select_related = ["promo"]
    search_fields = ["holder", "promo__code"]
    date_hierarchy = "taken_at"
