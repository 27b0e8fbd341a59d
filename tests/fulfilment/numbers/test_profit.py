"""True profit, worked by hand to the last rupiah, and the sums that keep it (F24)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import Discrepancy, ExchangeRate, StaffCase
from core.money import Money
from fulfilment.models import DayFigures, DayTotals, SummedDay
from fulfilment.numbers import days, proving, summing
from fulfilment.numbers.reading import times
from payments import ledger_check
from payments.gateway_fees import services as gateway_fees
from payments.models import Capture, PointValue
from payments.money_back import giving_back
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.fulfilment.numbers import cast
from tests.payments.members import member
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def test_F24_profit_by_hand_with_promo_points_fee_part_delivery_and_a_dollar_that_rose() -> None:
    now = timezone.now()
    cast.agreed()  # Rp300 and 0.63 %
    cast.dollar("16300", now - timedelta(days=1))
    cast.dollar("16450.5", now + timedelta(minutes=30))
    PointValue.objects.create(value="0.5", valid_from=now - timedelta(days=1))
    royal = member("royal", level="ROYAL")
    order = desk.paid(
        user=royal, quantity=3, promo=factories.promo(), discount_minor=10_000, fee_minor=1_038
    )  # 148,350 - 10,000 + 1,038 = 139,388
    factories.inquiry()  # somebody who only looked
    cast.end(order, delivered=2, bought_at=now + timedelta(hours=1))

    ours = cast.summed()
    # Two thirds of it arrived: 139,388 - 46,463 owed = 92,925, of which 692 are the fee.
    assert (ours.sales_minor, ours.promo_minor, ours.fees_minor) == (98_900, 6_667, 692)
    assert ours.refunds_minor == 46_463
    # US$2.64 a unit: 43,032 when it was ordered, 43,429.32 and so 43,430 when it was bought.
    assert (ours.cost_minor, ours.exchange_minor) == (86_064, 796)
    assert order.cost_minor == 86_860
    assert ours.charges_minor == 1_178  # 300 + 878
    assert (ours.points, ours.points_minor) == (4_611, 2_305)  # 5 % of 92,233, at half a rupiah
    assert ours.profit_minor == 98_900 + 692 - 6_667 - 86_064 - 796 - 1_178 - 2_305 == 2_582
    assert (ours.inquiries, ours.orders, ours.paid, ours.delivered) == (2, 1, 1, 1)
    assert ours.is_profit_whole

    # A month later staff give 5,000 back: the day it was ordered on is summed again, points less 248 of them.
    SummedDay.objects.update(summed_at=now - timedelta(days=30))
    giving_back.give_back(order.pk, Money(5_000, "IDR"), seen=1, by="staff", why="late")
    again = cast.summed()
    assert (again.goodwill_minor, again.points, again.points_minor) == (5_000, 4_363, 2_181)
    assert again.profit_minor == 2_582 + (2_305 - 2_181) - 5_000 == -2_294

    # The gateway's bill says 1,200.
    capture = Capture.objects.get()
    gateway_fees.set_right(capture.pk, Money(1_200, "IDR"), "finance", "its bill of March")
    assert cast.summed().profit_minor == -2_294 - 22
    assert proving.prove() == [] and ledger_check.problems() == []


def test_figures_by_supplier_and_their_own_currency() -> None:
    cast.agreed()
    by_gemgo = cast.end(desk.paid(), delivered=1)  # nobody has entered what a dollar is worth
    by_digiflazz = cast.end(desk.paid(), delivered=1, by="digiflazz")
    failed = cast.end(desk.paid(), delivered=0)
    days.keep()
    rows = {row.supplier: row for row in DayFigures.objects.all()}
    assert by_gemgo.cost_minor is None and rows["gemgo"].cost_unknown == 1 and rows["gemgo"].bought == {"USD": 264}
    assert (rows["digiflazz"].cost_minor, rows["digiflazz"].bought) == (44_165, {"IDR": 44_165})
    # 49,450 + 346 - 44,165 - (300 + 314)
    one = cast.read(cast.Question(where={"supplier": "digiflazz"})).total("IDR")
    assert one.profit_minor == 5_017 and one.is_profit_whole
    assert not cast.summed().is_profit_whole
    assert by_digiflazz.status == "SUCCESS" and (failed.status, rows[""].failed) == ("FAILED", 1)
    assert cast.summed().success_percent == 66.7
    assert proving.problems() == []

    for by in DayTotals.PARTS:  # a page that is narrowed down reads other rows than one that is not
        parts, took = cast.read(cast.Question(), by).by_part("IDR"), times(cast.Question(), by)
        assert sum(of.orders for of in parts.values()) == 3 and sum(of.total() for of in took.values()) == 2
        for part, of in parts.items():
            narrowed = cast.Question(where={by: part, "channel": "QRIS"})
            assert cast.read(narrowed, by).by_part("IDR")[part] == of, (by, part)
            assert times(narrowed, by, [part])[part] == took[part], (by, part)


def test_a_day_is_the_regions_own_and_times_are_exact() -> None:
    """F25: an order of 23:30 in Jakarta is of that day, and not of the next one in UTC+8 or the one before in UTC."""
    noon = timezone.now().replace(hour=5, minute=0, second=0, microsecond=0) - timedelta(days=2)  # 12:00 in Jakarta
    late, early = noon + timedelta(hours=11, minutes=30), noon + timedelta(hours=12, minutes=30)
    for at, took in ((late, 61), (early, 1_234)):
        order = cast.end(desk.paid(), delivered=1, by="digiflazz")
        Order.objects.filter(pk=order.pk).update(
            created_at=at, paid_at=at + timedelta(seconds=5), ended_at=at + timedelta(seconds=5 + took)
        )
    region = factories.region("ID")
    first, second = (summing.figures(region, (noon + timedelta(days=day)).date()) for day in (0, 1))
    assert [sum(row.orders for row in rows) for rows in (first, second)] == [1, 1]
    assert first[0].seconds == {"61": 1} and second[0].seconds == {"1230": 1}


def test_what_was_changed_behind_the_sums_is_found_mended_and_told() -> None:
    cast.agreed()
    cast.end(desk.paid(), delivered=1, by="digiflazz")
    days.keep()
    SummedDay.objects.update(summed_at=timezone.now() + timedelta(hours=1))  # as if it were over since long
    assert proving.prove() == [] and not StaffCase.objects.exists()
    DayFigures.objects.filter(supplier="digiflazz").update(sales_minor=1)
    SummedDay.objects.update(summed_at=timezone.now() + timedelta(hours=1))
    assert len(proving.prove()) == 1
    case = StaffCase.objects.get(kind="numbers")
    assert case.evidence["count"] == 1 and case.evidence["left_after_summing_again"] == []
    assert DayFigures.objects.get(supplier="digiflazz").sales_minor == 49_450

    DayTotals.objects.filter(by="channel").update(fees_minor=1)
    SummedDay.objects.update(summed_at=timezone.now() + timedelta(hours=1))
    assert len(proving.prove()) == 1 and DayTotals.objects.get(by="channel").fees_minor != 1


def test_summing_takes_as_many_statements_for_many_orders(django_assert_max_num_queries) -> None:
    for _number in range(6):
        cast.end(desk.paid(), delivered=1, by="digiflazz")
    days.note()
    with django_assert_max_num_queries(22):
        assert days.sum_stale() == 1
    assert not ExchangeRate.objects.exists() and not Discrepancy.objects.exists()
