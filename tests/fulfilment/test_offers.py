"""What a supplier's offer says beside its price: closing times, once a day, how a number is written."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from django.core.management import CommandError, call_command

from fulfilment import hours, sending, syncing, taking
from fulfilment.models import Attempt, Route, SupplierProduct, TopUp
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import paid

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("clock", "closed"), [("16:44", False), ("16:45", True), ("17:00", True), ("17:14", True), ("17:15", False)]
)
def test_a_closing_time_over_midnight_is_by_jakartas_clock(clock, closed):
    """23:45 to 00:15 in Jakarta is 16:45 to 17:15 in UTC."""
    hour, minute = (int(part) for part in clock.split(":"))
    moment = datetime(2026, 7, 1, hour, minute, tzinfo=UTC)
    assert hours.is_within(moment, time(23, 45), time(0, 15), "Asia/Jakarta") is closed
    assert not hours.is_within(moment, time(1), time(1), "Asia/Jakarta")
    began = datetime(2026, 6, 30, 17, tzinfo=UTC) if clock < "17:00" else datetime(2026, 7, 1, 17, tzinfo=UTC)
    assert hours.day_begin(moment, "Asia/Jakarta") == began


def test_in_closing_time_nothing_is_sent_there(digiflazz):
    SupplierProduct.objects.filter(code="ml172").update(cut_off_from=time(0, 0), cut_off_until=time(23, 59, 59))
    order = paid()
    for group in taking.take():
        for topup_id in group:
            sending.send(topup_id)
    assert not Attempt.objects.exists() and TopUp.objects.get(order=order).waits_for == "cut_off"
    desk.shop("ml172", "ml86")
    desk.pass_time(86400)
    desk.send_due()
    assert desk.newest(order).product.code == "ml86"


def test_what_sells_once_a_day_is_not_asked_for_twice(digiflazz):
    Route.objects.all().delete()
    desk.product("gvonce", is_multi=False)
    desk.shop("gvonce", "ml86")
    first, second, third = paid(player="11111"), paid(player="11111"), paid(player="22222")
    for order in (first, second, third):
        desk.buy(order)
    assert [desk.newest(order).product.code for order in (first, second, third)] == ["gvonce", "ml86", "gvonce"]
    assert len(digiflazz.supplier_orders()) == 3


def test_its_catalogue_stands_in_rows(digiflazz, capsys):
    SupplierProduct.objects.filter(code="ml172").update(customer_format="{player}.{zone}")
    call_command("sync_supplier", "digiflazz")
    row = SupplierProduct.objects.get(code="ml172")
    assert (row.cost_minor, row.game_name, row.customer_format) == (44165, "MOBILE LEGENDS", "{player}.{zone}")
    closing = SupplierProduct.objects.get(code="isat10")
    assert (closing.cut_off_from, closing.cut_off_until) == (time(23, 45), time(0, 15))
    assert not SupplierProduct.objects.get(code="gvonce").is_multi
    account = desk.account()
    assert (account.currency, account.balance_minor) == ("IDR", 100_000_000)
    with pytest.raises(CommandError, match="once in 300 s"):
        call_command("sync_supplier", "digiflazz")
    syncing.sync_due()
    order = paid(player="656696292", zone="8610")
    assert desk.buy(order).customer_no == "656696292.8610" and len(digiflazz.supplier_orders()) == 1
