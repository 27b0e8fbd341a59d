"""By which routes SKUs go out, what they cost side by side, and which SKUs may be sent as pieces."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import rates
from core.admin.bases import ShopAdmin
from core.admin.sheets import Sheeted
from core.admin.tables import link, moment, table
from core.money import Money
from fulfilment import routing
from fulfilment.models import Route, SkuPart
from fulfilment.sheets import ROUTES


@admin.register(Route)
class RouteAdmin(Sheeted, ShopAdmin):
    sheets = (ROUTES,)
    list_display = ["sku", "region", "product", "priority", "cost", "hours", "now", "is_active"]
    list_filter = ["is_active", "region", "product__account"]
    list_select_related = ["sku", "region", "product__account"]
    search_fields = ["sku__code", "sku__name", "product__code"]
    raw_id_fields = ["sku", "product"]
    fields = [("sku", "region"), "product", ("priority", "is_active"), ("open_from", "open_until"), "side_by_side"]
    readonly_fields = ["side_by_side"]

    @display(description=_("cost"))
    def cost(self, route: Route) -> str:
        return str(_cost(route))

    @display(description=_("hours"))
    def hours(self, route: Route) -> str:
        if route.open_from is None or route.open_until is None:
            return "–"
        return f"{route.open_from:%H:%M}–{route.open_until:%H:%M}"

    @display(description=_("now"), label={"open": "success"})
    def now(self, route: Route) -> str:
        return routing.shut_by(route, timezone.now())[0] or "open"

    @display(description=_("all routes of this SKU there, as a unit would try them now"))
    def side_by_side(self, route: Route) -> str:
        """Costs in the region's currency, where the route names one."""
        if route._state.adding:
            return "–"
        now = timezone.now()
        rows = []
        for one in routing.routes(route.sku_id, route.region_id or ""):
            why, until = routing.shut_by(one, now)
            rows.append(
                (
                    one.priority,
                    link("fulfilment_route", one.pk, f"{one.product.account.name}: {one.product.code}"),
                    str(_cost(one)),
                    _there(one, now),
                    f"{why} {moment(until) if until else ''}".strip() or _("open"),
                )
            )
        return table([_("priority"), _("product"), _("cost"), _("in the region's money"), _("now")], rows)


def _cost(route: Route) -> Money:
    return Money(route.product.cost_minor, route.product.account.currency)


def _there(route: Route, now: datetime) -> str:
    """The cost in the money of the route's region."""
    if route.region is None:
        return "–"
    try:
        return str(rates.convert(_cost(route), route.region.currency, now, round_up=True))
    except rates.NoRate:
        return str(_("no rate"))


@admin.register(SkuPart)
class SkuPartAdmin(ShopAdmin):
    list_display = ["sku", "times", "part", "weight"]
    list_select_related = ["sku", "part"]
    search_fields = ["sku__code", "part__code"]
    raw_id_fields = ["sku", "part"]
    fields = ["sku", ("times", "part"), "weight"]
