"""The sheet of routes: by which supplier product a SKU goes out where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.sheets.columns import Line, Part, of_model
from core.sheets.links import Link
from core.sheets.sheet import Sheet, by_code
from fulfilment.models import Route, SupplierProduct
from storefront.catalogue.models import Sku
from storefront.sheets.goods import regions


def _hours(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    opens, shuts = row.open_from, row.open_until
    if (opens is None) != (shuts is None) or (opens is not None and opens == shuts):
        yield "open_until", str(_("Enter both times, and not the same; none means always open."))


def _supplier_products(codes: set[tuple[str, ...]]) -> Iterable[SupplierProduct]:
    return SupplierProduct.objects.filter(code__in={code[-1] for code in codes}).select_related("account")


ROUTES = Sheet(
    "routes",
    _("routes"),
    Route,
    ("sku", "region", "supplier", "supplier_product"),
    "sku__code__in",
    [
        Link("sku", needed=True, is_key=True, by=("sku",), told=_("code of the SKU")),
        Link(
            "region", is_key=True, by=("region",), may_be_empty=True,
            told=_("code of the region; empty: every region"),
        ),
        Part("supplier", "product.account.code", needed=True, is_key=True, told=_("gemgo, digiflazz or stock")),
        Link(
            "supplier_product", "product", needed=True, is_key=True, by=("supplier", "supplier_product"),
            path=("account.code", "code"), told=_("the supplier's code"),
        ),
        *of_model(Route, "priority", "open_from", "open_until", "is_active"),
    ],
    lambda: Route.objects.select_related("sku", "region", "product__account").order_by("sku__code", "priority", "pk"),
    {"sku": by_code(lambda: Sku.objects.all()), "region": regions, "supplier_product": _supplier_products},
    _hours,
)  # fmt: skip
