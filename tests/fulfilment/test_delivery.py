"""Paid orders that simply arrive, and those that surely cannot: what the rows, the ledger and the customer say."""

import pytest
from django.utils import timezone

from core.models import MailMessage, PoisonRow
from fulfilment import finishing, history, profiles, sending, taking
from fulfilment.models import Attempt, HistoryPoll, SupplierAccount, SupplierProduct, TopUp
from payments.models import Refund
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def test_a_paid_order_arrives_once_and_its_money_is_booked(supplier):
    order = desk.paid(player="656696292", zone="8610")
    desk.work()
    order.refresh_from_db()
    assert (order.status, order.delivered, order.failed) == ("SUCCESS", 1, 0)
    [truth] = supplier.supplier_orders()
    assert (truth["product_code"], truth["game_user_id"], truth["game_zone_id"]) == (
        "mlbb_id_172_diamonds",
        "656696292",
        "8610",
    )
    [attempt] = Attempt.objects.all()
    assert attempt.transaction_id == truth["transaction_id"] and attempt.history_row is not None
    assert attempt.callback_token in truth["callback_url"]
    assert desk.funds(order).minor == 0
    kinds = {(t.source.kind, t.target.kind, t.amount_minor, t.currency) for t in order.transfers.all()}
    assert ("PREPAID", "COSTS", 264, "USD") in kinds and ("FUNDS", "FEES", 346, "IDR") in kinds
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID", "PROCESSING", "SUCCESS"]
    assert MailMessage.objects.filter(template="order_done", about=order.number).count() == 1


def test_the_same_work_again_changes_nothing(supplier):
    """F3: a message that comes twice finds no work left, and nothing is sent again."""
    desk.paid()
    desk.work(3)
    for topup in TopUp.objects.all():
        sending.send(topup.pk)
    assert len(supplier.supplier_orders()) == 1 and Attempt.objects.count() == 1


def test_three_units_are_three_orders_at_the_supplier(supplier):
    order = desk.paid(quantity=3)
    desk.work()
    order.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 3)
    assert len({row["transaction_id"] for row in supplier.supplier_orders()}) == 3
    assert desk.funds(order).minor == 0


def test_a_refused_product_is_refunded(supplier):
    supplier.faults(create_order={"reject": 1.0})
    order = desk.paid(promo=None)
    desk.work()
    order.refresh_from_db()
    assert (order.status, order.failed) == ("FAILED", 1)
    assert supplier.supplier_orders() == [] and desk.funds(order).minor == 0
    refund = Refund.objects.get(order=order)
    assert refund.amount_minor == order.total_minor and refund.why == "NOT_DELIVERED"
    assert TopUp.objects.get().why == "refused" and Attempt.objects.get().verdict == "REFUSED"
    assert MailMessage.objects.filter(template="order_failed").count() == 1


def test_a_refused_product_goes_by_the_next_route(supplier):
    desk.shop("mlbb_id_172_diamonds", "mlbb_id_86_diamonds")
    supplier._call("PUT", "supplier/products/mlbb_id_172_diamonds", {"status": "inactive"})
    order = desk.paid()
    desk.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS"
    assert [row["product_code"] for row in supplier.supplier_orders()] == ["mlbb_id_86_diamonds"]


def test_an_order_that_fails_after_it_was_accepted_is_refunded(supplier):
    supplier.faults(callback={"early": 1.0}, order={"fail": 1.0})
    order = desk.paid()
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "FAILED" and desk.funds(order).minor == 0
    assert Attempt.objects.get().state == "FAILED" and TopUp.objects.get().why == "failed"
    assert len(supplier.supplier_orders()) == 1


def test_a_part_that_arrives_keeps_its_price_and_the_rest_is_refunded(supplier):
    order = desk.paid(quantity=2)
    _, second = desk.buy(order)
    desk.look()
    Attempt.objects.filter(topup=second).update(state="FAILED")  # as if the supplier had taken that one back in time
    TopUp.objects.filter(pk=second.pk).update(state="QUEUED", ended_at=None)
    Order.objects.filter(pk=order.pk).update(status="PROCESSING", delivered=1, ended_at=None)
    order.refresh_from_db()
    # The whole order was booked by the look above; what is asked here is the arithmetic of the end alone.
    order.transfers.filter(reason__in=["sale", "payment fee"]).delete()
    finishing.fail_unit(TopUp.objects.get(pk=second.pk), "refused")
    order.refresh_from_db()
    assert (order.status, order.delivered, order.failed) == ("SUCCESS", 1, 1)
    assert Refund.objects.get(order=order).amount_minor == (order.total_minor + 1) // 2
    assert desk.funds(order).minor == 0
    assert order.events.get(after="SUCCESS", reason="partly")


def test_a_failed_order_gives_its_promo_slot_back(supplier):
    promo = factories.promo("ONE", max_usage=1)
    supplier.faults(create_order={"reject": 1.0})
    order = desk.paid(promo=promo, discount_minor=4945)
    promos.take(promo.pk, order.number, "t", "d", "a", order.created_at)
    desk.work()
    promo.refresh_from_db()
    assert promo.used == 0


def test_an_empty_balance_lets_units_wait_and_a_filled_one_lets_them_go(supplier):
    desk.look()
    supplier._call("PUT", "supplier/balance", {"balance": 1.0})
    order = desk.paid()
    desk.work()
    order.refresh_from_db()
    account = desk.account()
    assert (order.status, account.paused_why) == ("PROCESSING", "balance")
    assert TopUp.objects.get().waits_for == "balance" and len(desk.cases("supplier_balance")) == 1
    another = desk.paid()
    desk.work()
    assert supplier.supplier_orders() == [] and Attempt.objects.count() == 1

    SupplierAccount.objects.update(profile_read_at=None)
    profiles.look_after()
    assert desk.account().paused_at is not None
    supplier._call("PUT", "supplier/balance", {"balance": 50.0})
    SupplierAccount.objects.update(profile_read_at=None)
    profiles.look_after()
    assert desk.account().paused_at is None
    desk.work(2)
    assert {Order.objects.get(pk=row.pk).status for row in (order, another)} == {"SUCCESS"}
    assert len(supplier.supplier_orders()) == 2 and not Refund.objects.exists()


def test_paused_again_within_the_same_second_is_told_again():
    for _ in range(2):
        profiles.pause(desk.account(), profiles.BALANCE, "empty")
        assert profiles.resume(desk.account()) and not profiles.resume(desk.account())
    profiles.pause(desk.account(), profiles.BALANCE, "empty once more")
    assert sorted(case.state for case in desk.cases("supplier_balance")) == ["OPEN", "RESOLVED", "RESOLVED"]


def test_a_key_that_is_refused_stops_the_account_until_a_person_opens_it(supplier):
    desk.look()
    supplier.faults(create_order={"http_401": 1.0}, callback={"early": 1.0})
    order = desk.paid()
    desk.work()
    assert desk.account().paused_why == "denied" and len(desk.cases("supplier_denied")) == 1
    SupplierAccount.objects.update(profile_read_at=None)
    supplier.faults(callback={"early": 1.0})
    profiles.look_after()
    history.poll_due()
    assert desk.account().paused_why == "denied" and desk.account().profile_read_at is None
    assert profiles.resume(desk.account())
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == 1


def test_without_a_connection_nothing_is_sent_and_the_unit_waits(supplier, settings):
    desk.look()
    right = settings.GEMGO_BASE_URL
    settings.GEMGO_BASE_URL = "http://127.0.0.1:9/gemgo"
    order = desk.paid()
    desk.buy(order)
    topup = TopUp.objects.get()
    assert (topup.state, topup.waits_for, Attempt.objects.get().state) == ("QUEUED", "connection", "NOT_SENT")
    settings.GEMGO_BASE_URL = right
    desk.pass_time(60)
    desk.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS" and len(supplier.supplier_orders()) == 1


def test_nothing_is_sent_before_the_history_was_read_once(supplier):
    supplier.faults(order_history={"error": 1.0})
    order = desk.paid()
    desk.buy(order)
    assert supplier.supplier_orders() == [] and not Attempt.objects.exists()
    assert TopUp.objects.get().waits_for == "baseline"
    supplier.faults(callback={"early": 1.0})
    desk.pass_time(10)
    desk.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS"


def test_a_poison_order_does_not_stall_the_others(supplier, monkeypatch):
    poison, good = desk.paid(), desk.paid()
    advance, advance_all = orders.advance, orders.advance_all

    def broken(order, *args, **more):
        if order.pk == poison.pk:
            raise ValueError("poison")
        return advance(order, *args, **more)

    def broken_together(found, *args, **more):
        if poison in found:
            raise ValueError("poison")
        advance_all(found, *args, **more)

    monkeypatch.setattr(orders, "advance", broken)
    monkeypatch.setattr(orders, "advance_all", broken_together)
    assert len(taking.take(limit=1)) == 1
    good.refresh_from_db()
    assert good.status == "PROCESSING" and len(desk.cases("order_not_taken")) == 1
    taking.take()
    assert len(desk.cases("order_not_taken")) == 1
    monkeypatch.undo()
    PoisonRow.objects.update(again_at=timezone.now())  # it has rested
    assert len(taking.take()) == 1


def test_a_poison_unit_is_pushed_ahead_before_it_is_tried(supplier):
    first, second = desk.paid(), desk.paid()
    taking.take()
    desk.pass_time(60)
    due = sending.due(1)
    assert due and sending.due(1) != due, "a unit that is being tried stands before nobody"
    assert {first.topups.get().pk, second.topups.get().pk} >= set(due)


def test_a_unit_whose_order_was_forgotten_ends_it(supplier):
    """F6: what the order says is derived from its units, and found by a sweep where it was not."""
    order = desk.paid()
    desk.buy(order)
    attempt = Attempt.objects.get()
    TopUp.objects.update(state="DELIVERED")
    Attempt.objects.filter(pk=attempt.pk).update(ended_at=attempt.answered_at)
    Order.objects.update(updated_at=order.created_at.replace(year=2020))
    assert finishing.end_forgotten() == 1
    order.refresh_from_db()
    assert (order.status, order.delivered) == ("SUCCESS", 1) and desk.funds(order).minor == 0
    assert finishing.end_forgotten() == 0


def test_a_lost_wake_up_costs_nothing_but_time(supplier):
    """F6: the paid order is found by looking, not by being told; and so is the unit nobody was told of."""
    order = desk.paid()
    taking.take()  # and the worker is gone
    assert sending.due(10) == [], "its taker has a head start"
    desk.pass_time(10)
    for topup_id in sending.due(10):
        sending.send(topup_id)
    desk.look()
    order.refresh_from_db()
    assert order.status == "SUCCESS"


def test_polls_cost_one_call_however_many_orders_are_open(supplier):
    supplier.faults(order={"never": 1.0})
    desk.look()
    for _ in range(12):
        desk.buy(desk.paid())
    before = HistoryPoll.objects.count()
    history.poll_due()
    assert HistoryPoll.objects.count() == before + 1
    assert Attempt.objects.filter(state="ACCEPTED", ended_at=None).exclude(history_row=None).count() == 12


def test_with_nothing_open_the_history_is_read_once_a_minute(supplier):
    history.poll_due()
    assert HistoryPoll.objects.count() == 1
    history.poll_due()
    assert HistoryPoll.objects.count() == 1


def test_a_name_is_proved_by_catalogue_answer_and_history(supplier):
    SupplierProduct.objects.update(name_proved_at=None)
    desk.paid()
    desk.work()
    assert SupplierProduct.objects.get().name_proved_at is not None


def test_limits_of_the_account_hold(supplier):
    desk.look()
    SupplierAccount.objects.update(max_per_second=0.1)  # a slow machine takes a second for the two
    desk.buy(desk.paid())
    desk.buy(desk.paid())
    assert len(supplier.supplier_orders()) == 1
    assert TopUp.objects.get(state="QUEUED").waits_for == "rate"
    SupplierAccount.objects.update(max_per_second=0, max_in_flight=1)
    Attempt.objects.update(state="SENDING")
    desk.work()
    assert len(supplier.supplier_orders()) == 1


def test_one_supplier_that_our_reading_breaks_on_leaves_the_others_alone(db, monkeypatch):
    told = []

    def stumble(account):
        told.append(account.code)
        raise KeyError("a figure without a name")

    monkeypatch.setattr(profiles, "read", stumble)
    for code in ("gemgo", "digiflazz"):
        profiles.ensure(code)
    profiles.look_after()
    assert sorted(told) == ["digiflazz", "gemgo"]
