"""Slots of a promo: what they are counted by, whose they are, and that they come back once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.money import Money
from storefront.promos import services
from storefront.promos.models import Promo, PromoSlot
from tests.storefront import factories

NOON = datetime(2025, 12, 3, 5, 0, tzinfo=UTC)  # 12:00 in Jakarta


def take(promo: Promo, holder: str, at: datetime = NOON, **same: str) -> None:
    who = {name: f"{name} of {holder}" for name in ("target", "device", "address")} | same
    services.take(promo.pk, holder, now=at, **who)


def used(promo: Promo) -> int:
    promo.refresh_from_db()
    assert promo.used == PromoSlot.objects.filter(promo=promo, released_at=None).count()
    return promo.used


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cap", "same"),
    [
        ("max_usage", {}),
        ("max_daily_usage", {}),
        ("max_usage_per_id", {"target": "a player"}),
        ("max_usage_per_device", {"device": "a phone"}),
        ("max_usage_per_ip", {"address": "a network"}),
    ],
)
def test_each_cap_refuses_the_next_one_and_only_its_own_kind(cap: str, same: dict[str, Any]) -> None:
    limit: dict[str, Any] = {cap: 2}
    promo = factories.promo(**limit)
    take(promo, "A", **same)
    take(promo, "B", **same)
    with pytest.raises(Refused, match="PROMO_LIMIT_REACHED"):
        take(promo, "C", **same)
    assert used(promo) == 2
    if same:
        take(promo, "D")
        assert used(promo) == 3


@pytest.mark.django_db
def test_a_device_nobody_knows_is_not_counted() -> None:
    promo = factories.promo(max_usage_per_device=1)
    take(promo, "A", device="")
    take(promo, "B", device="")
    assert used(promo) == 2


@pytest.mark.django_db
def test_the_day_cap_starts_anew_at_midnight_of_the_region() -> None:
    """F25: 17:00 UTC is midnight in Jakarta."""
    promo = factories.promo(max_daily_usage=1)
    take(promo, "A", datetime(2025, 12, 2, 16, 59, tzinfo=UTC))
    take(promo, "B", datetime(2025, 12, 2, 17, 0, tzinfo=UTC))
    with pytest.raises(Refused):
        take(promo, "C", datetime(2025, 12, 3, 16, 59, tzinfo=UTC))


@pytest.mark.django_db
def test_taking_again_for_the_same_order_changes_nothing_even_when_full() -> None:
    promo = factories.promo(max_usage=1, max_usage_per_id=1)
    take(promo, "A")
    take(promo, "A")
    assert used(promo) == 1


@pytest.mark.django_db
def test_a_released_slot_is_free_for_another_and_comes_back_once() -> None:
    promo = factories.promo(max_usage=1)
    take(promo, "A")
    assert services.release("A") is True
    assert services.release("A") is False
    assert services.release("nobody") is False
    assert used(promo) == 0
    take(promo, "B")
    assert used(promo) == 1


@pytest.mark.django_db
def test_late_money_takes_its_slot_again_on_its_own_day() -> None:
    promo = factories.promo(max_daily_usage=1)
    take(promo, "A")
    services.release("A")
    take(promo, "B", NOON + timedelta(days=1))
    services.retake("A", NOON + timedelta(days=1))
    services.retake("A", NOON + timedelta(days=1))
    assert used(promo) == 2
    assert PromoSlot.objects.get(holder="A").day == NOON.date()


@pytest.mark.django_db
def test_late_money_finds_its_slot_used_up() -> None:
    promo = factories.promo(max_usage=1)
    take(promo, "A")
    services.release("A")
    take(promo, "B")
    with pytest.raises(Refused, match="PROMO_LIMIT_REACHED"):
        services.retake("A", NOON)
    assert used(promo) == 1
    services.retake("an order without promo", NOON)


@pytest.mark.django_db
def test_a_slot_is_kept_after_the_promo_has_ended_for_whoever_was_quoted() -> None:
    """The price that was shown is the price that is charged: only the caps are asked again."""
    promo = factories.promo(expires_at=timezone.now() - timedelta(minutes=1))
    take(promo, "A")
    assert used(promo) == 1


def test_the_same_account_is_the_same_target_however_it_was_typed() -> None:
    def of(*values: str, product_id: int = 1) -> str:
        return services.target_of(product_id, [{"key": "k", "value": value} for value in values])

    assert of("Name#TAG") == of("name#tag") == of("Ｎame#tag")
    assert len({of("12", "3"), of("1", "23"), of("123"), of("12", "3", product_id=2)}) == 4


@given(
    subtotal=st.integers(1, 10**9),
    flat=st.integers(0, 10**6),
    percent=st.decimals(0, 100, places=3),
    cap=st.integers(0, 10**6),
)
def test_a_discount_is_whole_capped_and_never_more_than_the_price(
    subtotal: int, flat: int, percent: Decimal, cap: int
) -> None:
    promo = Promo(flat_minor=flat, percent=percent, max_discount_minor=cap)
    off = services.discount(promo, Money(subtotal, "IDR")).minor
    assert 0 <= off <= subtotal
    assert not cap or off <= cap
    exact = flat + Decimal(subtotal) * percent / 100
    if exact + 1 < min(subtotal, cap or subtotal):
        assert abs(off - exact) <= Decimal("0.5")


def test_flat_and_percent_add_before_the_cap() -> None:
    promo = Promo(flat_minor=1000, percent=Decimal(10), max_discount_minor=0)
    assert services.discount(promo, Money(49450, "IDR")) == Money(5945, "IDR")
    promo.max_discount_minor = 5000
    assert services.discount(promo, Money(49450, "IDR")) == Money(5000, "IDR")
