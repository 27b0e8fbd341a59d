"""The month's ledger: transfers in the order in which they happened, each wallet's chain unbroken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from core.money import Money
from payments.models import Account, Deposit, Transfer
from payments.wallet import services as ledger
from storefront.orders.models import Order

Kind = Account.Kind
_BATCH = 2000


@dataclass(frozen=True)
class Move:
    at: datetime
    key: str
    source: Account
    target: Account
    amount: Money
    reason: str
    order: Order | None
    deposit: Deposit | None
    note: str


class Books:
    """Collects what moved; `write` puts it into the ledger as payments.wallet.services.transfer would have done."""

    def __init__(self) -> None:
        self._moves: list[Move] = []
        self._accounts: dict[str, Account] = {}

    def house(self, kind: Account.Kind, currency: str, party: str = "") -> Account:
        return self._kept(f"{kind}:{party}:{currency}", lambda: ledger.house(kind, currency, party))

    def wallet(self, user: User, currency: str) -> Account:
        return self._kept(f"wallet:{user.pk}:{currency}", lambda: ledger.wallet(user, currency))

    def points(self, user: User) -> Account:
        return self._kept(f"points:{user.pk}", lambda: ledger.points(user))

    def _kept(self, name: str, read) -> Account:  # type: ignore[no-untyped-def]
        if name not in self._accounts:
            self._accounts[name] = read()
        return self._accounts[name]

    def move(
        self, at: datetime, key: str, source: Account, target: Account, amount: Money, reason: str,
        order: Order | None = None, *, deposit: Deposit | None = None, note: str = "",
    ) -> None:  # fmt: skip
        """Nothing moves where the amount is nothing."""
        if amount:
            self._moves.append(Move(at, key, source, target, amount, reason, order, deposit, note))

    def write(self) -> int:
        """All of it stands in the ledger, oldest first, and wallets hold what their rows say; how many transfers."""
        balances = {one.pk: one.balance_minor or 0 for one in self._accounts.values() if one.kind in Account.OWNED}
        rows = []
        for move in sorted(self._moves, key=lambda move: move.at):
            row = Transfer(
                key=move.key, source=move.source, target=move.target, amount_minor=move.amount.minor,
                currency=move.amount.currency, reason=move.reason, order=move.order, deposit=move.deposit,
                note=move.note[:200], at=move.at,
            )  # fmt: skip
            if move.source.pk in balances:
                row.source_before_minor = balances[move.source.pk]
                balances[move.source.pk] -= move.amount.minor
                row.source_after_minor = balances[move.source.pk]
            if move.target.pk in balances:
                row.target_before_minor = balances[move.target.pk]
                balances[move.target.pk] += move.amount.minor
                row.target_after_minor = balances[move.target.pk]
            rows.append(row)
        Transfer.objects.bulk_create(rows, batch_size=_BATCH)
        for account in self._accounts.values():
            if account.pk in balances:
                account.balance_minor = balances[account.pk]
        owned = [account for account in self._accounts.values() if account.pk in balances]
        Account.objects.bulk_update(owned, ["balance_minor"])
        return len(rows)
