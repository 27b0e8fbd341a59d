"""Membership: the volume of the last 90 days, raised on success, lowered at night."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.models import AuditEntry, ExchangeRate, StaffCase
from core.money import Money
from storefront.orders import volume
from storefront.orders.models import Order
from tests.payments.members import member
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def paid(user: User, minor: int, *, days_ago: float = 1, status: str = "SUCCESS", **quote: Any) -> Order:
    order = order_of(user, status, unit_price_minor=minor, list_price_minor=minor, fee_minor=0, **quote)
    Order.objects.filter(pk=order.pk).update(paid_at=NOW - timedelta(days=days_ago))
    return order


def rate(value: int, since: datetime) -> None:
    ExchangeRate.objects.create(base="MYR", quote="IDR", rate=Decimal(value), valid_from=since)


def test_only_success_within_ninety_days_counts() -> None:
    user = member()
    paid(user, 1_000_000)
    paid(user, 2_000_000, days_ago=89.9)
    paid(user, 4_000_000, days_ago=90.1)
    for status in ("PAID", "PROCESSING", "FAILED"):
        paid(user, 8_000_000, status=status)
    paid(member("other"), 16_000_000)
    assert volume.paid_volume(user, NOW) == Money(3_000_000, "IDR")


def test_of_a_partly_delivered_order_what_arrived_counts() -> None:
    user = member()
    order = paid(user, 1_000_000, quantity=3)
    Order.objects.filter(pk=order.pk).update(delivered=1, failed=2)
    assert volume.paid_volume(user, NOW) == Money(1_000_000, "IDR")


def test_other_currencies_count_at_the_rate_of_their_day() -> None:
    user = member()
    factories.region("MY")
    rate(3_000, NOW - timedelta(days=100))
    rate(4_000, NOW - timedelta(days=10))
    paid(user, 10_000, days_ago=20, currency="MYR")
    paid(user, 10_000, days_ago=2, currency="MYR")
    paid(user, 5, days_ago=2)
    assert volume.paid_volume(user, NOW) == Money(300_000 + 400_000 + 5, "IDR")


def test_a_currency_without_a_rate_is_told_to_staff_once() -> None:
    user = member()
    paid(user, 10_000, currency="MYR")
    for _ in range(2):
        assert volume.paid_volume(user, NOW) == Money(0, "IDR")
    assert StaffCase.objects.get().kind == "rate-missing"


@pytest.mark.parametrize(
    ("minor", "level"),
    [(4_999_999, "CLASSIC"), (5_000_000, "PRESTIGE"), (9_999_999, "PRESTIGE"), (10_000_000, "ROYAL")],
)
def test_a_level_is_reached_at_its_threshold(minor: int, level: str) -> None:
    user = member()
    paid(user, minor)
    assert volume.raise_level(user.pk, NOW) is (level != "CLASSIC")
    user.refresh_from_db()
    assert user.level == level
    assert AuditEntry.objects.count() == (level != "CLASSIC")


def test_a_success_never_lowers() -> None:
    user = member(level="ROYAL")
    paid(user, 5_000_000)
    assert volume.raise_level(user.pk, NOW) is False
    user.refresh_from_db()
    assert user.level == "ROYAL"


def test_the_night_lowers_to_what_was_paid() -> None:
    stays, one_down, all_down = member("a", level="ROYAL"), member("b", level="ROYAL"), member("c", level="PRESTIGE")
    paid(stays, 10_000_000)
    paid(one_down, 9_000_000)
    paid(all_down, 9_000_000, days_ago=91)
    assert volume.lower_levels(NOW) == 2
    assert dict(User.objects.values_list("email", "level")) == {
        "a@example.com": "ROYAL",
        "b@example.com": "PRESTIGE",
        "c@example.com": "CLASSIC",
    }
    assert volume.lower_levels(NOW) == 0
