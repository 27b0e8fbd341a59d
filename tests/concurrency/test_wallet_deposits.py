"""Deposits and points under many hands at once: one webhook, one capture, one form, each twenty times."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.money import Money
from payments import expiry, settling, webhooks
from payments.deposits import creating, crediting, quoting
from payments.deposits.models import Deposit
from payments.models import Account, Capture, Payment, Redemption
from payments.points import services as points
from payments.settling import settle
from payments.wallet import services as ledger
from tests.concurrency.test_checkout_tokens import at_once
from tests.conftest import Sandbox
from tests.payments.cast import money
from tests.payments.members import books_hold, holds, member
from tests.payments.test_deposits import AMOUNT, TOTAL, fresh, overdue, placed, waiting
from tests.payments.test_webhooks import captured, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


def test_a_webhook_twenty_times_at_once_credits_once(sandbox: Sandbox) -> None:
    user = member()
    deposit, payment = placed(user)
    sandbox.pay(deposit.number)
    body = captured(payment)

    def deliver_and_work(index: int) -> int:
        status = post(body)
        webhooks.work_inbox()
        return status

    assert at_once(deliver_and_work, AT_ONCE) == [200] * AT_ONCE
    webhooks.work_inbox()
    assert holds(user) == AMOUNT and Capture.objects.count() == 1 and books_hold()


def test_the_same_capture_seen_twenty_times_at_once_credits_once() -> None:
    user = member()
    _deposit, payment = waiting(user)
    acted = at_once(lambda index: settle(payment.pk, money(TOTAL)), AT_ONCE)
    assert sorted(acted) == [False] * (AT_ONCE - 1) + [True]
    assert holds(user) == AMOUNT and books_hold()


def test_without_the_lock_the_database_alone_stops_a_second_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the deposit merely read, both see no capture; what then saves us is the unique constraint."""
    user = member()
    _deposit, payment = waiting(user)
    for kind in (Account.Kind.FUNDS, Account.Kind.FEES):
        ledger.house(kind, "IDR")
    ledger.house(Account.Kind.CLEARING, "IDR", "xendit")
    both_have_read = threading.Barrier(2, timeout=10)
    count = settling._count

    def wait_and_count(*args: Any) -> Any:
        both_have_read.wait()
        return count(*args)

    monkeypatch.setattr(crediting, "lock", lambda pk: Deposit.objects.get(pk=pk))
    monkeypatch.setattr(settling, "_lock_payment", lambda pk: Payment.objects.get(pk=pk))
    monkeypatch.setattr(settling, "_count", wait_and_count)
    outcomes = at_once(lambda index: settle(payment.pk, money(TOTAL)), 2)
    assert {type(one) for one in outcomes} == {bool, IntegrityError}
    assert holds(user) == AMOUNT and books_hold()


@pytest.mark.parametrize("attempt", range(3))
def test_expiry_against_payment_ends_credited_whoever_is_first(attempt: int) -> None:
    user = member()
    deposit, payment = waiting(user)
    overdue(deposit)
    acts = [
        lambda: settle(payment.pk, money(TOTAL)),
        lambda: expiry.expire_deposit(deposit.pk, timezone.now()),
    ]
    assert at_once(lambda index: acts[index](), 2)[0] is True
    assert fresh(deposit).status == "SUCCESS" and holds(user) == AMOUNT and books_hold()


def test_one_token_posted_ten_times_at_once_is_one_deposit(sandbox: Sandbox) -> None:
    user = member()
    channel = factories.channel()
    quote = quoting.quote(user, channel.region, channel.code, Money(AMOUNT, "IDR"), "id", timezone.now())
    mine = quoting.token_of(quote)
    outcomes = at_once(lambda index: creating.place(mine, user), 10)
    assert len({deposit.number for deposit, _ in outcomes}) == 1
    assert len({payment.pk for _, payment in outcomes}) == 1
    assert len(sandbox.gateway_payments()) == 1


def test_one_form_sent_twenty_times_at_once_redeems_once_and_points_run_out_once() -> None:
    user = member()
    issued = ledger.house(Account.Kind.ISSUED, "PTS")
    ledger.transfer("given", issued, ledger.points(user), Money(1_000, "PTS"), "points earned")
    ledger.wallet(user, "IDR")
    numbers = at_once(lambda index: points.redeem(user, 400, "IDR", "form").number, AT_ONCE)
    assert len(set(numbers)) == 1 and holds(user) == 400
    outcomes = at_once(lambda index: points.redeem(user, 400, "IDR", f"form {index}"), AT_ONCE)
    assert sum(isinstance(one, Redemption) for one in outcomes) == 1
    assert (holds(user), points.balance(user)) == (800, 200) and books_hold()
