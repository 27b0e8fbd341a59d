"""Looks at the gateway: when, how often, and what they lead to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import looking
from payments.gateways import for_code
from payments.gateways.base import Looked, Standing
from payments.models import Capture, Payment
from payments.schedule import LATE_FOR, NEVER, next_look
from payments.settling import settle
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, money, overdue, payment_of, placed, second_attempt, sound, unplaced

pytestmark = pytest.mark.django_db
State = Payment.State


def test_pauses_grow_and_end_at_the_deadline() -> None:
    now = timezone.now()
    until = now + timedelta(hours=1)
    pauses = [
        (next_look(polls, is_live=True, is_settled=False, expires_at=until, now=now) - now).total_seconds()
        for polls in range(12)
    ]
    assert pauses == sorted(pauses) and pauses[0] == 10 and pauses[-1] == 120
    soon = now + timedelta(seconds=3)
    assert next_look(9, is_live=True, is_settled=False, expires_at=soon, now=now) == soon


def test_late_money_is_looked_for_during_three_days() -> None:
    ended = now = timezone.now()
    looks = 0
    while (due := next_look(looks, is_live=False, is_settled=False, expires_at=ended, now=now)) != NEVER:
        looks, now = looks + 1, due
    assert ended + LATE_FOR - timedelta(hours=6) <= now < ended + LATE_FOR
    assert looks < 25


def test_a_look_ends_what_ended_at_the_gateway_and_leaves_the_order_to_be_paid_otherwise(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number, "failed")
    due_now()
    looking.poll_due()
    assert payment_of(order).state == State.FAILED
    assert fresh(order).status == "PENDING"


def test_an_expired_payment_is_found_paid_later(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number, "expired")
    due_now()
    looking.poll_due()
    assert payment_of(order).state == State.EXPIRED
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert fresh(order).status == "PAID"
    assert sound(order)


def test_what_is_still_open_for_a_paid_order_is_cancelled_at_the_gateway(sandbox: Sandbox) -> None:
    order = placed()
    Order.objects.update(status="PAID", paid_at=timezone.now())
    due_now()
    looking.poll_due()
    assert payment_of(order).state == State.CANCELLED
    assert [p["status"] for p in sandbox.gateway_payments()] == ["cancelled"]


def test_a_second_capture_of_a_settled_payment_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    order, payment = unplaced()
    settle(payment.pk, money())
    both = Looked(Standing.PAID, (money(), money(ref="cptr-2")), order.number)
    monkeypatch.setattr(for_code("xendit"), "look_up", lambda *ids: both)
    due_now()
    looking.poll_due()
    assert [capture.effect for capture in Capture.objects.order_by("id")] == ["PAID", "SURPLUS"]
    assert sound(order)


def test_overdue_payments_are_left_to_the_expiry(sandbox: Sandbox) -> None:
    order = placed()
    overdue(order)
    assert looking.poll_due() == 0


def test_a_row_that_raises_does_not_stall_the_others(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = placed(), placed()
    sandbox.pay(good.number)
    due_now()
    accept = looking.accept

    def stumble(payment: Payment, *args: object, **more: object) -> None:
        if payment.order_id == bad.pk:
            raise ValueError("poison")
        accept(payment, *args, **more)

    monkeypatch.setattr(looking, "accept", stumble)
    assert looking.poll_due() == 2
    assert fresh(good).status == "PAID"
    assert payment_of(bad).not_before > timezone.now()


def test_one_payment_is_polled_by_one_poller() -> None:
    _, payment = unplaced()
    assert looking.claim(payment) is True
    assert looking.claim(payment) is False


def test_a_backlog_of_ended_payments_does_not_keep_a_customer_waiting(sandbox: Sandbox) -> None:
    ended = [unplaced(State.EXPIRED)[1] for _ in range(5)]
    order = placed()
    sandbox.pay(order.number)
    due_now()
    Payment.objects.filter(pk__in=[payment.pk for payment in ended]).update(
        not_before=timezone.now() - timedelta(hours=1)
    )
    assert looking.poll_due(limit=4) == 4
    assert fresh(order).status == "PAID"
    assert Payment.objects.filter(not_before__lte=timezone.now()).count() == 2  # three of the ended had their turn


def test_two_pollers_that_meet_on_the_same_rows_both_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backlog's chain of messages ends where fewer than a batch came up, not where another was quicker."""
    for _ in range(2):
        unplaced()
    due_now()
    monkeypatch.setattr(looking, "claim", lambda payment: False)
    assert looking.poll_due(limit=2) == 2


def test_a_customer_who_asks_is_answered_at_once_and_not_too_often(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    assert looking.check_again(order) is True
    assert fresh(order).status == "PAID"
    other = placed()
    assert [looking.check_again(other) for _ in range(3)] == [True, False, False]
    Payment.objects.update(looked_at=timezone.now() - looking.ASKED_EVERY)
    assert looking.check_again(other) is True


def test_who_asks_while_the_gateway_is_away_gets_no_error(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.faults(gateway={"error": 1})
    assert looking.check_again(order) is True
    assert fresh(order).status == "PENDING"


def test_an_ended_attempt_does_not_end_the_other() -> None:
    order, first = unplaced(State.FAILED)
    second = second_attempt(order)
    assert looking.end(first, State.EXPIRED) is False
    assert Payment.objects.get(pk=second.pk).state == State.OPEN
