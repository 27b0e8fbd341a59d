"""The limits: bare Django views on the same server, database and Redis as the store, that answer the same bytes.

Run by gunicorn with the store's own settings (same middleware, same connections) and this module as its URLs.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

application = get_wsgi_application()
settings.ROOT_URLCONF = "bench.bare"

# Models can be imported only once the applications are set up.
from core.money import Money  # noqa: E402
from fulfilment.suppliers import player_checker  # noqa: E402
from payments.gateways import for_code  # noqa: E402
from payments.gateways.base import Charge  # noqa: E402
from payments.models import Payment  # noqa: E402
from storefront.models import Channel, Inquiry, Order, OrderEvent, Promo, PromoSlot, SkuPrice  # noqa: E402


@cache
def store() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


@cache
def parsed(key: str) -> Any:
    return json.loads(store().get(f"bench:{key}") or b"{}")


def bare_json(request: HttpRequest, key: str) -> HttpResponse:
    """A JSON view behind the usual middleware that renders what it has in memory."""
    return JsonResponse(parsed(key))


def bare_page(request: HttpRequest, key: str) -> HttpResponse:
    """A view that hands out a ready page's bytes from Redis."""
    return HttpResponse(store().get(f"bench:{key}"), content_type="text/html; charset=utf-8")


@cache
def goods() -> tuple[SkuPrice, Channel, Promo]:
    price = SkuPrice.objects.select_related("sku", "sku__product").get(sku__code="MLBB_172", region_id="ID")
    return price, Channel.objects.get(code="QRIS", region_id="ID"), Promo.objects.get(code="WELCOME10")


@csrf_exempt
def bare_check(request: HttpRequest) -> HttpResponse:
    """Asks the supplier for a player, as an account inquiry does, and keeps nothing."""
    given = json.loads(request.body)
    found = player_checker("gemgo").check_player("mlbb_id", given["userId"], given["zoneId"])
    return JsonResponse({"data": {"nickname": getattr(found, "nickname", "")}})


@csrf_exempt
def bare_quote(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"data": {"validationToken": str(len(json.loads(request.body)))}})


def written() -> str:
    """The rows of one guest order (quote, order, step, promo slot, payment), nothing checked; its invoice number."""
    price, channel, promo = goods()
    now = timezone.now()
    money = {
        "unit_price_minor": 49450,
        "list_price_minor": 50000,
        "subtotal_minor": 49450,
        "discount_minor": 4945,
        "fee_minor": 346,
        "total_minor": 44851,
        "currency": "IDR",
    }
    fields = [{"key": "userId", "name": "User ID", "value": "656696292"}]
    number = "BARE" + uuid.uuid4().hex[:21].upper()
    with transaction.atomic():
        inquiry = Inquiry.objects.create(
            region_id="ID", product=price.sku.product, sku=price.sku, channel=channel, promo=promo, fields=fields,
            nickname="x", quantity=1, expires_at=now + timedelta(minutes=15), **money,
        )  # fmt: skip
        order = Order.objects.create(
            number=number, inquiry=inquiry, region_id="ID", product=price.sku.product, sku=price.sku, channel=channel,
            promo=promo, product_code="MLBB", product_name="x", sku_code="x", sku_name="x", channel_code="QRIS",
            channel_name="QRIS", promo_code="WELCOME10", fields=fields, player_id="656696292", quantity=1,
            status="EXPIRED", expires_at=now, **money,
        )  # fmt: skip
        OrderEvent.objects.create(order=order, after="PENDING", by="bare")
        PromoSlot.objects.create(promo=promo, holder=number, day=now.date(), target="x", released_at=now)
        Payment.objects.create(
            order=order, reference=number, channel=channel, gateway="bare", amount_minor=44851, currency="IDR",
            state="EXPIRED", expires_at=now, not_before=now + timedelta(days=3650),
            instructions={"qr_string": "x" * 250},
        )  # fmt: skip
    return number


@csrf_exempt
def bare_rows(request: HttpRequest) -> HttpResponse:
    """Writes the rows and asks nobody: as little as a database can be asked for an order."""
    return _placed(written())


@csrf_exempt
def bare_order(request: HttpRequest) -> HttpResponse:
    """Writes the rows and opens the payment at the gateway, as an order does."""
    number, until = written(), timezone.now() + timedelta(hours=1)
    for_code("xendit").create(
        Charge(number, Money(44851, "IDR"), "ID", "QRIS", "QR", "x", until, f"{settings.PUBLIC_BASE_URL}/")
    )
    return _placed(number)


def _placed(number: str) -> HttpResponse:
    return JsonResponse({"data": {"order": {"invoiceNumber": number, "status": "PENDING"}}}, status=201)


urlpatterns = [
    path("json/<str:key>", bare_json),
    path("page/<str:key>", bare_page),
    path("check", bare_check),
    path("quote", bare_quote),
    path("rows", bare_rows),
    path("order", bare_order),
]
