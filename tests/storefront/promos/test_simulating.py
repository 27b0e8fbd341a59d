"""Would this order get it, and why not: the simulation says what a real quote would, and takes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Level
from core.errors import Refused
from storefront.catalogue.models import MemberDiscount
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.inquiries.simulating import Imagined, simulate
from storefront.promos import services as promos
from storefront.promos.models import Promo, PromoSlot
from tests.accounts.cast import member
from tests.storefront import factories

WEDNESDAY = datetime(2025, 12, 3, 5, 0, tzinfo=UTC)  # 12:00 in Jakarta
DATA = {"userId": "656696292", "zoneId": "8610"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Imagined:
    factories.sku(of=factories.product("MLBB"))
    factories.channel()
    return Imagined("MLBB", "MLBB_172", "ID", "QRIS", data=DATA)


def said(order: Imagined, at: datetime = WEDNESDAY) -> dict[str, str]:
    """The rules that stand in the way, with their codes."""
    with translation.override("en"):
        found = simulate("WELCOME10", order, "en", at)
    return {verdict.rule: verdict.refusal.code for verdict in found.verdicts if verdict.refusal}


@pytest.mark.parametrize(
    ("more", "level", "quantity"),
    [
        ({}, "", 1),
        ({}, "", 3),
        ({"levels": ["ROYAL"]}, "ROYAL", 2),
        ({"levels": ["ROYAL"]}, "", 2),
        ({"min_minor": 60000}, "", 1),
        ({"days": ["MON"]}, "", 1),
        ({"budget_minor": 4944}, "", 1),
        ({"budget_minor": 4945}, "", 1),
        ({"expires_at": WEDNESDAY}, "", 1),
        ({"starts_at": datetime(2026, 1, 1, tzinfo=UTC)}, "", 1),
        ({"is_active": False}, "", 1),
    ],
)
def test_it_agrees_with_a_real_quote(order: Imagined, more: dict[str, Any], level: str, quantity: int) -> None:
    factories.promo(**more)
    user = member(level=Level.ROYAL) if level else None
    if level:
        MemberDiscount.objects.create(product=factories.product("MLBB"), level=level, percent=4)
    order = Imagined(**{**vars_of(order), "level": level, "quantity": quantity})
    found = simulate("WELCOME10", order, "en", WEDNESDAY)
    ask = inquiries.Ask(
        "MLBB",
        "MLBB_172",
        "QRIS",
        "a@example.com",
        promo_code="welcome10",
        region_code="ID",
        data=DATA,
        quantity=quantity,
    )
    try:
        quote: Inquiry | None = inquiries.quote(ask, factories.client(), user, "en", WEDNESDAY)
        code = ""
    except Refused as refusal:
        quote, code = None, refusal.code
    assert found.gets_it is (quote is not None)
    if quote is not None:
        assert (quote.discount_minor, quote.total_minor) == (found.discount.minor, found.total.minor)
    else:
        assert code == next(verdict.refusal.code for verdict in found.verdicts if verdict.refusal)
    assert (Promo.objects.get().used, PromoSlot.objects.count()) == (0, 0)


def vars_of(order: Imagined) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Imagined.__slots__}


def test_every_rule_is_heard_not_only_the_first(order: Imagined) -> None:
    promo = factories.promo(
        days=["MON"], levels=["ROYAL"], min_minor=10**9, max_usage=1, max_usage_per_id=1, max_usage_per_device=1
    )
    promo.products.add(factories.product("OTHER"))
    client = factories.client()
    target = promos.target_of(factories.product("MLBB").pk, [{"value": value} for value in DATA.values()])
    promos.take(promo.pk, "HOLDER1", target, client.device_key, client.address_key, WEDNESDAY, discount_minor=700)
    not_for = dict.fromkeys(["products", "days", "levels", "minimum"], "PROMO_NOT_APPLICABLE")
    full = dict.fromkeys(["max_usage", "max_usage_per_id"], "PROMO_LIMIT_REACHED")
    assert said(order) == not_for | full
    same_phone = Imagined(**{**vars_of(order), "holder": "HOLDER1", "data": None})
    assert said(same_phone) == not_for | {"max_usage": full["max_usage"], "max_usage_per_device": full["max_usage"]}


def test_the_pages_ask_and_count(order: Imagined, admin_client: Client) -> None:
    promo = factories.promo(budget_minor=10_000)
    promos.take(promo.pk, "HOLDER1", "t", "d", "a", timezone.now(), discount_minor=4945)
    url = reverse("admin:storefront_promo_simulate", args=[promo.pk])
    assert admin_client.get(url).status_code == 200
    asked = {"sku": "MLBB MLBB_172", "channel": "ID QRIS", "quantity": "1", "account": "656696292 8610"}
    page = admin_client.get(url, asked).content.decode()
    assert 'data-gets="yes"' in page or 'data-gets="ya"' in page
    assert "44.851" in page
    page = admin_client.get(url, asked | {"quantity": "3"}).content.decode()
    assert page.count("✗") == 1
    assert admin_client.get(url, asked | {"channel": "MY QRIS"}).status_code == 200
    page = admin_client.get(reverse("admin:storefront_promo_usage_page", args=[promo.pk])).content.decode()
    assert "4.945" in page
    assert "HOLDER1" in page
    for verb in ("simulate", "usage_page"):
        assert admin_client.get(reverse(f"admin:storefront_promo_{verb}", args=[10**9])).status_code == 404
