"""Money and its rivals: equal captures, the expiry, a second capture, a refund, all at once. Threads on PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from core.models import InboxMessage, MailMessage
from core.money import Money
from payments import expiry, refunds, settling, webhooks
from payments.gateways import for_code
from payments.gateways.base import RefundReply, RefundStanding
from payments.models import Account, Capture, Refund, Transfer
from payments.settling import settle
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.promos import services as promos
from storefront.promos.models import Promo
from tests.concurrency.test_checkout_tokens import at_once
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, books, fresh, money, overdue, payment_of, placed, second_attempt, sound, unplaced
from tests.payments.test_webhooks import captured, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 10


def test_the_same_capture_seen_ten_times_at_once_pays_once() -> None:
    order, payment = unplaced()
    acted = at_once(lambda index: settle(payment.pk, money()), AT_ONCE)
    assert sorted(acted) == [False] * 9 + [True]
    assert Capture.objects.count() == Transfer.objects.count() == MailMessage.objects.count() == 1
    assert fresh(order).status == "PAID"
    assert sound(order)


def test_without_the_lock_the_same_capture_is_stopped_by_the_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the order merely read, both see an unpaid one; what then saves us is the unique constraint."""
    order, payment = unplaced()
    both_have_read = threading.Barrier(2, timeout=10)
    why = settling._why_owed

    def wait_and_tell(*args: Any) -> Any:
        both_have_read.wait()
        return why(*args)

    monkeypatch.setattr(orders, "lock", lambda pk, **more: Order.objects.get(pk=pk))
    monkeypatch.setattr(settling, "_lock_payment", lambda pk: type(payment).objects.get(pk=pk))
    monkeypatch.setattr(settling, "_why_owed", wait_and_tell)
    outcomes = at_once(lambda index: settle(payment.pk, money()), 2)
    assert {type(one).__name__ for one in outcomes} == {"bool", "IntegrityError"}
    assert sound(order)


def test_two_different_captures_at_once_pay_once_and_owe_the_other() -> None:
    order, first = unplaced("FAILED", channel=factories.channel(is_refundable=True))
    second = second_attempt(order)
    payments = [first.pk, second.pk]
    assert at_once(lambda index: settle(payments[index], money(ref=f"cptr-{index}")), 2) == [True, True]
    assert fresh(order).status == "PAID"
    assert sorted(capture.effect for capture in Capture.objects.all()) == ["PAID", "SURPLUS"]
    assert [refund.why for refund in Refund.objects.all()] == ["DOUBLE"]
    assert sound(order)


def test_without_the_lock_both_would_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: two captures that both see an unpaid order; only the table of steps or a deadlock then stops the
    second, and its money is not counted until somebody looks again."""
    order, first = unplaced("FAILED", channel=factories.channel(is_refundable=True))
    payments = [first.pk, second_attempt(order).pk]
    both_have_read = threading.Barrier(2, timeout=10)
    why = settling._why_owed

    def wait_and_tell(*args: Any) -> Any:
        both_have_read.wait()
        return why(*args)

    monkeypatch.setattr(orders, "lock", lambda pk, **more: Order.objects.get(pk=pk))
    monkeypatch.setattr(settling, "_why_owed", wait_and_tell)
    outcomes = at_once(lambda index: settle(payments[index], money(ref=f"cptr-{index}")), 2)
    assert outcomes.count(True) == 1
    assert any(isinstance(one, orders.IllegalStep | OperationalError) for one in outcomes)
    assert Capture.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_expiry_against_payment_ends_paid_whoever_is_first(attempt: int) -> None:
    promo = factories.promo(max_usage=1)
    order, payment = unplaced(promo=promo, discount_minor=4945)
    promos.take(promo.pk, order.number, "target", "", "", timezone.now())
    overdue(order)
    acts = [
        lambda: settle(payment.pk, money(TOTAL - 4945)),
        lambda: expiry.expire(order.pk, timezone.now()),
    ]
    outcomes = at_once(lambda index: acts[index](), 2)
    assert outcomes[0] is True and outcomes[1] in (True, False)
    order = fresh(order)
    assert order.status == "PAID" and order.paid_at is not None
    assert Promo.objects.get().used == 1
    assert sound(order)


def test_without_the_guard_an_expiry_would_end_a_paid_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: an expiry that does not look again under the lock takes a step that only the table of steps
    forbids."""
    order, payment = unplaced()
    overdue(order)
    seen = fresh(order)
    settle(payment.pk, money())
    monkeypatch.setattr(orders, "lock", lambda pk, **more: seen)
    with pytest.raises(orders.IllegalStep):
        expiry.expire(order.pk, timezone.now())
    assert fresh(order).status == "PAID"


def test_ten_sweeps_end_an_order_once(sandbox: Sandbox) -> None:
    order = placed()
    overdue(order)
    assert sum(at_once(lambda index: expiry.expire_due(), AT_ONCE)) == 1
    assert [event.after for event in order.events.all()] == ["PENDING", "EXPIRED"]
    assert MailMessage.objects.count() == 1


def test_ten_deliveries_of_one_webhook_and_ten_workers_pay_once(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)
    body = captured(payment_of(order))

    def deliver_and_work(index: int) -> int:
        status = post(body)
        webhooks.work_inbox()
        return status

    assert at_once(deliver_and_work, AT_ONCE) == [200] * AT_ONCE
    webhooks.work_inbox()
    assert InboxMessage.objects.get().times >= AT_ONCE
    assert [event.after for event in order.events.all()] == ["PENDING", "PAID"]
    assert sound(order)


def test_f18_ten_senders_of_one_refund_ask_the_gateway_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money())
    refunds.owe(order, payment, Money(TOTAL, "IDR"), Refund.Why.NOT_DELIVERED, "test")
    asked: list[str] = []

    def refund(gateway_id: str, amount: Money, reference: str) -> RefundReply:
        asked.append(reference)
        return RefundReply("rfd-1", RefundStanding.DONE, reference=reference)

    monkeypatch.setattr(for_code("xendit"), "refund", refund)
    at_once(lambda index: refunds.send_due(), AT_ONCE)
    assert asked == [f"{order.number}-R1"]
    assert Refund.objects.get().state == "DONE"
    assert books() == {}


def test_ten_debits_of_one_wallet_never_go_below_zero() -> None:
    user = User.objects.create(email="wallet@example.com")
    wallet = ledger.wallet(user, "IDR")
    outside, shop = ledger.house(Account.Kind.EXTERNAL, "IDR"), ledger.house(Account.Kind.SALES, "IDR")
    ledger.transfer("start", outside, wallet, Money(3_000, "IDR"), "test")

    def debit(index: int) -> bool:
        return ledger.transfer(f"debit{index}", wallet, shop, Money(1_000, "IDR"), "test")

    outcomes = at_once(debit, AT_ONCE)
    assert [one for one in outcomes if one is True] == [True] * 3
    assert {type(one) for one in outcomes if one is not True} == {ledger.Overdrawn}
    assert ledger.balances(user) == {"IDR": Money(0, "IDR")}
