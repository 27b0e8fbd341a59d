"""The rows of one order of the month that later ones hang on, and the numbers that they carry."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass, field

from demo.month.plan import Bought
from fulfilment.models import Attempt, TopUp
from payments.models import Capture, Payment
from storefront.orders.models import Order

#: Rows of one INSERT.
BATCH = 1000
_LETTERS = string.ascii_uppercase + string.digits


@dataclass
class Written:
    bought: Bought
    order: Order
    payment: Payment | None = None
    second: Payment | None = None
    captures: list[Capture] = field(default_factory=list)
    topups: list[TopUp] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


def number_of(prefix: str, place: int) -> str:
    """An invoice number that looks like any other, the same each time."""
    drawn = hashlib.sha256(f"demo month {prefix} {place}".encode()).digest()
    return prefix + "".join(_LETTERS[byte % len(_LETTERS)] for byte in drawn[:21])
