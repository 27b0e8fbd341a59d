"""The invoice page: what happened and what to do now, live without reload."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.visitors import member_of
from core.errors import Refused
from core.money import Money, NotAnAmount
from core.web import throttle
from core.web.client import client_of, with_device
from payments import looking, opening
from payments.changing import change_channel, requote
from payments.checkout import place as place_order
from payments.pages.invoice_context import invoice_context, live_tag
from storefront.channels.models import Channel
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.orders import invoice as invoices
from storefront.orders.models import Order
from storefront.orders.services import clean_number
from storefront.pages.shop import Shop, around, in_shop, visitors_shop


def _order(number: str) -> Order:
    order = (
        Order.objects.filter(number=clean_number(number))
        .select_related("product", "sku", "channel", "region", "promo")
        .prefetch_related("events")
        .first()
    )
    if order is None:
        raise Http404
    return order


def _is_deposit(number: str) -> bool:
    """A deposit has its page in its member's account, which asks who is there."""
    return clean_number(number).startswith(settings.DEPOSIT_PREFIX)


def _key(request: HttpRequest) -> str:
    return request.GET.get("key", "")[:100]


def _is_owner(request: HttpRequest, order: Order) -> bool:
    return invoices.is_owner(order, client_of(request), key=_key(request), user=member_of(request))


@never_cache
@require_GET
@in_shop
def invoice_page(request: HttpRequest, shop: Shop, number: str) -> HttpResponse:
    if _is_deposit(number):
        return HttpResponseRedirect(shop.url(f"account/deposits/{clean_number(number)}"))
    order = _order(number)
    is_owner = _is_owner(request, order)
    context = around(shop, f"invoices/{order.number}") | {"canonical": "", "alternates": []}
    context |= invoice_context(order, shop, is_owner=is_owner, key=_key(request), user=member_of(request))
    return render(request, "payments/invoice.html", context)


@require_GET
@in_shop
def live(request: HttpRequest, shop: Shop, number: str) -> HttpResponse:
    """The part of the page that changes; 304 as long as it would say the same."""
    client = client_of(request)
    throttle.check("reads", client.address_key)
    order = _order(number)
    is_owner = _is_owner(request, order)
    tag = f'"{live_tag(order, shop, is_owner=is_owner)}"'
    # The page's own script asks and compares; a browser's cache in between would only hide the 304.
    headers = {"ETag": tag, "Cache-Control": "no-store"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    context = invoice_context(order, shop, is_owner=is_owner, key=_key(request), user=member_of(request))
    response = render(request, "payments/fragments/invoice_live.html", context)
    for name, value in headers.items():
        response.headers[name] = value
    return response


@require_POST
@in_shop
def place(request: HttpRequest, shop: Shop) -> HttpResponse:
    """From the confirm sheet to the order's page; twice, going back or a lost answer lead to the same order."""
    client = client_of(request)
    token = request.POST.get("validationToken", "")
    throttle.check("orders", client.address_key, client.device_key)
    try:
        order = place_order(token, client, member_of(request))
    except Refused as refusal:
        if refusal.extra.get("invoiceNumber"):
            # The order stands; only its payment could not be opened. Its page offers to try again or another way.
            return _to_invoice(shop, str(refusal.extra["invoiceNumber"]))
        return _refused(request, shop, token, refusal)
    return with_device(request, _to_invoice(shop, order.number))


def _to_invoice(shop: Shop, number: str, key: str = "") -> HttpResponse:
    return HttpResponseRedirect(shop.url(f"invoices/{number}" + (f"?key={key}" if key else "")))


def _refused(request: HttpRequest, shop: Shop, token: str, refusal: Refused) -> HttpResponse:
    context = around(shop) | {"message": refusal.message, "details": refusal.details, "back_url": _back(shop, token)}
    return render(request, "payments/refused.html", context, status=refusal.status)


def _back(shop: Shop, token: str) -> str:
    """The page of the product that was about to be bought."""
    try:
        quoted = Inquiry.objects.select_related("product", "sku").get(pk=inquiries.open_token(token))
    except (Refused, Inquiry.DoesNotExist):
        return shop.url()
    return shop.url(f"{quoted.product.slug}?sku={quoted.sku.code}")


@require_POST
@in_shop
def check_again(request: HttpRequest, shop: Shop, number: str) -> HttpResponse:
    """The gateway has been asked once more; a payment that could not be opened is tried again."""
    order = _order(number)
    client = client_of(request)
    throttle.check("orders", client.address_key, client.device_key)
    if _is_owner(request, order):
        looking.check_again(order)
        order.refresh_from_db(fields=["status"])
        if order.status == Order.Status.PENDING:
            # What stands in the way, the page says.
            with suppress(Refused):
                opening.ensure_open(order)
    return _to_invoice(shop, order.number, _key(request))


@never_cache
@in_shop
def change(request: HttpRequest, shop: Shop, number: str, code: str) -> HttpResponse:
    """Another way to pay: the new total is shown first (GET), and changed to on a second word (POST)."""
    order = _order(number)
    client = client_of(request)
    throttle.check("orders", client.address_key, client.device_key)
    if not _is_owner(request, order):
        raise Http404
    try:
        if request.method == "POST":
            change_channel(order, code, _shown_total(request, order), member_of(request))
            return _to_invoice(shop, order.number, _key(request))
        quoted = requote(order, code, member_of(request))
    except Refused as refusal:
        if refusal.code == "PAYMENT_UNAVAILABLE":
            return _to_invoice(shop, order.number, _key(request))
        context = around(shop) | {
            "message": refusal.message,
            "details": refusal.details,
            "back_url": shop.url(f"invoices/{order.number}"),
        }
        return render(request, "payments/refused.html", context, status=refusal.status)
    context = around(shop) | {
        "order": {"number": order.number, "url": shop.url(f"invoices/{order.number}")},
        "item": f"{order.sku_name} · {order.product_name}",
        "subtotal": str(Money(order.subtotal_minor, order.currency)),
        "discount": str(Money(order.discount_minor, order.currency)) if order.discount_minor else "",
        "old": order.channel_name,
        "channel": quoted.channel.name,
        "fee": str(quoted.fee),
        "total": str(quoted.total),
        "shown": str(quoted.total.minor),
        "is_by_balance": quoted.channel.kind == Channel.Kind.BALANCE,
    }
    return render(request, "payments/change.html", context)


def _shown_total(request: HttpRequest, order: Order) -> Money:
    try:
        return Money(int(request.POST.get("shown", "")), order.currency)
    except (ValueError, NotAnAmount):
        return Money(-1, order.currency)


def invoice_of_number(request: HttpRequest, number: str) -> HttpResponse:
    """/invoices/<number> without a shop, as a person types it."""
    if _is_deposit(number):
        return HttpResponseRedirect(visitors_shop(request).url(f"account/deposits/{clean_number(number)}"))
    order = _order(number)
    return HttpResponseRedirect(f"/{order.language}-{order.region_id.lower()}/invoices/{order.number}")
