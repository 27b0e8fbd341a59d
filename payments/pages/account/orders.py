"""A member's orders: the list with its filters, and the same as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from payments.api.transactions import file_of
from payments.pages.account.common import account_page, moment, page_of, pager, read, show, state
from storefront.orders import history
from storefront.orders.models import Order
from storefront.pages.shop import Shop
from storefront.pictures import picture

_STATUSES = tuple(history.BY_STATUS)


@require_GET
@account_page
def orders(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    asked = read(request, "status", _STATUSES)
    told = history.overview(user, shop.region, asked.period)
    rows = history.transactions(user, shop.region, asked.period, status=asked.chosen, search=asked.search)
    words = {
        "ALL": (_("All"), told.transactions),
        "SUCCESS": (_("Done"), told.success),
        "PROCESSING": (_("On its way"), told.processing),
        "PENDING": (_("To pay"), told.pending),
        "FAILED": (_("Failed"), told.failed),
    }
    context = {
        "asked": asked,
        "chips": [
            {
                "label": words[status][0],
                "count": words[status][1],
                "url": asked.link(status=status if status != "ALL" else ""),
                "is_chosen": status == asked.chosen,
            }
            for status in _STATUSES
        ],
        "spent": str(told.purchase),
        "orders": [row(shop, order) for order in page_of(rows, asked.window, "product")],
        "pager": pager(asked, rows.count()),
        "file_url": shop.url("account/orders.csv") + asked.link(),
        "has_any": told.transactions > 0 or asked.is_narrowed,
    }
    return show(request, shop, "orders", context, rest="orders")


@require_GET
@account_page
def orders_file(request: HttpRequest, shop: Shop, user: User) -> HttpResponseBase:
    """All rows of the list, as a CSV file."""
    asked = read(request, "status", _STATUSES)
    return file_of(history.transactions(user, shop.region, asked.period, status=asked.chosen, search=asked.search))


def row(shop: Shop, order: Order) -> dict[str, Any]:
    """The context of account/partials/order.html."""
    product = order.product
    return {
        "number": order.number,
        "url": shop.url(f"invoices/{order.number}"),
        "item": order.sku_name + (f" × {order.quantity}" if order.quantity > 1 else ""),
        "product": product.name,
        "picture": picture(product.thumbnail, "product", product.code, product.name, product.artwork),
        "player": order.nickname or order.inputs,
        "total": str(order.total),
        "at": moment(shop, order.created_at),
        "state": state(order.status),
        "again_url": shop.url(f"{product.slug}?again={order.number}") if order.has_ended else "",
    }
