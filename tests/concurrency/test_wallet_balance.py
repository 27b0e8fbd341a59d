"""Two hundred purchases at once against one wallet that can pay ten of them; refunds of many at once. Threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from core.errors import Refused
from core.money import Money
from payments import checkout, ledger_check, refunds
from payments.models import Account, Payment, Refund, Transfer
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.concurrency.test_checkout_tokens import at_once
from tests.payments.cast import token
from tests.payments.members import books_hold, by_balance, funded, holds, member
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 49450
REQUESTS, AFFORDED = 200, 10
# As many as a web server's threads may be; the rest stand in line, as they would there.
THREADS = 50
ME = factories.client()


def test_two_hundred_purchases_at_once_buy_exactly_what_the_wallet_holds() -> None:
    user = member()
    funded(user, AFFORDED * PRICE + 123)
    by_balance()
    tokens = [token(channel=by_balance(), fee_minor=0, user=user) for _ in range(REQUESTS)]
    line = threading.Semaphore(THREADS)

    def buy(index: int) -> Any:
        with line:
            try:
                return checkout.place(tokens[index], ME, user).status
            except Refused as refusal:
                return refusal.code
            finally:
                connection.close()

    outcomes = at_once(buy, REQUESTS)
    assert outcomes.count("PAID") == AFFORDED
    assert outcomes.count("INSUFFICIENT_BALANCE") == REQUESTS - AFFORDED
    assert holds(user) == 123
    assert Order.objects.count() == Payment.objects.count() == AFFORDED
    wallet = ledger.wallet(user, "IDR")
    chain = list(
        Transfer.objects.filter(source=wallet).order_by("id").values_list("source_before_minor", "source_after_minor")
    )
    assert chain[0][0] == AFFORDED * PRICE + 123
    assert all(before - after == PRICE for before, after in chain)
    assert [after for _, after in chain[:-1]] == [before for before, _ in chain[1:]]
    assert books_hold()


def test_without_the_lock_money_is_spent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the wallet merely read, two purchases both see enough for one, and the books no longer hold."""
    user = member()
    wallet = funded(user, PRICE)
    ledger.house(Account.Kind.FUNDS, "IDR")
    tokens = [token(channel=by_balance(), fee_minor=0, user=user) for _ in range(2)]
    both_have_read = threading.Barrier(2, timeout=10)

    def read(*accounts: Any) -> dict[int, int]:
        both_have_read.wait()
        return {wallet.pk: PRICE}

    monkeypatch.setattr(ledger, "_locked_wallets", read)
    outcomes = at_once(lambda index: checkout.place(tokens[index], ME, user).status, 2)
    assert outcomes == ["PAID", "PAID"]
    assert ledger_check.wallet_problems()


def test_f17_a_refund_clicked_many_times_at_once_is_in_the_wallet_once() -> None:
    user = member()
    funded(user, PRICE)
    order = checkout.place(token(channel=by_balance(), fee_minor=0, user=user), ME, user)
    payment = Payment.objects.get()
    orders.advance(order, "PROCESSING", by="test")
    refund = refunds.owe(order, payment, Money(PRICE, "IDR"), Refund.Why.DOUBLE, "test", review=True)
    outcomes = at_once(lambda index: refunds.approve(refund.pk, "staff", "clicked"), 10)
    assert sum(isinstance(one, Refund) for one in outcomes) == 1
    assert sum(isinstance(one, Refused) for one in outcomes) == 9
    assert holds(user) == PRICE


def test_two_purchases_of_one_token_at_once_are_one() -> None:
    user = member()
    funded(user, 5 * PRICE)
    mine = token(channel=by_balance(), fee_minor=0, user=user)
    numbers = at_once(lambda index: checkout.place(mine, ME, user).number, 10)
    assert len(set(numbers)) == 1 and holds(user) == 4 * PRICE and books_hold()
