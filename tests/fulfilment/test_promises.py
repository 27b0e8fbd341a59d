"""The delivery promise: an account nobody knows is held, corrected once or cancelled; what is late is told and why."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from core.errors import Refused
from core.models import MailMessage
from fulfilment import correcting, promises, sending, standing, taking
from fulfilment.models import Attempt, Correction, Delay, TopUp
from fulfilment.standing import Reason
from payments.models import Refund
from storefront.orders.models import Order
from storefront.promos import services as promos
from storefront.promos.models import PromoSlot
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db
NOBODY = "000123456"  # the sandbox's supplier takes the order and fails it; its check says "not found"
RIGHT = {"userId": "656696292", "zoneId": "8610"}


def fresh(order: Order) -> Order:
    return Order.objects.select_related("product").get(pk=order.pk)


def held(**more) -> Order:
    order = desk.paid(player=NOBODY, **more)
    desk.work(2)
    order = fresh(order)
    assert order.status == "PROCESSING" and TopUp.objects.filter(order=order, waits_for="account").exists()
    return order


def overdue(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(days=1))
    return fresh(order)


def nothing_moved(order: Order) -> bool:
    return not Refund.objects.exists() and fresh(order).status == "PROCESSING" and desk.funds(order) == order.total


def test_an_account_nobody_knows_is_held_and_its_customer_told_once(supplier):
    order = held()
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.blames_account) == ("FAILED", True)
    seen = standing.of(order)
    assert seen and (seen.reason, seen.may_cancel, seen.may_correct) == (Reason.ACCOUNT, True, True)
    assert seen.held_until and seen.held_until > timezone.now() + timedelta(minutes=29)
    desk.pass_time(60)
    desk.work(2)
    assert MailMessage.objects.filter(template="order_held", about=order.number).count() == 1
    assert nothing_moved(order) and len(supplier.supplier_orders()) == 1


def test_a_refusal_of_the_product_is_no_reason_to_hold(supplier):
    supplier.faults(create_order={"reject": 1.0})
    order = desk.paid()
    desk.work()
    assert fresh(order).status == "FAILED" and Attempt.objects.get().blames_account is False


def test_a_check_that_stays_away_does_not_hold_for_ever(supplier):
    supplier.faults(callback={"early": 1.0}, check_player={"error": 1.0}, order={"fail": 1.0})
    order = desk.paid()
    desk.work(2)
    assert TopUp.objects.get().waits_for == "verdict" and fresh(order).status == "PROCESSING"
    Attempt.objects.update(ended_at=timezone.now() - timedelta(minutes=6))
    desk.pass_time(60)
    desk.work()
    assert fresh(order).status == "FAILED"


def test_corrected_it_arrives_at_the_right_player(supplier):
    order = held(quantity=2)
    proposal = correcting.propose(order, RIGHT)
    assert proposal.nickname == "り い こ ✧" and fresh(order).player_id == NOBODY
    correcting.apply(order, proposal.token)
    correcting.apply(order, proposal.token)  # the same word twice
    desk.work(2)
    order = fresh(order)
    assert (order.status, order.delivered, order.nickname) == ("SUCCESS", 2, "り い こ ✧")
    arrived = [row["game_user_id"] for row in supplier.supplier_orders() if row["status"] == "success"]
    assert arrived == ["656696292"] * 2 and desk.funds(order).minor == 0
    assert Correction.objects.get().before[0]["value"] == NOBODY
    assert order.events.filter(reason="account_corrected").count() == 1


def test_an_account_is_corrected_once(supplier):
    order = held()
    with pytest.raises(Refused, match="ACCOUNT_NOT_FOUND"):
        correcting.propose(order, {"userId": "000999999", "zoneId": "2001"})
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        correcting.propose(order, {"userId": "not digits", "zoneId": "2001"})
    first = correcting.propose(order, RIGHT)
    other = correcting.propose(order, {"userId": "700100200", "zoneId": "2001"})
    correcting.apply(order, first.token)
    with pytest.raises(Refused, match="CANNOT_CORRECT"):
        correcting.apply(fresh(order), other.token)
    with pytest.raises(Refused, match="INVALID_TOKEN"):
        correcting.apply(desk.paid(), first.token)
    assert fresh(order).player_id == RIGHT["userId"]


def test_a_second_wrong_account_is_refunded_at_once(supplier):
    order = held()
    Order.objects.filter(pk=order.pk).update(player_id="000777777")
    TopUp.objects.update(corrections=1, not_before=timezone.now())
    desk.work(3)
    assert fresh(order).status == "FAILED" and TopUp.objects.get().why == "wrong_account"
    assert Refund.objects.get().amount_minor == order.total_minor


def test_uncorrected_the_money_goes_back_by_itself(supplier):
    order = held()
    Attempt.objects.update(ended_at=timezone.now() - timedelta(hours=1))
    overdue(order)
    desk.pass_time(3600)
    desk.work()
    order = fresh(order)
    assert order.status == "FAILED" and order.events.last().reason == "wrong_account"
    assert Refund.objects.get().amount_minor == order.total_minor and desk.funds(order).minor == 0


def test_a_promo_for_one_account_does_not_move_to_one_that_used_it(supplier):
    promo = factories.promo(max_usage_per_id=1)
    order = held(promo=promo)
    now = timezone.now()
    promos.take(promo.pk, order.number, promos.target_of(order.product_id, order.fields), "", "", now)
    values = [{"value": RIGHT["userId"]}, {"value": RIGHT["zoneId"]}]
    promos.take(promo.pk, "GATEOTHER", promos.target_of(order.product_id, values), "", "", now)
    with pytest.raises(Refused, match="PROMO_LIMIT_REACHED"):
        correcting.apply(order, correcting.propose(order, RIGHT).token)
    assert fresh(order).player_id == NOBODY and not Correction.objects.exists()
    promos.release("GATEOTHER")
    correcting.apply(order, correcting.propose(order, RIGHT).token)
    assert PromoSlot.objects.get(holder=order.number).target == promos.target_of(order.product_id, values)


def test_held_it_may_be_cancelled_and_is_paid_back_whole(supplier):
    order = held()
    promises.cancel(order)
    order = fresh(order)
    assert (order.status, order.failed) == ("FAILED", 1) and order.events.last().reason == "cancelled"
    assert order.events.last().by == "customer" and desk.funds(order).minor == 0
    assert Refund.objects.get().amount_minor == order.total_minor
    with pytest.raises(Refused, match="CANNOT_CANCEL"):
        promises.cancel(order)
    desk.pass_time(3600)
    desk.work(2)
    assert Refund.objects.count() == 1 and len(supplier.supplier_orders()) == 1


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"create_order": {"lose_reply": 1.0}}, Reason.UNKNOWN),
        ({"order": {"never": 1.0}}, Reason.SUPPLIER),
    ],
)
def test_what_may_be_out_is_never_cancelled(supplier, faults, reason):
    supplier.faults(**faults)
    order = desk.paid()
    desk.buy(order)
    order = overdue(order)
    seen = standing.of(order)
    assert seen and (seen.reason, seen.may_cancel, seen.may_correct) == (reason, False, False)
    with pytest.raises(Refused, match="CANNOT_CANCEL"):
        promises.cancel(order)
    assert nothing_moved(order)


def test_while_the_promise_holds_a_waiting_order_is_not_cancelled(supplier):
    supplier._call("PUT", "supplier/balance", {"balance": 0})
    order = desk.paid()
    desk.work()
    order = fresh(order)
    seen = standing.of(order)
    assert seen and (seen.reason, seen.may_cancel, seen.may_correct) == (Reason.REFILL, False, True)
    with pytest.raises(Refused, match="CANNOT_CANCEL"):
        promises.cancel(order)
    assert nothing_moved(order)
    promises.cancel(overdue(order))
    assert fresh(order).status == "FAILED" and Refund.objects.get().amount_minor == order.total_minor


def test_F6_a_paid_order_that_nobody_took_up_can_be_cancelled_when_it_is_late(supplier):
    order = overdue(desk.paid())
    promises.cancel(order)
    assert fresh(order).status == "FAILED" and not sending.due(10) and not supplier.supplier_orders()


def test_what_arrived_is_kept_and_the_rest_cancelled(supplier):
    supplier._call("PUT", "supplier/balance", {"balance": 2.64})  # for one unit
    order = desk.paid(quantity=2)
    desk.work(2)
    order = overdue(order)
    seen = standing.of(order)
    assert order.delivered == 1 and seen and (seen.may_cancel, seen.may_correct) == (True, False)
    promises.cancel(order)
    order = fresh(order)
    assert (order.status, order.delivered, order.failed) == ("SUCCESS", 1, 1) and desk.funds(order).minor == 0
    assert Refund.objects.get().amount_minor == order.total.part(1, 2).minor


def test_late_is_told_once_with_its_reason(supplier):
    supplier._call("PUT", "supplier/balance", {"balance": 0})
    order = desk.paid()
    order.language = "en"
    order.save(update_fields=["language"])
    on_time = desk.paid()
    desk.work()
    overdue(order)
    assert (promises.tell_late(), promises.tell_late()) == (1, 0)
    assert Delay.objects.get().reason == "refill" and Delay.objects.get().order_id == order.pk
    [told] = MailMessage.objects.filter(template="order_late")
    assert told.about == order.number and told.context["may_cancel"]
    assert "balance" not in str(told.context).lower() and "Nothing was sent yet" in told.context["because"]
    assert not MailMessage.objects.filter(template="order_late", about=on_time.number).exists()
    promises.cancel(fresh(order))
    with patch.object(standing, "of") as looked:
        assert promises.tell_late() == 0 and not looked.called, "an ended order is not looked at"


def test_a_notice_that_cannot_be_written_holds_up_none_behind_it(db, monkeypatch):
    stuck, other = overdue(desk.paid()), overdue(desk.paid())
    tell = promises._tell_late

    def stumble(order_id, moment):
        if order_id == stuck.pk:
            raise KeyError("a reason without words")
        return tell(order_id, moment)

    monkeypatch.setattr(promises, "_tell_late", stumble)
    assert (promises.tell_late(limit=1), promises.tell_late(limit=1)) == (0, 1)
    assert Delay.objects.get().order == other and len(taking.take()) == 2, "and both are taken up all the same"


@pytest.mark.parametrize(
    ("waits_for", "reason"),
    [
        ("connection", Reason.CONNECTION),
        ("stock", Reason.REFILL),
        ("hours", Reason.HOURS),
        ("cut_off", Reason.HOURS),
        ("price", Reason.PRICE),
        ("circuit", Reason.MAINTENANCE),
        ("denied", Reason.MAINTENANCE),
        ("rate", Reason.QUEUE),
    ],
)
def test_every_wait_has_a_reason_and_words_of_its_own(db, waits_for, reason):
    desk.shop()
    order = desk.paid()
    taking.take()
    TopUp.objects.update(waits_for=waits_for)
    seen = standing.of(fresh(order))
    assert seen and seen.reason == reason
    headline, text = standing.words(seen)
    assert headline and (text == standing.because(reason)) == (reason != Reason.QUEUE)
