"""What a quote takes from a member, and what it leaves untouched. The doors' side stands in tests/contract."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from storefront.channels.models import Channel
from storefront.inquiries import services
from storefront.inquiries.models import Inquiry
from storefront.inquiries.services import Ask
from tests.storefront import factories

pytestmark = pytest.mark.django_db

ASK = Ask(
    product_code="GAME",
    sku_code="GAME_1",
    payment_code="QRIS",
    email="user@example.com",
    data={"userId": "656696292", "zoneId": "8610"},
)


@pytest.fixture(autouse=True)
def goods() -> None:
    game = factories.product("GAME", regions="ID SG")
    factories.sku("GAME_1", of=game, prices={"ID": (49450, 50000), "SG": (499, 500)})
    factories.channel("QRIS")
    factories.channel("QRIS", where="SG", min_minor=1)
    factories.channel("BALANCE", kind=Channel.Kind.BALANCE, fee_percent=0, gateway="balance")


def member(**more: Any) -> User:
    return User.objects.create_user("member@example.com", **more)


def quote(user: User | None = None, **change: Any) -> Inquiry:
    return services.quote(dataclasses.replace(ASK, **change), factories.client(), user, "en", timezone.now())


def test_a_member_buys_in_the_current_region_unless_another_is_asked_for() -> None:
    user = member(current_region=factories.region("SG"))
    assert (quote(user).currency, quote(user).user) == ("SGD", user)
    assert quote(user, region_code="ID").currency == "IDR"
    assert quote().currency == "IDR"


def test_a_balance_is_for_members() -> None:
    with pytest.raises(Refused, match="UNAUTHORIZED"):
        quote(payment_code="BALANCE")
    assert quote(member(), payment_code="BALANCE").fee_minor == 0


def test_promos_for_a_level() -> None:
    factories.promo(levels=["ROYAL"], min_minor=0)
    with pytest.raises(Refused, match="PROMO_NOT_APPLICABLE"):
        quote(promo_code="WELCOME10")
    assert quote(member(level="ROYAL"), promo_code="WELCOME10", region_code="ID").discount_minor == 4945


def test_a_quote_keeps_who_asked_and_until_when() -> None:
    inquiry = Inquiry.objects.get(pk=quote().pk)
    who = factories.client()
    assert (inquiry.owner, inquiry.device, inquiry.address) == (who.owner_key, who.device_key, who.address_key)
    assert inquiry.expires_at - inquiry.created_at == timedelta(seconds=900)
    assert inquiry.fields[0] == {"key": "userId", "name": "User ID", "value": "656696292"}


def test_a_price_that_changes_later_does_not_change_the_quote() -> None:
    inquiry = quote()
    inquiry.sku.prices.update(price_minor=60000, original_minor=60000)
    assert services.lock(services.open_token(services.token_of(inquiry))).total_minor == 49796
