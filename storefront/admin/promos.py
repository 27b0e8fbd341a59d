"""Promo codes and the slots that orders hold of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import Level
from core.admin.bases import ReadOnlyAdmin, ShopAdmin, money_column
from core.admin.bounded import FoundByIndex
from core.admin.dragging import Dragged
from core.admin.sheets import Sheeted
from core.money import Money
from storefront.admin import promo_pages
from storefront.admin.bases import home_shop
from storefront.admin.forms import AmountsForm, Choices, told
from storefront.promos.models import Promo, PromoSlot
from storefront.promos.rules import of_promo
from storefront.sheets import shown

_DAYS = [
    ("MON", _("Monday")), ("TUE", _("Tuesday")), ("WED", _("Wednesday")), ("THU", _("Thursday")), ("FRI", _("Friday")),
    ("SAT", _("Saturday")), ("SUN", _("Sunday")),
]  # fmt: skip


_HELD_AGAINST_RULES = ("flat_minor", "percent", "starts_at", "expires_at", "max_usage", "budget_minor")


class PromoForm(AmountsForm):
    amounts = ("min_minor", "max_discount_minor", "flat_minor", "budget_minor")
    days = Choices(_DAYS, label=_("Days"), help_text=_("none: every day"))
    levels = Choices(Level.choices, label=_("Levels"), help_text=_("none: everyone, guests too"))

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        held = {name: cleaned.get(name) for name in _HELD_AGAINST_RULES} | {"pk": self.instance.pk}
        region = cleaned.get("region") or (self.instance.region if self.instance.region_id else None)
        if region is None:
            return cleaned
        held |= {"used": self.instance.used, "given_minor": self.instance.given_minor, "region_id": region.code}
        told(self, of_promo(SimpleNamespace(**held), cleaned.get("channels"), region.currency))
        return cleaned


@admin.register(Promo)
class PromoAdmin(Sheeted, Dragged, ShopAdmin):
    sheets = (shown.PROMOS,)
    form = PromoForm
    list_display = [
        "code", "region", "off", "usage", "budget", "expires_at", "standing", "is_listed", "is_active", "position",
    ]  # fmt: skip
    list_editable = ["is_listed", "is_active", "position"]
    list_filter = ["region", "is_active", "is_listed", "products"]
    list_select_related = ["region"]
    search_fields = ["code", "title"]
    autocomplete_fields = ["products", "channels"]
    readonly_fields = ["used", "given", "created_at"]
    given = money_column("given_minor", currency="region.currency", title=_("given away"))
    long_texts = ("description",)
    fieldsets = [
        (None, {"fields": ["code", "region", "title", "description", "note"]}),
        (_("Takes off"), {"fields": ["percent", "flat_minor", "max_discount_minor", "min_minor"]}),
        (_("For"), {"fields": ["products", "channels", "days", "levels", "starts_at", "expires_at"]}),
        (
            _("Caps (0: none)"),
            {
                "fields": [
                    "budget_minor", "given", "max_usage", "used", "max_daily_usage", "max_usage_per_id",
                    "max_usage_per_device", "max_usage_per_ip",
                ]
            },
        ),
        (_("Shown"), {"fields": ["is_active", "is_listed", "position", "created_at"]}),
    ]  # fmt: skip

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **(kwargs | {"form": forms.ModelForm}))

    actions_detail = ["simulate", "usage_page"]

    @action(description=_("Would this order get it?"), icon="science", permissions=["view"], url_path="simulate")
    def simulate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return promo_pages.simulation(request, self._promo(request, object_id), self._around(request))

    @action(description=_("Use"), icon="monitoring", permissions=["view"], url_path="usage")
    def usage_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return promo_pages.used(request, self._promo(request, object_id), self._around(request))

    def view_on_site(self, promo: Promo) -> str:
        product = promo.products.first()
        return home_shop(promo.region) + (product.slug if product else "")

    def _promo(self, request: HttpRequest, object_id: str) -> Promo:
        promo = self.get_object(request, object_id)
        if promo is None:
            raise Http404
        return promo

    def _around(self, request: HttpRequest) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"opts": self.opts}

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

    @display(description=_("given away"), ordering="given_minor")
    def budget(self, promo: Promo) -> str:
        given = str(Money(promo.given_minor, promo.region.currency))
        return f"{given} / {Money(promo.budget_minor, promo.region.currency)}" if promo.budget_minor else given

    @display(description=_("now"), label={"on": "success", "off": "info", "used up": "warning"})
    def standing(self, promo: Promo) -> tuple[str, Any]:
        now = timezone.now()
        if (promo.max_usage and promo.used >= promo.max_usage) or 0 < promo.budget_minor <= promo.given_minor:
            return "used up", _("used up")
        starts, ends = promo.starts_at, promo.expires_at
        is_on = promo.is_active and (starts is None or starts <= now) and (ends is None or now <= ends)
        return ("on", _("running")) if is_on else ("off", _("not running"))


@admin.register(PromoSlot)
class PromoSlotAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["promo", "holder", "day", "less", "taken_at", "released_at"]
    list_filter = ["promo", ("released_at", admin.EmptyFieldListFilter)]
    list_select_related = ["promo__region"]
    less = money_column("discount_minor", currency="promo.region.currency", title=_("paid less"))
    search_fields = ["holder", "promo__code"]
