"""How many prices one person changes alone: within a day and by all doors together, files, drafts and typed ones.

The limits, and what counts against them, are core.approvals' (kind "prices"); owners change them.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core.approvals import alone
from core.errors import Refused

KIND = "prices"
JUMPS, PRICES = "JUMPS", "PRICES"  # prices that move by more than PRICE_JUMP_PERCENT, and all that move
DEFAULTS = {JUMPS: 20, PRICES: 5_000}


def may_alone(by: str, prices: int, jumps: int) -> bool:
    """Whether `by` may change so many more, `jumps` of them far, with nobody else; in the transaction that does."""
    return alone.may(KIND, by, {PRICES: prices, JUMPS: jumps})


def set_alone(by: str, prices: int, jumps: int) -> None:
    """So many more are counted; in the transaction that changes them."""
    alone.count(KIND, by, {PRICES: prices, JUMPS: jumps})


@transaction.atomic
def ensure_typed(by: str, prices: int, jumps: int) -> None:
    """Prices that somebody types are counted. Raises VALIDATION_ERROR, nothing counted, beyond what they may set alone:
    there is nothing to keep a typed price in until a second person has looked at it, as there is for a file."""
    if not may_alone(by, prices, jumps):
        raise Refused(
            "VALIDATION_ERROR",
            _(
                "Nothing is saved: within 24 hours one person changes only so many prices alone, and you have. Put "
                "them into a file under Import and export: a second person approves it."
            ),
        )
    set_alone(by, prices, jumps)
