"""Ways to pay: categories, channels with fees and limits, closing times."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.bases import ShopAdmin, ShopInline
from core.admin.dragging import Dragged
from core.admin.sheets import Sheeted
from core.money import Money
from core.translated import pick
from payments.gateways import CODES
from payments.offers import problems_of
from payments.settling import BALANCE
from payments.sheets import CHANNEL_CLOSURES, CHANNELS
from storefront.admin.bases import PicturedAdmin, thumbnail
from storefront.admin.forms import AmountsForm, ClosureForm, told
from storefront.catalogue.closing import standing
from storefront.channels.models import Channel, ChannelCategory, ChannelClosure
from storefront.pictures import picture


@admin.register(ChannelCategory)
class ChannelCategoryAdmin(Dragged, ShopAdmin):
    list_display = ["code", "shown_title", "position"]
    list_editable = ["position"]
    search_fields = ["code", "title"]

    @display(description=_("title"))
    def shown_title(self, category: ChannelCategory) -> str:
        return str(pick(category.title, "en"))


_HELD_AGAINST_THE_GATEWAY = ("kind", "gateway", "gateway_channel", "is_refundable", "min_minor", "max_minor")


class ChannelForm(AmountsForm):
    """Staff may move a channel to another gateway at any time: what is open already stays where it was opened."""

    amounts = ("fee_minor", "min_minor", "max_minor")
    gateway = forms.ChoiceField(
        label=_("gateway"),
        choices=[(code, code) for code in (*CODES, BALANCE)],
        widget=UnfoldAdminSelectWidget,
        help_text=_("New payments are opened there from now on; open ones stay where they are."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        channel = SimpleNamespace(**{name: cleaned.get(name) for name in _HELD_AGAINST_THE_GATEWAY})
        region = cleaned.get("region") or (self.instance.region if self.instance.region_id else None)
        told(self, problems_of(channel, region.code if region else ""))
        return cleaned


class ChannelClosureInline(ShopInline):
    model = ChannelClosure
    form = ClosureForm
    tab = True


@admin.register(Channel)
class ChannelAdmin(Sheeted, Dragged, PicturedAdmin):
    sheets = (CHANNELS,)
    form = ChannelForm
    list_display = [
        "logo", "code", "name", "region", "category", "kind", "gateway", "fee", "limits", "is_featured", "is_active",
        "standing", "position",
    ]  # fmt: skip
    list_display_links = ["logo", "code"]
    list_editable = ["is_featured", "is_active", "position"]
    list_filter = ["region", "category", "kind", "gateway", "is_active", "is_refundable", "for_deposit"]
    list_select_related = ["region", "category"]
    list_per_page = 50
    search_fields = ["code", "name", "gateway_channel", "bank_name"]
    html_texts = ("instruction",)
    inlines = [ChannelClosureInline]
    fieldsets = [
        (None, {"fields": ["code", "region", "category", "kind", "name", "description", "instruction", "image"]}),
        (_("Money"), {"fields": ["fee_minor", "fee_percent", "min_minor", "max_minor"]}),
        (
            _("Gateway"),
            {"fields": ["gateway", "gateway_channel", "bank_name", "is_refundable", "refund_days", "payment_seconds"]},
        ),
        (_("Offered"), {"fields": ["is_active", "is_featured", "for_purchase", "for_deposit", "position"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("closures")

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **(kwargs | {"form": forms.ModelForm}))

    @display(description="")
    def logo(self, channel: Channel) -> SafeString:
        return thumbnail(picture(channel.image, "channel", channel.code, channel.name), width=56)

    @display(description=_("fee"))
    def fee(self, channel: Channel) -> str:
        parts = []
        if channel.fee_minor:
            parts.append(str(Money(channel.fee_minor, channel.region.currency)))
        if channel.fee_percent:
            parts.append(f"{channel.fee_percent.normalize():f} %")
        return " + ".join(parts) or "–"

    @display(description=_("limits"))
    def limits(self, channel: Channel) -> str:
        least, most = (Money(minor, channel.region.currency) for minor in (channel.min_minor, channel.max_minor))
        return f"{least} – {most}"

    @display(description=_("now"), label={"open": "success", "closed": "warning"})
    def standing(self, channel: Channel) -> tuple[str, Any]:
        shut = standing(channel.closures.all(), channel.region, timezone.now())
        return ("closed", _("closed")) if shut else ("open", _("open"))


@admin.register(ChannelClosure)
class ChannelClosureAdmin(Sheeted, ShopAdmin):
    """What is closed when, of all channels."""

    sheets = (CHANNEL_CLOSURES,)
    form = ClosureForm
    list_display = ["channel", "region", "starts_at", "ends_at", "closed_from", "closed_until"]
    list_filter = ["channel__region"]
    list_select_related = ["channel", "region"]
    search_fields = ["channel__code", "channel__name"]
    autocomplete_fields = ["channel"]
