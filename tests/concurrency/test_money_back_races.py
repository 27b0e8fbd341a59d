"""Money that goes back, and its rivals: two tabs, two persons, wallet against account, all at once on PostgreSQL."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from core.errors import Refused
from core.money import Money
from payments import ledger_check
from payments.models import Account, Payout, Refund
from payments.money_back import accepting, claims, giving_back, payouts, steps
from payments.settling import settle
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos
from storefront.promos.models import Promo
from tests.concurrency.test_checkout_tokens import at_once
from tests.payments.back import ACCOUNT, again, claimable, claimed, sold, staff
from tests.payments.cast import TOTAL, fresh, money, sound, standing, unplaced
from tests.payments.members import books_hold, holds, member
from tests.payments.test_settling import expired
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes: list[Any]) -> list[str]:
    return sorted(type(one).__name__ for one in outcomes)


def refundable() -> Order:
    return sold(channel=factories.channel(is_refundable=True))


def give(order: Order, minor: int, by: str) -> tuple[Refund, bool]:
    return giving_back.give_back(order.pk, Money(minor, "IDR"), seen=0, by=by, why="because it is right")


def test_f17_a_double_click_gives_back_once() -> None:
    order = refundable()
    outcomes = at_once(lambda index: give(order, TOTAL, "ani"), 6)
    assert sorted(is_new for _refund, is_new in outcomes) == [False] * 5 + [True]
    assert standing(Account.Kind.REFUNDS) == TOTAL and sound(order)


def test_f18_of_two_persons_at_once_one_gives_back() -> None:
    order = refundable()
    outcomes = at_once(lambda index: give(order, TOTAL - index, f"person {index}"), 2)
    assert kinds(outcomes) == ["Refused", "tuple"]
    assert Refund.objects.count() == 1 and sound(order) and books_hold()


def test_without_the_lock_both_see_all_of_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both have seen that everything is left; what then stops the second is a unique number alone, and
    with that gone too, twice the money goes back, which the proof of the books sees."""
    order = refundable()
    both_have_read = threading.Barrier(2, timeout=10)
    left = giving_back.remaining

    def wait_and_tell(one: Order) -> Money:
        found = left(one)
        both_have_read.wait()
        return found

    monkeypatch.setattr(orders, "lock", lambda pk, **more: Order.objects.get(pk=pk))
    monkeypatch.setattr(giving_back, "remaining", wait_and_tell)
    outcomes = at_once(lambda index: give(order, TOTAL - index, f"person {index}"), 2)
    assert kinds(outcomes) == ["IntegrityError", "tuple"]
    monkeypatch.setattr(giving_back, "remaining", lambda one: Money(TOTAL, "IDR"))
    giving_back.give_back(order.pk, Money(TOTAL, "IDR"), seen=1, by="person 2", why="because it is right")
    assert any("goes back of" in problem for problem in ledger_check.problems())


def test_wallet_and_account_at_once_is_one_of_them() -> None:
    refund, user = claimable(), member()
    acts = [lambda: claims.into_wallet(refund.pk, user), lambda: claims.to_account(refund.pk, ACCOUNT)]
    outcomes = at_once(lambda index: acts[index % 2](), 4)
    state = again(refund).state
    assert state in ("DONE", "CLAIMED")
    assert (holds(user) == TOTAL) == (state == "DONE") != Payout.objects.exists()
    assert all(isinstance(one, bool | Payout | Refused) for one in outcomes)
    assert sound(refund.order) and books_hold()


def test_two_members_with_one_link_at_once_have_it_once() -> None:
    refund, people = claimable(), [member("a"), member("b")]
    outcomes = at_once(lambda index: claims.into_wallet(refund.pk, people[index]), 2)
    assert kinds(outcomes) == ["Refused", "bool"]
    assert sorted(holds(person) for person in people) == [0, TOTAL]


def test_without_the_lock_the_books_alone_stop_the_second_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both read a refund that can be claimed; the transfer's key then refuses the second wallet."""
    refund, people = claimable(), [member("a"), member("b")]
    both_have_read = threading.Barrier(2, timeout=10)

    def unlocked(pk: int) -> Refund:
        found = Refund.objects.select_related("payment__channel", "order__user", "order__region").get(pk=pk)
        both_have_read.wait()
        return found

    monkeypatch.setattr(steps, "locked", unlocked)
    outcomes = at_once(lambda index: claims.into_wallet(refund.pk, people[index]), 2)
    assert [one for one in outcomes if one is True] == [True]
    assert "Contradiction" in kinds(outcomes)


def test_f18_ten_approvals_of_one_pay_out_are_one_and_it_is_paid_once() -> None:
    payout, ani = claimed(), staff("ani")
    others = [staff(f"person{index}") for index in range(4)]
    assert kinds(at_once(lambda index: payouts.prepare(payout.pk, ani, "looked"), 4)) == ["Payout"] + ["Refused"] * 3
    approvals = at_once(lambda index: payouts.approve(payout.pk, others[index], "looked"), 4)
    assert kinds(approvals) == ["Payout"] + ["Refused"] * 3
    approver = next(person for person in others if person.email == Payout.objects.get().approved_by)
    at_once(lambda index: payouts.mark_paid(payout.pk, approver, f"REF {index}"), 4)
    assert standing(Account.Kind.EXTERNAL) == TOTAL and books_hold()


def test_accepting_a_wrong_amount_against_sending_it_back_is_one_of_them() -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money(TOTAL + 1))
    refund = Refund.objects.get()
    outcomes = at_once(lambda index: accepting.accept(refund.pk, f"person {index}", "a bank's rounding"), 3)
    assert kinds(outcomes) == ["Order", "Refused", "Refused"]
    assert fresh(order).status == "PAID" and standing(Account.Kind.REFUNDS) == 1 and sound(order)


def two_late_for_one_slot() -> list[tuple[Order, Any]]:
    promo = factories.promo(max_usage=1)
    late = []
    for target in ("first", "second"):
        order, payment = unplaced(promo=promo, discount_minor=4945, channel=factories.channel(is_refundable=True))
        promos.take(promo.pk, order.number, target, "", "", order.created_at)
        expired(order)
        late.append((order, payment))
    return late


def test_f13_two_late_payments_for_one_slot_keep_one_order_and_refund_the_other() -> None:
    """F13: never refunded and kept, never kept twice."""
    late = two_late_for_one_slot()
    assert at_once(lambda index: settle(late[index][1].pk, money(TOTAL - 4945, ref=f"cptr-{index}")), 2) == [True, True]
    ended = sorted((fresh(order).status, order.refunds.count()) for order, _payment in late)
    assert ended == [("EXPIRED", 1), ("PAID", 0)]
    assert Promo.objects.get().used == 1 and books_hold()


def test_f13_without_the_promos_lock_only_the_database_holds_the_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both settle without a lock on the promo; the second fails as a whole instead of being refunded, or
    the slot is given twice."""
    late = two_late_for_one_slot()
    both_have_read = threading.Barrier(2, timeout=2)

    def unlocked(promo_id: int) -> Promo:
        found = Promo.objects.get(pk=promo_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_read.wait()
        return found

    monkeypatch.setattr(promos, "lock", unlocked)
    outcomes = at_once(lambda index: settle(late[index][1].pk, money(TOTAL - 4945, ref=f"cptr-{index}")), 2)
    clean = [(fresh(order).status, order.refunds.count()) for order, _payment in late]
    broke = any(isinstance(one, IntegrityError | OperationalError) for one in outcomes)
    assert broke or sorted(clean) == [("PAID", 0), ("PAID", 0)]
