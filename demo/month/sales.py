"""What the month's orders moved: money in, cost of goods, sales, points, and what is owed back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from core import rates
from core.money import Money
from demo.month import plan
from demo.month.books import Books, Kind
from demo.month.fees import Fees
from demo.month.plan import End
from demo.month.refunds import Refunds
from demo.month.written import Written
from payments import sales
from payments.models import Capture
from payments.settling import BALANCE


class Sales:
    def __init__(self, books: Books, fees: Fees, refunds: Refunds, now: datetime, known: rates.Rates) -> None:
        self.books, self.fees, self.refunds, self.now, self.rates = books, fees, refunds, now, known

    def book(self, written: Sequence[Written]) -> None:
        """What the orders moved is in the books, what is owed back among the refunds."""
        for one in written:
            for capture in one.captures:
                self._book_capture(one, capture)
            if one.order.ended_at and one.order.paid_at:
                self._book_end(one)
            for capture in one.captures:
                if capture.effect == "SURPLUS":
                    self._book_surplus(one, capture)
            if one.bought.end == End.GIFT:
                self._give(one)

    def _book_capture(self, one: Written, capture: Capture) -> None:
        order, books, at = one.order, self.books, capture.created_at
        amount = Money(capture.amount_minor, capture.currency)
        funds, note = books.house(Kind.FUNDS, amount.currency), capture.payment.reference
        if capture.gateway == BALANCE:
            assert order.user is not None
            wallet = books.wallet(order.user, amount.currency)
            books.move(at, f"capture:balance:{order.number}", wallet, funds, amount, "purchase", order, note=note)
            return
        clearing = books.house(Kind.CLEARING, amount.currency, capture.gateway)
        key = f"capture:{capture.gateway}:{capture.gateway_ref}"
        books.move(at, key, clearing, funds, amount, "capture", order, note=note)
        self.fees.book(capture, order=order)

    def _book_end(self, one: Written) -> None:
        """As payments.sales.book, finishing.deliver and points.earn do it."""
        order, books = one.order, self.books
        at = order.ended_at
        assert at is not None and one.payment is not None
        for attempt in one.attempts:
            if attempt.state == "ACCEPTED" and attempt.cost_minor:
                cost = Money(attempt.cost_minor, attempt.account.currency)
                prepaid = books.house(Kind.PREPAID, cost.currency, attempt.account.code)
                costs = books.house(Kind.COSTS, cost.currency)
                books.move(at, f"cost:{attempt.pk}", prepaid, costs, cost, "cost of goods", order)
        owed = sales.undelivered(order)
        kept = order.total - owed
        arrived: Fraction = order.arrived
        fee = min(Money(order.fee_minor, order.currency).part(arrived.numerator, arrived.denominator), kept)
        funds = books.house(Kind.FUNDS, order.currency)
        fees, sold = books.house(Kind.FEES, order.currency), books.house(Kind.SALES, order.currency)
        books.move(at, f"fees:{order.number}", funds, fees, fee, "payment fee", order)
        books.move(at, f"sales:{order.number}", funds, sold, kept - fee, "sale", order)
        if owed:
            self.refunds.owe(order, one.payment, owed, "NOT_DELIVERED", f"undelivered:{order.number}", at)
        if order.user is not None and arrived:
            goods = Money(order.subtotal_minor - order.discount_minor, order.currency)
            missing = 1 - arrived
            goods -= goods.part(missing.numerator, missing.denominator)
            earned = Money(plan.points_of(one.bought, goods, self.rates), "PTS")
            issued = books.house(Kind.ISSUED, "PTS")
            books.move(
                at, f"points-earned:{order.number}", issued, books.points(order.user), earned, "points earned", order
            )

    def _book_surplus(self, one: Written, capture: Capture) -> None:
        why = {End.LATE_MONEY: "LATE", End.DOUBLE: "DOUBLE"}.get(one.bought.end, "AMOUNT")
        amount = Money(capture.amount_minor, capture.currency)
        at = capture.created_at + timedelta(seconds=1)
        self.refunds.owe(one.order, capture.payment, amount, why, f"surplus:{capture.pk}", at)

    def _give(self, one: Written) -> None:
        order = one.order
        amount = order.total.part(1, 10)
        at = min(one.bought.ended_at + timedelta(days=2, hours=3), self.now - timedelta(minutes=2))
        assert one.payment is not None
        self.refunds.owe(order, one.payment, amount, "GOODWILL", f"staff:{order.number}:0:{amount.minor}", at)
