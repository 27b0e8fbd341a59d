"""Fees, limits, and where a way to pay is offered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import Refused
from core.models import Region
from core.money import Money
from core.web import prebuilt
from storefront.channels.models import Channel, ChannelClosure
from storefront.channels.services import check_limits, closed, ensure_open, fee, find_channel, only_region
from tests.demo.shop import _loaded, demo_shop  # noqa: F401


def channel(**with_: object) -> Channel:
    region = Region(code="ID", currency="IDR", time_zone="Asia/Jakarta")
    return Channel(region=region, name="X", **{"min_minor": 1000, "max_minor": 10_000_000, **with_})


@pytest.mark.parametrize(
    ("flat", "percent", "subtotal", "expected"),
    [
        (0, "0.7", 49450, 346),  # API §18: 346.15, and on the price before the promo
        (0, "0.7", 100000, 700),
        (4000, "0", 100000, 4000),
        (0, "1.5", 100000, 1500),
        (0, "0.7", 1500, 11),  # 10.5: half up, where half even would say 10
        (0, "0.7", 3500, 25),  # 24.5
        (2000, "2.9", 10001, 2290),  # both parts, rounded once: 290.029
    ],
)
def test_fees_are_rounded_half_up_once(flat: int, percent: str, subtotal: int, expected: int) -> None:
    one = channel(fee_minor=flat, fee_percent=Decimal(percent))
    assert fee(one, Money(subtotal, "IDR")) == Money(expected, "IDR")


def test_limits_are_held_against_the_total() -> None:
    one = channel()
    for fine in (1000, 10_000_000, 0):
        check_limits(one, Money(fine, "IDR"))
    for total, code in ((999, "AMOUNT_TOO_LOW"), (1, "AMOUNT_TOO_LOW"), (10_000_001, "AMOUNT_TOO_HIGH")):
        with pytest.raises(Refused) as caught:
            check_limits(one, Money(total, "IDR"))
        assert caught.value.code == code


@pytest.mark.usefixtures("demo_shop")
class TestOffered:
    def test_found_with_its_region(self, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(2):
            for _ in range(3):
                found = find_channel("QRIS", "ID", "purchase")
            assert (found.region.currency, found.kind) == ("IDR", "QR")
            ensure_open(found, timezone.now())

    @pytest.mark.parametrize(
        ("code", "region", "payment_type"),
        [("QRIS", "SG", "purchase"), ("NOPE", "ID", "purchase"), ("BALANCE", "ID", "deposit"), ("", "ID", "purchase")],
    )
    def test_not_offered(self, code: str, region: str, payment_type: str) -> None:
        with pytest.raises(Refused) as caught:
            find_channel(code, region, payment_type)
        assert caught.value.code == "INVALID_PAYMENT_METHOD"

    def test_not_offered_while_switched_off(self) -> None:
        Channel.objects.filter(code="QRIS").update(is_active=False)
        with pytest.raises(Refused):
            find_channel("QRIS", "ID")

    def test_only_region(self) -> None:
        assert only_region("QRIS") == "ID"
        assert only_region("PAYNOW") == "SG"
        assert only_region("CARD") is None
        assert only_region("NOPE") is None

    def test_closed_says_why(self) -> None:
        now = timezone.now()
        one = find_channel("QRIS", "ID")
        ensure_open(one, now)
        ChannelClosure.objects.create(channel=one, reason={"en": "Bank holiday"}, ends_at=now + timedelta(hours=1))
        prebuilt._renew()  # as the admin does when staff save it
        one = find_channel("QRIS", "ID")
        shut = closed(one, now)
        assert shut is not None
        assert shut.until == now + timedelta(hours=1)
        with pytest.raises(Refused) as caught:
            ensure_open(one, now)
        assert (caught.value.code, caught.value.details) == ("INVALID_PAYMENT_METHOD", "Bank holiday")
