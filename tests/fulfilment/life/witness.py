"""What must be so after every step, by the suppliers' own books and the store's rows; and what at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from django.db import connection

from core.models import StaffCase
from fulfilment.models import Attempt, TopUp
from payments import ledger_check
from payments.models import Refund
from storefront.orders.models import Order
from tests.fulfilment.life.outside import PENDING
from tests.fulfilment.life.walk import Walk
from tests.payments.shadow import Shadow

_AFTER = {
    "SENDING": {"ACCEPTED", "REJECTED", "NOT_SENT", "UNKNOWN", "NOT_CREATED", "FAILED"},
    "UNKNOWN": {"ACCEPTED", "REJECTED", "NOT_SENT", "NOT_CREATED", "FAILED"},
    "ACCEPTED": {"FAILED"},
}
_ORDER = ("PENDING", "PAID", "PROCESSING", "SUCCESS", "FAILED")
_ENDED = ("DELIVERED", "FAILED")
_OPEN = ("SENDING", "UNKNOWN")


class Witness:
    """Looks at the whole shop after each step, in a dozen statements."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.shadow = walk, Shadow()
        self.attempts: dict[int, tuple[str, bool]] = {}
        self.orders: dict[int, str] = {}
        self.ended: dict[int, str] = {}

    def look(self) -> None:
        """Raises AssertionError with what does not hold."""
        attempts = list(Attempt.objects.values_list("pk", "topup_id", "state", "ended_at", "callback_token"))
        units = dict(TopUp.objects.values_list("pk", "state"))
        self._forward(attempts)
        unit_of = {token: topup for _, topup, _, _, token in attempts}
        lied = {unit_of[token] for token in self.walk.outside.lies if token in unit_of}
        arrived, alive = self._truth(unit_of)
        for topup, state in units.items():
            if topup in lied:
                continue
            assert arrived[topup] + len(alive[topup]) <= 1, f"top-up {topup} may arrive twice"
            assert state != "DELIVERED" or arrived[topup] == 1, f"top-up {topup} is shown as delivered and is not"
            assert state != "FAILED" or not (arrived[topup] or alive[topup]), f"{topup} is given up and may arrive"
        self._money(units, [topup for _, topup, state, ended, _ in attempts if state in _OPEN or not ended])
        self.shadow.follow()

    def _truth(self, unit_of: dict[str, int]) -> tuple[Counter[int], dict[int, set[str]]]:
        """How often each top-up arrived, and by which purchases it may arrive yet."""
        arrived: Counter[int] = Counter()
        alive: dict[int, set[str]] = defaultdict(set)
        books = (*self.walk.telling.purchases, *self.walk.knowing.purchases)
        for made in books:
            if made.token in unit_of:
                arrived[unit_of[made.token]] += made.was_success
                if made.status == PENDING:
                    alive[unit_of[made.token]].add(f"{made.ask.reference}{made.number}")
        asked = {made.ask.reference for made in self.walk.knowing.purchases}
        for number, (_at, _arrive, ask) in enumerate(self.walk.outside.lost):
            token = ask.callback_url.rpartition("/")[2]
            if ask.reference not in asked and token in unit_of:
                alive[unit_of[token]].add(ask.reference or f"on its way {number}")
        return arrived, alive

    def _forward(self, attempts: list[tuple[int, int, str, datetime | None, str]]) -> None:
        for pk, _, state, ended_at, _ in attempts:
            before, had_ended = self.attempts.get(pk, (state, False))
            assert state == before or state in _AFTER.get(before, ()), f"attempt {pk}: {before} → {state}"
            assert not had_ended or (ended_at is not None and state == before), f"attempt {pk} has ended and moves"
            self.attempts[pk] = state, ended_at is not None
        for pk, status in Order.objects.values_list("pk", "status"):
            before = self.orders.get(pk, status)
            assert _ORDER.index(status) >= _ORDER.index(before), f"order {pk}: {before} → {status}"
            assert status == before or before not in ("SUCCESS", "FAILED"), f"order {pk}: {before} → {status}"
            self.orders[pk] = status

    def _money(self, units: dict[int, str], out: list[int]) -> None:
        for topup, before in self.ended.items():
            assert units[topup] == before, f"top-up {topup}: {before} → {units[topup]}"
        self.ended = {topup: state for topup, state in units.items() if state in _ENDED}
        still = TopUp.objects.exclude(state__in=_ENDED)
        over = Order.objects.filter(status__in=("SUCCESS", "FAILED"))
        assert not still.filter(order__in=over).exists(), "an order has ended before its units"
        assert not still.filter(order__in=Refund.objects.filter(why=Refund.Why.NOT_DELIVERED).values("order")).exists()
        # An attempt that is out belongs to a unit that is: nothing unknown is ever given up or paid back.
        assert not [topup for topup in out if units[topup] in ("QUEUED", *_ENDED)], "an attempt is out, its unit is not"

    def look_at_the_end(self) -> None:
        """Everything ended, or stands in a case; what a person decides ends it, too; and the books are whole."""
        walk = self.walk
        under_way = list(Order.objects.filter(status__in=("PAID", "PROCESSING")))
        told = StaffCase.objects.filter(kind__in=("unknown_outcome", "slow", "reference_too_old"), state="OPEN")
        in_cases = Order.objects.filter(number__in=told.values("about"))
        for order in under_way:
            # One purchase for a player at a time is in the dark: the next waits until the first is decided.
            behind = order.topups.filter(waits_for="player").exists()
            mine = in_cases.filter(player_id=order.player_id) if behind else in_cases.filter(pk=order.pk)
            assert mine.exists(), f"{order.number} is forgotten: {list(order.topups.values())}"
        walk.did["orders"] += len(self.orders)
        walk.did["orders left to a person"] += len(under_way)
        for _ in range(3):
            walk.staff_decide_all()
            walk.come_to_rest()
        walk.books_are_compared()
        self.look()
        left = Order.objects.filter(status__in=("PAID", "PROCESSING"))
        assert not left.exists(), [(order.number, list(order.topups.values())) for order in left]
        for order in Order.objects.filter(status__in=("SUCCESS", "FAILED")):
            assert order.delivered + order.failed + order.partly == order.quantity
            assert (order.arrived > 0) == (order.status == "SUCCESS")
        self._lies_are_told()
        connection.check_constraints()
        assert ledger_check.problems() == []

    def _lies_are_told(self) -> None:
        """Where a supplier took a final word back, the books differ, and staff know."""
        for attempt in Attempt.objects.filter(callback_token__in=self.walk.outside.lies).select_related("topup__order"):
            made = self.walk.made_by(attempt.callback_token)
            says = attempt.state == Attempt.State.ACCEPTED
            if made and (made[-1].status == "success") != says and not attempt.reference:
                assert self.walk.cases_of(attempt.topup.order), f"attempt {attempt.pk}: nobody was told"
