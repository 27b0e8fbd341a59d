"""What one person may do alone: rows that owners change in the back office, else what the kind says."""

from __future__ import annotations

from collections.abc import Mapping

from core.approvals import kinds
from core.approvals.models import ApprovalLimit
from core.money import Money


def of(code: str) -> Mapping[str, int]:
    """The limits of a kind that hold now, by unit."""
    own = dict(ApprovalLimit.objects.filter(kind=code).values_list("unit", "most"))
    return {**kinds.named(code).limits(), **own}


def allows(code: str, amount: Money) -> bool:
    """Whether one person may do that alone; a currency without a limit allows nothing."""
    return allows_units(code, amount.currency, abs(amount.minor))


def allows_units(code: str, unit: str, number: int) -> bool:
    """As `allows`, for a kind that counts something else than money (rows, percent)."""
    most = of(code).get(unit)
    return most is not None and number <= most
