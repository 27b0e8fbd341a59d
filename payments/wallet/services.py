"""The ledger's one way of moving money, the house's accounts and the customers' wallets.

Which event writes which transfers: docs/ledger.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from accounts.models import User
from core.money import Money
from payments.deposits.models import Deposit
from payments.wallet.models import Account, Transfer
from storefront.orders.models import Order

POINTS = "PTS"


class Contradiction(Exception):
    """The same key was used before for something else: a mistake of ours, never a customer's."""


class Overdrawn(Exception):
    """A wallet holds less than was to leave it; nothing has moved."""


def house(kind: Account.Kind, currency: str, party: str = "") -> Account:
    """The house's account of that kind, e.g. clearing:xendit:IDR or funds:IDR; opened when first used."""
    key = ":".join(part for part in (kind.value.lower(), party, currency) if part)
    return _standing(Account(key=key, kind=kind, currency=currency))


def wallet(user: User, currency: str) -> Account:
    """The user's wallet in that currency; opened empty when first used."""
    return _standing(
        Account(
            key=f"wallet:{user.pk}:{currency}",
            kind=Account.Kind.WALLET,
            currency=currency,
            user=user,
            balance_minor=0,
        )
    )


def points(user: User) -> Account:
    """The user's account of points; opened empty when first used."""
    return _standing(
        Account(key=f"points:{user.pk}:{POINTS}", kind=Account.Kind.POINTS, currency=POINTS, user=user, balance_minor=0)
    )


def _standing(account: Account) -> Account:
    found = Account.objects.filter(key=account.key).first()
    if found is not None:
        return found
    Account.objects.bulk_create([account], ignore_conflicts=True)
    return Account.objects.get(key=account.key)


def balances(user: User) -> Mapping[str, Money]:
    """What the user's wallets hold, by currency."""
    rows = Account.objects.filter(user=user, kind=Account.Kind.WALLET).values_list("currency", "balance_minor")
    return {currency: Money(minor or 0, currency) for currency, minor in rows}


def balance(account: Account) -> Money:
    """What came in less what went out, summed over the account's transfers; may be negative for the house's."""
    sums = Transfer.objects.filter(Q(source=account) | Q(target=account)).aggregate(
        incoming=Sum("amount_minor", filter=Q(target=account)), outgoing=Sum("amount_minor", filter=Q(source=account))
    )
    return Money((sums["incoming"] or 0) - (sums["outgoing"] or 0), account.currency)


def transfer(
    key: str,
    source: Account,
    target: Account,
    amount: Money,
    reason: str,
    order: Order | None = None,
    note: str = "",
    deposit: Deposit | None = None,
) -> bool:
    """`amount` stands in `target` instead of `source`, once per `key`; True for the call that moved it.

    Wallets are locked in the order of their keys and their cached balances moved along. The same key with another
    source, target or amount raises Contradiction; a wallet that would fall below zero raises Overdrawn. Called inside
    the caller's transaction, after its locks on order and payment.
    """
    if amount.minor <= 0 or {source.currency, target.currency} != {amount.currency}:
        raise Contradiction(f"{key}: {amount!r} from {source.key} to {target.key}")
    with transaction.atomic():
        wallets = _locked_wallets(source, target)
        row = Transfer(
            key=key,
            source=source,
            target=target,
            amount_minor=amount.minor,
            currency=amount.currency,
            reason=reason,
            order=order,
            deposit=deposit,
            note=note[:200],
        )
        if source.pk in wallets:
            row.source_before_minor = wallets[source.pk]
            row.source_after_minor = wallets[source.pk] - amount.minor
        if target.pk in wallets:
            row.target_before_minor = wallets[target.pk]
            row.target_after_minor = wallets[target.pk] + amount.minor
        if not _written(row):
            return False
        _move_balances(row, wallets)
    return True


def _locked_wallets(*accounts: Account) -> dict[int, int]:
    keys = [account.key for account in accounts if account.kind in Account.OWNED]
    if not keys:
        return {}
    rows = Account.objects.select_for_update(no_key=True).filter(key__in=keys).order_by("key")
    return {row.pk: row.balance_minor or 0 for row in rows}


def _written(row: Transfer) -> bool:
    """The row is there because of this call; False if an equal one was there already."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        earlier = Transfer.objects.filter(key=row.key).first()
        if earlier is None:
            raise
        told = (earlier.source_id, earlier.target_id, earlier.amount_minor, earlier.currency)
        if told != (row.source_id, row.target_id, row.amount_minor, row.currency):
            raise Contradiction(f"{row.key} moved {earlier.amount_minor} {earlier.currency} before") from None
        return False
    return True


def _move_balances(row: Transfer, wallets: Mapping[int, int]) -> None:
    moved = {row.source_id: row.source_after_minor, row.target_id: row.target_after_minor}
    for account_id in wallets:
        try:
            with transaction.atomic():
                Account.objects.filter(pk=account_id).update(balance_minor=moved[account_id])
        except IntegrityError as problem:
            raise Overdrawn(str(row.source)) from problem
