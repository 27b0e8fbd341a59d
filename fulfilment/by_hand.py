"""Staff's own word on whether a supplier is bought at. Each says why, stands in the audit trail, and is done once."""

from __future__ import annotations

from core import audit
from fulfilment import circuit, profiles
from fulfilment.models import SupplierAccount


def stop_buying(account: SupplierAccount, by: str, why: str) -> bool:
    """Nothing is bought there until staff say so; False if it stood like that. Purchases under way are not touched."""
    if not circuit.open_by_hand(account, why):
        return False
    audit.record(by, "circuit opened", _subject(account), before=account.circuit_why, why=why)
    return True


def buy_again(account: SupplierAccount, by: str, why: str) -> bool:
    """The circuit is closed and whoever waited for it is due; False if it was closed."""
    if not circuit.close(account, f"by {by}: {why}"):
        return False
    audit.record(by, "circuit closed", _subject(account), before=account.circuit_why, why=why)
    return True


def resume(account: SupplierAccount, by: str, why: str) -> bool:
    """Buying goes on at an account that paused for want of balance or at a refused key; False if it was not paused."""
    if not profiles.resume(account):
        return False
    audit.record(by, "supplier resumed", _subject(account), before=account.paused_why, why=why)
    return True


def _subject(account: SupplierAccount) -> str:
    return f"supplier:{account.code}"
