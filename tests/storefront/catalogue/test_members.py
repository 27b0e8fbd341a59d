"""Member discounts: staff-set, within the level's cap, locked in the quote, computed before promo and fee."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.money import Money
from payments.settling import settle
from storefront.catalogue import members
from storefront.catalogue.models import MemberDiscount
from storefront.inquiries import services as inquiries
from storefront.inquiries.models import Inquiry
from storefront.orders import services as orders
from tests.payments.cast import fresh, money, unplaced
from tests.payments.members import member
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def quoted(user: User | None, **more: Any) -> Inquiry:
    factories.sku(of=factories.product("MLBB"))
    factories.channel()
    data = {"userId": "656696292", "zoneId": "8610"}
    ask = inquiries.Ask("MLBB", "MLBB_172", "QRIS", email="a@example.com", data=data, **more)
    return inquiries.quote(ask, factories.client(), user, "id", timezone.now())


def lowered(level: str, percent: str) -> None:
    MemberDiscount.objects.create(product=factories.product("MLBB"), level=level, percent=percent)


@pytest.mark.parametrize(("level", "price"), [("CLASSIC", 49450), ("PRESTIGE", 46977), ("ROYAL", 44505)])
def test_a_level_pays_its_price(level: str, price: int) -> None:
    lowered("PRESTIGE", "5")
    lowered("ROYAL", "10")
    quote = quoted(member(level=level), quantity=2)
    assert (quote.unit_price_minor, quote.subtotal_minor) == (price, 2 * price)
    assert quote.list_price_minor == 50000
    assert quote.fee_minor == Money(2 * price, "IDR").percent(Decimal("0.7")).minor


def test_guests_pay_the_public_price() -> None:
    lowered("ROYAL", "10")
    assert quoted(None).unit_price_minor == 49450


def test_other_products_are_not_lowered() -> None:
    MemberDiscount.objects.create(product=factories.product("FF"), level="ROYAL", percent="10")
    assert quoted(member(level="ROYAL")).unit_price_minor == 49450


def test_promo_is_computed_on_the_members_price() -> None:
    lowered("ROYAL", "10")
    factories.promo()
    quote = quoted(member(level="ROYAL"), promo_code="WELCOME10")
    assert quote.discount_minor == 4451  # 10 % of 44505, half up; the minimum is held against the list price


@pytest.mark.parametrize(
    ("level", "percent"), [("PRESTIGE", "5.01"), ("ROYAL", "10.5"), ("ROYAL", "0"), ("CLASSIC", "1")]
)
def test_the_database_keeps_the_caps(level: str, percent: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        lowered(level, percent)


def test_a_member_never_pays_nothing() -> None:
    assert members.price(Money(1, "IDR"), Decimal(100)) == Money(1, "IDR")


def test_late_money_at_a_members_price_still_buys() -> None:
    """The price holds for this member, though the public one lies above what was quoted."""
    lowered("ROYAL", "10")
    user = member(level="ROYAL")
    factories.sku(of=factories.product("MLBB"))
    order, payment = unplaced(user=user, unit_price_minor=44505, fee_minor=0, product=factories.product("MLBB"))
    orders.expire(order, by="test", now=timezone.now())
    settle(payment.pk, money(44505))
    assert fresh(order).status == "PAID"


def test_the_shelf_reads_all_discounts_of_a_level_at_once() -> None:
    lowered("ROYAL", "7.5")
    product = factories.product("MLBB")
    assert members.discounts("ROYAL") == {product.pk: Decimal("7.50")}
    assert members.discounts("PRESTIGE") == members.discounts("") == {}
