"""Products that came or went at suppliers: mapped to a SKU, the SKU closed, or ignored."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, money_column
from core.admin.states import state_column
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.errors import Refused
from core.models import Region
from core.money import Money
from fulfilment.models import CostSeen, ProductTask
from fulfilment.pricing import arrivals
from storefront.catalogue.models import Sku


class MapForm(ReasonForm):
    """Which SKU the product delivers, and where."""

    sku = forms.CharField(label=_("Code of the SKU"), max_length=40, widget=UnfoldAdminTextInputWidget)
    region = forms.ModelChoiceField(
        Region.objects.filter(is_active=True),
        label=_("Region"),
        required=False,
        empty_label=_("wherever no closer route stands"),
        widget=UnfoldAdminSelectWidget,
    )
    priority = forms.IntegerField(label=_("Priority"), min_value=0, initial=0, widget=UnfoldAdminIntegerFieldWidget)

    def clean_sku(self) -> Sku:
        found = Sku.objects.filter(code=self.cleaned_data["sku"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("There is no SKU with that code."))
        return found


class CostSeenInline(ReadOnlyInline):
    """What the product cost since when; the newest first."""

    model = CostSeen
    fields = ["since", "cost", "is_active"]
    readonly_fields = ["cost"]
    ordering = ["-since", "-id"]
    per_page = 20
    cost = money_column("cost_minor", currency="product.account.currency", title=_("cost"))


@admin.register(ProductTask)
class ProductTaskAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = [
        "opened_at",
        "shown_kind",
        "product",
        "game",
        "account",
        "cost",
        "note",
        "shown_state",
        "decided_by",
    ]
    list_filter = ["state", "kind", "product__account"]
    list_select_related = ["product__account"]
    search_fields = ["product__code", "product__name", "product__game_name"]
    fields = ["product", "kind", "account", "game", "cost", "note", "state", "opened_at", "decided_at", "decided_by"]
    readonly_fields = ["account", "game", "cost"]
    actions = ["ignore_many"]
    actions_detail = ["map_it", "close_skus", "ignore_it"]

    shown_kind = state_column({"NEW": "success", "GONE": "danger"}, "kind", title=_("what"))

    shown_state = state_column({"OPEN": "warning", "MAPPED": "success", "CLOSED": "info"})

    @display(description=_("cost"), ordering="product__cost_minor")
    def cost(self, task: ProductTask) -> str:
        return str(Money(task.product.cost_minor, task.product.account.currency))

    @display(description=_("supplier"))
    def account(self, task: ProductTask) -> str:
        return task.product.account.name

    @display(description=_("game"))
    def game(self, task: ProductTask) -> str:
        return task.product.game_name or task.product.game_code

    has_decide_permission = whoever_has("fulfilment.change_producttask", row=Q(state="OPEN"))

    @verb(
        _("Map to a SKU"),
        icon="alt_route",
        may="decide",
        title=_("Which SKU does it deliver?"),
        text=_("A route is made: orders may go out by it at once, and prices are computed with its cost."),
        button=_("Map"),
        form=MapForm,
    )
    def map_it(self, asked: Asked, task: ProductTask) -> Told:
        sku, region, priority = asked.said["sku"], asked.said["region"], asked.said["priority"]
        arrivals.take(task, sku, region, priority, by=asked.by, why=asked.why)
        return Told(_("%(sku)s goes out by it now.") % {"sku": sku.code})

    @verb(
        _("Close the SKU"),
        icon="block",
        may="decide",
        title=_("Close what only this product delivers?"),
        text=_("Nobody can buy it until you open it again under Prices. Paid orders are not touched."),
        button=_("Close"),
    )
    def close_skus(self, asked: Asked, task: ProductTask) -> Told:
        shut = arrivals.close(task, by=asked.by, why=asked.why)
        return Told(_("Closed for sale: %(skus)s") % {"skus": ", ".join(shut)})

    @verb(
        _("Ignore"),
        icon="visibility_off",
        may="decide",
        title=_("Do nothing about it?"),
        text=_("The product stays in the list of the supplier's products."),
    )
    def ignore_it(self, asked: Asked, task: ProductTask) -> Told:
        arrivals.ignore(task, by=asked.by, why=asked.why)
        return Told(_("Ignored."))

    has_ignore_permission = whoever_has("fulfilment.change_producttask")

    @action(description=_("Ignore these"), permissions=["ignore"])
    def ignore_many(self, request: HttpRequest, tasks: QuerySet[ProductTask]) -> None:
        count = 0
        for task in tasks.filter(state="OPEN").select_related("product__account")[:500]:
            try:
                arrivals.ignore(task, by=request.user.get_username())
            except Refused:
                continue
            count += 1
        messages.success(request, _("%(count)d ignored.") % {"count": count})
