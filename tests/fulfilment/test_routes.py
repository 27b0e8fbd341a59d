"""Two suppliers over real HTTP: which one gets a unit, when the other takes over, and when nobody does."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from core import rates
from core.models import ExchangeRate
from fulfilment import profiles, sending, taking
from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct, TopUp
from payments.models import Refund
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db
AT_ONCE = {"callback": {"early": 1.0}, "digiflazz": {"rc": 0}}
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def two(supplier: Sandbox) -> Sandbox:
    """GemGo and Digiflazz, of one priority."""
    supplier.faults(**AT_ONCE)
    desk.second()
    desk.look()
    return supplier


def states() -> list[tuple[str, str, str]]:
    rows = Attempt.objects.order_by("id").values_list("account__code", "state", "verdict")
    return [(code, state, verdict) for code, state, verdict in rows]


@pytest.mark.parametrize(("rupiah", "cheapest"), [(16_300, "gemgo"), (17_500, "digiflazz")])
def test_the_cheapest_in_the_customers_currency_goes_first(two, rupiah, cheapest):
    """264 cents against Rp44.165: which is less, the dated rate says; and the cost stays as it was then."""
    desk.rate(rupiah)
    order = desk.paid()
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS"
    assert [code for code, _ in desk.bought(two)] == [cheapest]
    cost = 44_165 if cheapest == "digiflazz" else 264 * rupiah // 100
    assert (order.cost_minor, TopUp.objects.get().cost_minor) == (cost, cost)


def test_a_lower_priority_goes_before_the_cheaper(two):
    desk.rate(17_500)
    Route.objects.filter(product__account__code="digiflazz").update(priority=5)
    desk.paid()
    desk.work()
    assert [code for code, _ in desk.bought(two)] == ["gemgo"]


def test_F24_without_a_rate_the_goods_still_go_out_and_no_profit_is_invented(two):
    Route.objects.filter(product__account__code="digiflazz").delete()
    order = desk.paid()
    desk.work()
    order.refresh_from_db()
    assert (order.status, order.cost_minor) == ("SUCCESS", None)


def test_where_no_connection_came_about_the_other_supplier_takes_over_at_once(two, settings):
    desk.rate()
    settings.GEMGO_BASE_URL = NOBODY
    order = desk.paid()
    desk.buy(order)
    order.refresh_from_db()
    assert states() == [("gemgo", "NOT_SENT", ""), ("digiflazz", "ACCEPTED", "")] and order.status == "SUCCESS"
    assert [code for code, _ in desk.bought(two)] == ["digiflazz"]


def test_a_refusal_and_a_key_that_is_refused_let_the_other_take_over(two, settings):
    desk.rate()
    settings.GEMGO_API_KEY = "wrong"
    desk.buy(desk.paid())
    assert states() == [("gemgo", "REJECTED", "DENIED"), ("digiflazz", "ACCEPTED", "")]
    assert desk.account().paused_why == "denied" and len(desk.cases("supplier_denied")) == 1
    desk.buy(desk.paid())
    assert states()[2:] == [("digiflazz", "ACCEPTED", "")], "nobody knocks again at a door that was shut"


def test_while_an_outcome_is_unknown_nobody_else_is_asked(two):
    """The invariant of fail-over: what may have been made is never made elsewhere."""
    desk.rate()
    two.faults(create_order={"lose_reply": 1.0}, order={"never": 1.0}, digiflazz={"rc": 0})
    order = desk.paid()
    desk.buy(order)
    for _ in range(3):
        desk.pass_time(120)
        sending.send(TopUp.objects.get().pk)
    assert states() == [("gemgo", "UNKNOWN", "")]
    assert [code for code, _ in desk.bought(two)] == ["gemgo"] and not Refund.objects.exists()


def test_a_route_has_hours_and_the_unit_waits_for_them(supplier):
    desk.look()
    clock = timezone.localtime()
    Route.objects.update(
        open_from=(clock + timedelta(hours=2)).time().replace(microsecond=0),
        open_until=(clock + timedelta(hours=3)).time().replace(microsecond=0),
    )
    order = desk.paid()
    desk.buy(order)
    assert TopUp.objects.get().waits_for == "hours" and not supplier.supplier_orders()
    Route.objects.update(open_from=(clock - timedelta(hours=1)).time(), open_until=(clock + timedelta(hours=1)).time())
    desk.pass_time(600)
    desk.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS"


def test_hours_that_never_come_within_the_promise_give_the_money_back(supplier):
    desk.look()
    SupplierAccount.objects.update(time_zone="UTC")
    midnight = time(0, 0), time(0, 0, 1)
    Route.objects.update(open_from=midnight[0], open_until=midnight[1])
    order = desk.paid()
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(hours=1))
    desk.buy(order)
    order.refresh_from_db()
    assert order.status == "FAILED" and TopUp.objects.get().why == "no_route"
    assert Refund.objects.get(order=order).amount_minor == order.total_minor and desk.funds(order).minor == 0


def test_what_costs_more_than_it_was_sold_for_is_not_sent(supplier):
    """The guard before the call: 172 diamonds sold for Rp49.450 are not bought for more."""
    desk.rate()
    desk.look()
    SupplierProduct.objects.update(cost_minor=310)  # Rp50.530
    order = desk.paid()
    desk.buy(order)
    assert TopUp.objects.get().waits_for == "price" and not Attempt.objects.exists()
    desk.buy(desk.paid())
    assert len(desk.cases("cost_over_price")) == 1, "one case a day, however many orders"
    desk.second()
    desk.pass_time(60)
    supplier.faults(**AT_ONCE)
    desk.work()
    assert [code for code, _ in desk.bought(supplier)] == ["digiflazz", "digiflazz"], "another route bears it"


def test_F21_a_new_rate_counts_at_once_and_nothing_is_sold_at_one_to_one(supplier):
    """Goods for $2.64 sold for Rp49.450: the guard reckons with the newest rate, whatever was read when."""
    desk.look()
    with pytest.raises(rates.NoRate):  # never 1.0
        rates.rate("USD", "IDR", timezone.now())
    desk.rate(16_300)
    desk.buy(desk.paid())
    assert len(desk.bought(supplier)) == 1
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=19_000, valid_from=timezone.now())
    desk.buy(desk.paid())
    assert len(desk.bought(supplier)) == 1 and TopUp.objects.order_by("id")[1].waits_for == "price"
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=16_400, valid_from=timezone.now())
    desk.pass_time(60)
    desk.work()
    assert len(desk.bought(supplier)) == 2


def test_a_price_that_stays_too_high_gives_the_money_back_with_the_promise(supplier):
    desk.rate()
    desk.look()
    SupplierProduct.objects.update(cost_minor=310)
    order = desk.paid()
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(hours=1))
    desk.buy(order)
    order.refresh_from_db()
    assert (order.status, TopUp.objects.get().why) == ("FAILED", "price") and desk.funds(order).minor == 0


def test_the_guard_can_be_lifted(supplier, settings):
    desk.rate()
    desk.look()
    SupplierProduct.objects.update(cost_minor=310)
    settings.MOST_COST_PERCENT = 0
    desk.buy(desk.paid())
    assert len(supplier.supplier_orders()) == 1


def test_a_drained_balance_burns_no_orders(supplier):
    """Fifty paid orders and money for three: three go out, hardly a call is refused, one case, and after the refill
    all of them arrive."""
    desk.look()
    supplier._call("PUT", "supplier/balance", {"balance": 8.0})
    assert profiles.read(desk.account())
    orders = [desk.paid() for _ in range(50)]
    for group in taking.take(limit=50):
        for topup_id in group:
            sending.send(topup_id)
    assert len(supplier.supplier_orders()) == 3
    assert Attempt.objects.filter(state="REJECTED").count() <= 3
    assert len(desk.cases("supplier_balance")) == 1
    assert TopUp.objects.filter(state="QUEUED", waits_for="balance").count() == 47
    supplier._call("PUT", "supplier/balance", {"balance": 500.0})
    SupplierAccount.objects.update(profile_read_at=None)
    profiles.look_after()
    desk.work(2)
    assert {Order.objects.get(pk=order.pk).status for order in orders} == {"SUCCESS"}
    assert len(supplier.supplier_orders()) == 50 and not Refund.objects.exists()
    assert [case.state for case in desk.cases("supplier_balance")] == ["RESOLVED"]


def test_a_supplier_that_says_we_call_too_often_is_left_alone_for_a_while(two):
    desk.rate()
    two.faults(create_order={"http_429": 1.0}, digiflazz={"rc": 0})
    desk.buy(desk.paid())
    assert desk.account().rests_until is not None
    two.faults(**AT_ONCE)
    desk.buy(desk.paid())
    assert [state for _, state, _ in states()] == ["UNKNOWN", "ACCEPTED"]
    assert [code for code, _ in desk.bought(two)] == ["digiflazz"], "the rest is the account's, not the shop's"
