"""The month's rows, written in bulk as the store's own services would have left them. Nobody outside is called.

What sweeps look for lies behind them: payments are looked at NEVER and compared never, those of the last day have no
gateway's id, purchases by reference are confirmed, and what is under way waits for a person. docs/demo.md.
"""

from __future__ import annotations

from datetime import datetime

from core import rates
from demo.month.books import Books
from demo.month.deposits import write_deposits
from demo.month.fees import Fees
from demo.month.mails import write_mails
from demo.month.orders import write_orders
from demo.month.payments import write_captures, write_payments
from demo.month.plan import Month
from demo.month.promos import write_slots
from demo.month.purchases import write_units
from demo.month.refunds import Refunds
from demo.month.sales import Sales
from demo.month.written import Written
from storefront.promos.models import Promo


class Writer:
    def __init__(self, now: datetime, promo: Promo) -> None:
        self.now, self.promo = now, promo
        self.books = Books()
        self.refunds = Refunds(self.books, now)
        self.written: list[Written] = []

    def write(self, month: Month) -> None:
        """The month's rows stand, and what moved is in `books`, to be written when all of it is known."""
        known, fees = rates.Rates(), Fees(self.books)
        self.written = write_orders(month, self.promo, self.now, known)
        write_payments(self.written, self.now)
        write_units(self.written, self.now, known)
        write_captures(self.written)
        Sales(self.books, fees, self.refunds, self.now, known).book(self.written)
        write_deposits(month.deposits, self.books, fees, self.now)
        self.refunds.write()
        write_slots(self.written, self.promo)
        write_mails(self.written, self.now)
