"""Whatever happens in whatever order, invariant 3 holds after each step: random deposits, purchases, deliveries,
refunds, points and expiries.

After each step the books are compared with books of the test's own (tests.payments.shadow), at the end of each
example they are proved whole. About a thousand steps in ./test; LEDGER_STEPS says another number.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from core.errors import Refused
from core.money import Money
from fulfilment.models import SummedDay
from fulfilment.numbers import days as numbers
from fulfilment.numbers import proving as proving_numbers
from payments import checkout, expiry, ledger_check, refunds, sales
from payments.models import Deposit, GatewayFee, Payment, Refund
from payments.money_back import accepting, giving_back
from payments.points import services as points
from payments.settling import settle
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders import volume
from storefront.orders.models import Order
from tests.payments.cast import money, second_attempt, token, unplaced
from tests.payments.members import by_balance, member
from tests.payments.shadow import Shadow
from tests.payments.test_deposits import TOTAL, waiting
from tests.storefront import factories

STEPS = int(os.environ.get("LEDGER_STEPS", "1000"))
# Long examples: what one step breaks, many others may need to have happened before.
PER_EXAMPLE = min(STEPS, 100)
ME = factories.client()


class Walk:
    """Two members and a guest in a shop; each step takes two numbers that choose among what there is."""

    def __init__(self) -> None:
        self.people: list[User | None] = [member("a"), member("b", level="ROYAL"), None]
        self.refs = itertools.count(1)
        channel = factories.channel()
        self.goods = {"sku": factories.sku(), "channel": channel}
        self.balance = by_balance()
        GatewayFee.objects.create(channel=channel, fixed_minor=250, percent="0.63")

    def one(self, rows: Any, choice: int) -> Any:
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        return rows.get(pk=found[choice % len(found)]) if found else None

    def deposit(self, who: int, what: int) -> None:
        waiting(self.people[who % 2])

    def money_for_a_deposit(self, which: int, what: int) -> None:
        payment = self.one(Payment.objects.filter(deposit__isnull=False), which)
        if payment:
            came = (TOTAL, TOTAL, TOTAL, TOTAL - 1, 700, 3 * TOTAL)[what % 6]
            ref = f"cptr-{next(self.refs) if what % 4 else payment.pk}"
            with contextlib.suppress(ledger.Contradiction):
                settle(payment.pk, money(came, ref))

    def no_money_for_a_deposit(self, which: int, what: int) -> None:
        deposit = self.one(Deposit.objects.all(), which)
        if deposit:
            expiry.expire_deposit(deposit.pk, deposit.expires_at + timedelta(seconds=1))

    def buy_by_balance(self, who: int, what: int) -> None:
        user = self.people[who % 2]
        quote = {"channel": self.balance, "fee_minor": what % 3 * 100, "user": user, "quantity": 1 + what % 3}
        with contextlib.suppress(Refused):
            checkout.place(token(**self.goods | quote), ME, user)

    def buy_by_gateway(self, who: int, what: int) -> None:
        unplaced(**self.goods, user=self.people[who % 3], quantity=1 + what % 3)

    def money_for_an_order(self, which: int, what: int) -> None:
        payment = self.one(Payment.objects.filter(order__isnull=False).exclude(gateway="balance"), which)
        if payment:
            came = payment.amount_minor + (0, 0, 0, 0, 1, -1)[what % 6]
            settle(payment.pk, money(came, f"cptr-{next(self.refs)}"))

    def second_payment(self, which: int, what: int) -> None:
        order = self.one(Order.objects.filter(payments__gateway="xendit", payments__attempt=1), which)
        if order and not order.payments.filter(attempt=2).exists():
            second_attempt(order, Payment.State.FAILED)

    def no_money_for_an_order(self, which: int, what: int) -> None:
        order = self.one(Order.objects.filter(status="PENDING"), which)
        if order:
            expiry.expire(order.pk, order.expires_at + timedelta(seconds=1))

    def end(self, which: int, what: int) -> None:
        """As fulfilment.finishing does it."""
        order = self.one(Order.objects.filter(status="PAID"), which)
        if order is None:
            return
        delivered = what % (order.quantity + 1)
        orders.advance(order, "PROCESSING", by="test")
        orders.count_unit(order, delivered=delivered, failed=order.quantity - delivered)
        orders.advance(order, "SUCCESS" if delivered else "FAILED", by="test")
        sales.book(order)
        if order.user_id is not None and delivered:
            points.earn(order)
            volume.raise_level(order.user_id)

    def decide(self, which: int, what: int) -> None:
        refund = self.one(Refund.objects.all(), which)
        if refund:
            with contextlib.suppress(Refused):
                (refunds.approve if what % 2 else accepting.accept)(refund.pk, "staff", "because")

    def give_back(self, which: int, what: int) -> None:
        order = self.one(Order.objects.exclude(ended_at=None), which)
        if order:
            amount = Money(1 + what * 53 % (2 * order.total_minor), "IDR")
            with contextlib.suppress(Refused):
                giving_back.give_back(order.pk, amount, seen=what % 3, by="staff", why="because")

    def redeem(self, who: int, what: int) -> None:
        with contextlib.suppress(Refused):
            points.redeem(self.people[who % 2], what, "IDR", f"form {what % 50}")

    def take_points_back(self, which: int, what: int) -> None:
        order = self.one(Order.objects.filter(status="SUCCESS"), which)
        if order:
            points.take_back(order, Money(1 + what * 37 % order.total_minor, "IDR"), f"back {what % 30}")

    def night(self, who: int, what: int) -> None:
        volume.lower_levels(timezone.now())


STEPS_THERE_ARE: list[Callable[[Walk, int, int], None]] = [
    *(Walk.deposit, Walk.money_for_a_deposit, Walk.money_for_a_deposit, Walk.no_money_for_a_deposit),
    *(Walk.buy_by_balance, Walk.buy_by_balance, Walk.buy_by_gateway, Walk.money_for_an_order),
    *(Walk.second_payment, Walk.no_money_for_an_order, Walk.end, Walk.end, Walk.decide),
    *(Walk.redeem, Walk.take_points_back, Walk.night, Walk.give_back),
]


class Property(TestCase):
    @settings(
        max_examples=max(1, STEPS // PER_EXAMPLE),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        st.lists(
            st.tuples(st.sampled_from(STEPS_THERE_ARE), st.integers(0, 20), st.integers(0, 2_000)),
            min_size=PER_EXAMPLE,
            max_size=PER_EXAMPLE,
        )
    )
    def test_invariant_3_holds_after_every_step(self, steps) -> None:
        walk, shadow = Walk(), Shadow()
        for act, first, second in steps:
            act(walk, first, second)
            shadow.follow()
        assert ledger_check.problems() == []
        # What the days were summed up to is the ledger's, also after whatever came back late.
        numbers.keep()
        SummedDay.objects.update(summed_at=timezone.now() + timedelta(hours=1))
        assert proving_numbers.problems() == []
