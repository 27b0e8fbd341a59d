"""Two pages of a promo: what it has given away, and whether some order would get it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Level
from core import regions
from core.errors import Refused
from core.money import Money
from storefront.catalogue.models import Sku
from storefront.channels.models import Channel
from storefront.inquiries.simulating import Imagined, Simulated, simulate
from storefront.promos import usage
from storefront.promos.models import Promo

RULES = {
    "active": gettext_lazy("Switched on"),
    "end": gettext_lazy("Has not ended"),
    "region": gettext_lazy("Country"),
    "start": gettext_lazy("Has begun"),
    "products": gettext_lazy("Product"),
    "channels": gettext_lazy("Way to pay"),
    "days": gettext_lazy("Day of the week"),
    "levels": gettext_lazy("Level of the member"),
    "minimum": gettext_lazy("Least purchase"),
    "max_usage": gettext_lazy("Uses in all"),
    "max_daily_usage": gettext_lazy("Uses of the day"),
    "max_usage_per_id": gettext_lazy("Uses per account"),
    "max_usage_per_device": gettext_lazy("Uses per device"),
    "max_usage_per_ip": gettext_lazy("Uses per network"),
    "budget": gettext_lazy("Budget"),
}


class SimulationForm(forms.Form):
    """An order that nobody has placed. `region` decides which channels and prices count."""

    sku = forms.ChoiceField(label="SKU", widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=gettext_lazy("Region and way to pay"), widget=UnfoldAdminSelectWidget)
    quantity = forms.IntegerField(
        label=gettext_lazy("Quantity"), min_value=1, max_value=100, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Level"),
        required=False,
        choices=[("", gettext_lazy("guest")), *Level.choices],
        widget=UnfoldAdminSelectWidget,
    )
    at = forms.SplitDateTimeField(
        label=gettext_lazy("At"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=gettext_lazy("by the shop's clocks; empty: now"),
    )
    account = forms.CharField(
        label=gettext_lazy("Player"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("what the product asks for, in its order, with spaces; empty: not counted per account"),
    )
    holder = forms.CharField(
        label=gettext_lazy("Device and network of order"),
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("an invoice number that used this promo; empty: of nobody"),
    )

    def __init__(self, promo: Promo, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        skus: Any = self.fields["sku"]
        channels: Any = self.fields["channel"]
        rows = Sku.objects.select_related("product").order_by("product__name", "position", "pk")
        skus.choices = [(f"{row.product.code} {row.code}", f"{row.product.name} · {row.name}") for row in rows]
        ways = Channel.objects.filter(for_purchase=True).order_by("region__position", "position", "pk")
        own = [(f"{row.region_id} {row.code}", f"{row.region_id} · {row.name}") for row in ways]
        # The promo's own region first: that is what is asked about nearly always.
        channels.choices = sorted(own, key=lambda choice: not choice[0].startswith(f"{promo.region_id} "))

    def imagined(self) -> Imagined:
        given = self.cleaned_data
        product, _space, sku = given["sku"].partition(" ")
        region, _space, channel = given["channel"].partition(" ")
        keys = Sku.objects.get(code=sku).product.fields.values_list("key", flat=True)
        typed = given["account"].split()
        return Imagined(
            product_code=product,
            sku_code=sku,
            region_code=region,
            payment_code=channel,
            quantity=given["quantity"],
            level=given["level"],
            data=dict(zip(keys, typed, strict=False)) or None,
            holder=given["holder"].strip().upper(),
        )


def simulation(request: HttpRequest, promo: Promo, around: dict[str, Any]) -> HttpResponse:
    """Whether the order in the form would get the promo, each rule with its word."""
    form = SimulationForm(promo, request.GET if "sku" in request.GET else None, initial={"sku": _first_sku(promo)})
    found: Simulated | None = None
    if form.is_bound and form.is_valid():
        at = form.cleaned_data["at"] or timezone.now()
        try:
            found = simulate(promo.code, form.imagined(), translation.get_language() or "en", at)
        except Refused as refusal:
            wrong = [str(text) for text in refusal.fields.values()]
            form.add_error(None, " ".join([str(refusal.message), str(refusal.details), *wrong]).strip())
    context = {
        "title": _("Would this order get %(code)s?") % {"code": promo.code},
        "form": form,
        "promo": promo,
        "found": found,
        "verdicts": [
            (RULES.get(verdict.rule, verdict.rule), verdict.refusal.details if verdict.refusal else "", verdict)
            for verdict in (found.verdicts if found else ())
        ],
    }
    return render(request, "storefront/admin/simulation.html", around | context)


def _first_sku(promo: Promo) -> str:
    rows = Sku.objects.filter(is_active=True).select_related("product").order_by("product__name", "position", "pk")
    mine = rows.filter(product__in=promo.products.all()) if promo.products.exists() else rows
    row = mine.first()
    return f"{row.product.code} {row.code}" if row else ""


def used(request: HttpRequest, promo: Promo, around: dict[str, Any]) -> HttpResponse:
    """What the promo has given away, against its caps and day by day."""
    found = usage.of(promo, timezone.now())
    currency = promo.region.currency
    most = found.most_given or 1
    context = {
        "title": _("Use of %(code)s") % {"code": promo.code},
        "promo": promo,
        "given": Money(promo.given_minor, currency),
        "budget": Money(promo.budget_minor, currency) if promo.budget_minor else None,
        "budget_percent": min(100, promo.given_minor * 100 // promo.budget_minor) if promo.budget_minor else 0,
        "days": [(day, day.given.minor * 100 // most) for day in found.days],
        "slots": [
            (slot, Money(slot.discount_minor, currency), regions.local(promo.region, slot.taken_at))
            for slot in found.slots
        ],
    }
    return render(request, "storefront/admin/usage.html", around | context)
