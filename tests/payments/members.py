"""Members who take part in tests of wallets, deposits and points."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from core.money import Money
from payments import ledger_check
from payments.models import Account
from payments.wallet import services as ledger
from storefront.channels.models import Channel
from tests.storefront import factories


def member(name: str = "a", **more: Any) -> User:
    """A signed-up customer whose current region is Indonesia."""
    return User.objects.create(email=f"{name}@example.com", current_region=factories.region("ID"), **more)


def funded(user: User, minor: int, currency: str = "IDR") -> Account:
    """The user's wallet with `minor` more in it, from nowhere in particular."""
    wallet = ledger.wallet(user, currency)
    before = ledger.balance(wallet).minor
    if minor:
        outside = ledger.house(Account.Kind.EXTERNAL, currency)
        ledger.transfer(f"start:{wallet.key}:{before}", outside, wallet, Money(minor, currency), "test")
    return wallet


def by_balance(**more: Any) -> Channel:
    """The channel that pays from the wallet; it costs nothing."""
    given = {
        "kind": Channel.Kind.BALANCE,
        "gateway": "balance",
        "fee_percent": "0",
        "min_minor": 100,
        "name": "Balance",
    }
    return factories.channel("BALANCE", **(given | more))


def holds(user: User, currency: str = "IDR") -> int:
    """What is in the wallet, in minor units."""
    return ledger.balances(user).get(currency, Money(0, currency)).minor


def api(user: User | None) -> APIClient:
    """The API as that member sees it."""
    client = APIClient()
    client.force_authenticate(user=user)
    return client


def books_hold() -> bool:
    assert ledger_check.problems() == []
    return True
