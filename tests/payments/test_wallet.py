"""The ledger: every amount moves once, balanced by construction, and no wallet below zero."""

from __future__ import annotations

import contextlib

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from core.money import Money
from payments import ledger_check
from payments.models import Account, Transfer
from payments.wallet import services as ledger

pytestmark = pytest.mark.django_db
RP = 1_000


def customer(name: str = "a") -> User:
    return User.objects.create(email=f"{name}@example.com")


def funded(user: User, minor: int) -> Account:
    wallet = ledger.wallet(user, "IDR")
    outside = ledger.house(Account.Kind.EXTERNAL, "IDR")
    if minor:
        ledger.transfer(f"start:{user.pk}", outside, wallet, Money(minor, "IDR"), "test")
    return wallet


def test_house_accounts_are_opened_once_under_readable_keys() -> None:
    clearing = ledger.house(Account.Kind.CLEARING, "IDR", "xendit")
    assert clearing.key == "clearing:xendit:IDR"
    assert ledger.house(Account.Kind.CLEARING, "IDR", "xendit").pk == clearing.pk
    assert ledger.house(Account.Kind.FUNDS, "MYR").key == "funds:MYR"
    assert clearing.balance_minor is None


def test_a_transfer_moves_once_per_key() -> None:
    clearing, funds = ledger.house(Account.Kind.CLEARING, "IDR", "xendit"), ledger.house(Account.Kind.FUNDS, "IDR")
    assert ledger.transfer("k", clearing, funds, Money(RP, "IDR"), "capture") is True
    assert ledger.transfer("k", clearing, funds, Money(RP, "IDR"), "capture") is False
    assert ledger.balance(funds) == Money(RP, "IDR")
    assert ledger.balance(clearing) == Money(-RP, "IDR")


def test_the_same_key_for_something_else_is_a_contradiction_and_moves_nothing() -> None:
    clearing, funds = ledger.house(Account.Kind.CLEARING, "IDR", "xendit"), ledger.house(Account.Kind.FUNDS, "IDR")
    ledger.transfer("k", clearing, funds, Money(RP, "IDR"), "capture")
    for source, target, minor in ((clearing, funds, RP + 1), (funds, clearing, RP)):
        with pytest.raises(ledger.Contradiction):
            ledger.transfer("k", source, target, Money(minor, "IDR"), "capture")
    assert ledger.balance(funds) == Money(RP, "IDR")


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_cannot_move(minor: int) -> None:
    clearing, funds = ledger.house(Account.Kind.CLEARING, "IDR", "xendit"), ledger.house(Account.Kind.FUNDS, "IDR")
    with pytest.raises(ledger.Contradiction):
        ledger.transfer("k", clearing, funds, Money(minor, "IDR"), "capture")
    assert not Transfer.objects.exists()


def test_currencies_do_not_mix() -> None:
    rupiah, ringgit = ledger.house(Account.Kind.FUNDS, "IDR"), ledger.house(Account.Kind.FUNDS, "MYR")
    with pytest.raises(ledger.Contradiction):
        ledger.transfer("k", rupiah, ringgit, Money(RP, "IDR"), "capture")


def test_a_wallet_shows_before_and_after_on_the_row() -> None:
    wallet = funded(customer(), 5 * RP)
    sales = ledger.house(Account.Kind.SALES, "IDR")
    ledger.transfer("buy", wallet, sales, Money(2 * RP, "IDR"), "sale")
    row = Transfer.objects.get(key="buy")
    assert (row.source_before_minor, row.source_after_minor) == (5 * RP, 3 * RP)
    assert (row.target_before_minor, row.target_after_minor) == (None, None)
    wallet.refresh_from_db()
    assert wallet.balance_minor == 3 * RP


def test_a_wallet_never_goes_below_zero() -> None:
    user = customer()
    wallet = funded(user, RP)
    with pytest.raises(ledger.Overdrawn):
        ledger.transfer("buy", wallet, ledger.house(Account.Kind.SALES, "IDR"), Money(RP + 1, "IDR"), "sale")
    assert ledger.balances(user) == {"IDR": Money(RP, "IDR")}
    assert not Transfer.objects.filter(key="buy").exists()


def test_it_is_the_database_that_refuses() -> None:
    """The control: without any of our code, a wallet below zero is refused."""
    wallet = funded(customer(), RP)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=wallet.pk).update(balance_minor=-1)


def test_a_transfer_between_an_account_and_itself_is_refused_by_the_database() -> None:
    funds = ledger.house(Account.Kind.FUNDS, "IDR")
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(key="x", source=funds, target=funds, amount_minor=1, currency="IDR", reason="x")


def test_two_wallets_are_locked_in_the_order_of_their_keys() -> None:
    one, two = funded(customer("a"), RP), funded(customer("b"), RP)
    seen: list[str] = []

    def watch(execute, sql, params, many, context):
        if "FOR NO KEY UPDATE" in sql:
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        ledger.transfer("a", one, two, Money(1, "IDR"), "gift")
        ledger.transfer("b", two, one, Money(1, "IDR"), "gift")
    assert len(seen) == 2 and all('ORDER BY "payments_account"."key"' in sql for sql in seen)


class Property(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 2_000), st.integers(0, 12)), max_size=25
        )
    )
    def test_whatever_is_tried_balances_are_sums_and_nothing_is_made_or_lost(self, moves) -> None:
        accounts = [funded(customer("a"), RP), funded(customer("b"), 0)]
        accounts += [ledger.house(Account.Kind.FUNDS, "IDR"), ledger.house(Account.Kind.SALES, "IDR")]
        for source, target, minor, key in moves:
            if source != target:
                with contextlib.suppress(ledger.Overdrawn, ledger.Contradiction):
                    ledger.transfer(f"m{key}", accounts[source], accounts[target], Money(minor, "IDR"), "test")
        assert ledger_check.wallet_problems() == []
        assert all(wallet.balance_minor >= 0 for wallet in Account.objects.filter(kind="WALLET"))
        assert sum(ledger.balance(account).minor for account in Account.objects.all()) == 0
