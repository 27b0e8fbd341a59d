"""Two suppliers with a truth of their own, one of either kind, behind the protocol of fulfilment.suppliers.base.

They keep what their documents promise (within the limits that docs/decisions/0010 and 0013 build upon) and nothing
beyond it: answers are lost, requests come late, pages are short, clocks differ, ids come again, words are taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.money import Money
from fulfilment.suppliers.base import (
    Ask,
    Catalogue,
    History,
    HistoryEntry,
    Meaning,
    Outcome,
    Placed,
    PlayerFound,
    PlayerUnknown,
    Profile,
    SupplierDenied,
    SupplierUnavailable,
)
from fulfilment.suppliers.digiflazz import Digiflazz
from tests.fulfilment.life.chance import Clock, Dice, Died

PENDING, SUCCESS, FAILED = "pending", "success", "failed"
NOBODY = "404"  # begins every player id that no game knows
RACE = timedelta(seconds=60)  # a repetition within it may be a second order
FORGOTTEN = timedelta(days=90)  # an older reference is a new one
LATEST = 250  # seconds after which a request that was lost on the way no longer arrives
# What becomes of a call. The first stands for a world in order; the others come as often as they stand here.
_CALLS: tuple[str, ...] = (
    "fine",
    "fine",
    "fine",
    "reply lost",
    "request lost",
    "late",
    "refused",
    "no connection",
    "too often",
)
_CALLS += (
    "reply lost",
    "request lost",
    "late",
    "refused but made",
    "worker dies before",
    "worker dies after",
    "denied",
)


@dataclass(slots=True)
class Purchase:
    """What a supplier really made; `token` names the attempt that asked."""

    token: str
    number: int
    ask: Ask
    name: str
    cost: int
    at: datetime
    transaction_id: str
    status: str = PENDING
    was_success: bool = False


@dataclass(slots=True)
class Outside:
    """The suppliers' side of the network, and what is still on it."""

    clock: Clock
    dice: Dice = field(default_factory=lambda: Dice(0))
    lost: list[tuple[datetime, Callable[[], object], Ask]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    lies: set[str] = field(default_factory=set)  # attempts whose supplier took back a final word
    calls: int = 0
    healthy: bool = False
    forced: list[str] = field(default_factory=list)  # what becomes of the next calls, whatever the dice say

    def happens(self) -> str:
        self.calls += 1
        if self.forced:
            return self.forced.pop(0)
        return "fine" if self.healthy else self.dice.of(_CALLS)

    def fails(self, *how: str) -> str:
        """Which of the ways a read can fail it fails in; "" for none, three times out of four."""
        return "" if self.healthy else self.dice.of(("", "", "", *how, "")) if how else ""

    def arrive_due(self) -> None:
        """Requests that were held up on the way have arrived."""
        now = self.clock()
        due = [one for one in self.lost if one[0] <= now]
        self.lost = [one for one in self.lost if one[0] > now]
        for _at, arrive, _ask in due:
            arrive()


class _Books:
    """What both suppliers have in common: purchases, and the money we left there."""

    currency: str
    costs: dict[str, int]

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.purchases: list[Purchase] = []
        self.balance = 10**9
        self._numbers = itertools.count(1)

    def make(self, ask: Ask, name: str, transaction_id: str) -> Purchase:
        made = Purchase(
            token=ask.callback_url.rpartition("/")[2],
            number=next(self._numbers),
            ask=ask,
            name=name,
            cost=self.costs[ask.product_code],
            at=self.outside.clock(),
            transaction_id=transaction_id,
        )
        self.balance -= made.cost
        self.purchases.append(made)
        return made

    def finish(self, made: Purchase, status: str) -> None:
        """The supplier's final word; a second one is a lie that the store can only show to staff."""
        if made.status != PENDING:
            self.outside.lies.add(made.token)
        made.status = status
        made.was_success = made.was_success or status == SUCCESS
        self.balance += made.cost if status == FAILED else 0

    def profile(self) -> Profile:
        if (how := self.outside.fails("away", "denied")) == "denied":
            raise SupplierDenied("profile: HTTP 403")
        if how:
            raise SupplierUnavailable("profile")
        return Profile(Money(self.balance, self.currency), True, {"total_orders": str(len(self.purchases))})

    def catalogue(self) -> Catalogue:
        return Catalogue((), ())

    def _beyond(self, kind: str, arrive: Callable[[], object], ask: Ask, late: int) -> Placed | None:
        """The outcome of a call that brought no answer; None where one comes."""
        if kind == "no connection":
            return Placed(Outcome.NOT_SENT, message="connection refused")
        if kind == "worker dies before":
            raise Died
        if kind == "worker dies after":
            arrive()
            raise Died
        if kind == "denied":
            return Placed(Outcome.DENIED, http_status=403)
        if kind == "too often":
            return Placed(Outcome.UNKNOWN, http_status=429, retry_after=20)
        if kind == "late":
            due = self.outside.clock() + timedelta(seconds=self.outside.dice.of((5, 60, LATEST)) % late)
            self.outside.lost.append((due, arrive, ask))
        if kind == "reply lost":
            arrive()
        if kind in ("late", "reply lost", "request lost"):
            self.outside.clock.let_pass(30)
            return Placed(Outcome.UNKNOWN, message="time-out")
        return None


class TellingHistory(_Books):
    """Like GemGo: no reference of ours; what was made is read from its history."""

    code, name, currency, knows_reference, catalogue_pause = "gemgo", "GemGo", "USD", False, 0.0
    answer_seconds = 30.0
    costs = {"g172": 264, "g86": 132}
    names = {"g172": "172 Diamonds", "g86": "86 Diamonds"}

    def __init__(self, outside: Outside) -> None:
        super().__init__(outside)
        self.ahead = timedelta()  # its clock
        self.lag = timedelta()  # of its history
        self.shows = 1000  # rows, whatever is asked for
        self.names = dict(self.names)

    def place(self, ask: Ask) -> Placed:
        self.outside.meanwhile()
        kind = self.outside.happens()
        token = ask.callback_url.rpartition("/")[2]
        placed = self._beyond(kind, lambda: self._buy(ask), ask, LATEST + 1)
        if placed is not None:
            return placed
        if self.balance < self.costs[ask.product_code] or ask.player_id.startswith(NOBODY) or kind == "refused":
            return Placed(Outcome.REJECTED, http_status=200, message="Order failed")
        made = self._buy(ask)
        self.outside.meanwhile()
        if kind == "refused but made":
            self.outside.lies.add(token)
            return Placed(Outcome.REJECTED, transaction_id=made.transaction_id, made_at=self._dated(made))
        return Placed(
            Outcome.ACCEPTED,
            transaction_id=made.transaction_id,
            status=PENDING,
            product_name=made.name,
            player_id=ask.player_id,
            cost=Money(made.cost, self.currency),
            made_at=self._dated(made),
            http_status=201,
        )

    def _buy(self, ask: Ask) -> Purchase:
        # Ids come again, for other players or on other days.
        mine = {one.transaction_id for one in self.purchases if one.ask.player_id == ask.player_id}
        old = [one.transaction_id for one in self.purchases if one.transaction_id not in mine]
        fresh = f"T{len(self.purchases) + 1:06d}"
        return self.make(ask, self.names[ask.product_code], self.outside.dice.of((fresh, fresh, fresh, *old[-1:])))

    def _dated(self, made: Purchase) -> datetime:
        return (made.at + self.ahead).replace(microsecond=0)

    def history(self, limit: int) -> History:
        self.outside.meanwhile()
        if (how := self.outside.fails("away", "cut", "denied")) == "denied":
            raise SupplierDenied("history: HTTP 401")
        if how == "away":
            raise SupplierUnavailable("history")
        seen = [one for one in reversed(self.purchases) if one.at + self.lag <= self.outside.clock()]
        rows = tuple(
            HistoryEntry(
                transaction_id=one.transaction_id,
                product_name=one.name,
                game_code=one.ask.game_code,
                player_id=one.ask.player_id,
                cost=Money(one.cost, self.currency),
                status=one.status,
                made_at=self._dated(one),
            )
            for one in seen[: min(limit, self.shows)]
        )
        self.outside.meanwhile()
        unreadable = 1 if how == "cut" and rows else 0
        return History(rows[unreadable:], limit, self.outside.clock(), unreadable)

    def check_player(self, game_code: str, player_id: str, zone: str) -> PlayerFound | PlayerUnknown:
        if self.outside.fails("away"):
            raise SupplierUnavailable("check")
        return PlayerUnknown("no such player") if player_id.startswith(NOBODY) else PlayerFound("somebody")


class KnowingReference(_Books, Digiflazz):
    """Like Digiflazz, whose words are read by the real adapter: the same reference again is a look at the first, but
    for the two documented traps."""

    costs = {"d172": 44_165, "d86": 22_080}

    def __init__(self, outside: Outside) -> None:
        super().__init__(outside)
        self._known: dict[str, Purchase] = {}
        self._heard: dict[str, datetime] = {}

    @property
    def answer_seconds(self) -> float:
        return 30.0

    def profile(self) -> Profile:
        return _Books.profile(self)

    def catalogue(self) -> Catalogue:
        return _Books.catalogue(self)

    def place(self, ask: Ask) -> Placed:
        return self._transact(ask)

    def check(self, ask: Ask) -> Placed:
        return self._transact(ask)

    def _transact(self, ask: Ask) -> Placed:
        self.outside.meanwhile()
        kind = self.outside.happens()
        placed = self._beyond(kind, lambda: self._arrive(ask, kind), ask, 25)
        if placed is not None:
            return placed
        placed = self._arrive(ask, kind)
        self.outside.meanwhile()
        return placed

    def _arrive(self, ask: Ask, kind: str) -> Placed:
        now, known, heard = self.outside.clock(), self._known.get(ask.reference), self._heard.get(ask.reference)
        self._heard[ask.reference] = now
        if known is not None and heard is not None and heard > now - RACE:
            known = None
        if known is not None and known.at < now - FORGOTTEN:
            known = None
        if known is None:
            refusal = self._refusal(ask, kind)
            if refusal is not None:
                return refusal
            known = self._known[ask.reference] = self.make(ask, ask.product_code, ask.reference)
        return self.standing(known)

    def _refusal(self, ask: Ask, kind: str) -> Placed | None:
        if self.balance < self.costs[ask.product_code]:
            return Placed(Outcome.REJECTED, meaning=Meaning.BALANCE)
        if ask.customer_no.startswith(NOBODY):
            return Placed(Outcome.REJECTED, meaning=Meaning.PLAYER)
        if kind == "refused":
            return Placed(Outcome.REJECTED, meaning=self.outside.dice.of((Meaning.PRODUCT, Meaning.LATER)))
        return None

    def standing(self, made: Purchase) -> Placed:
        cost = Money(made.cost, self.currency)
        if made.status == FAILED:
            return Placed(Outcome.REJECTED, made.transaction_id, meaning=Meaning.PRODUCT, is_formed=True)
        return Placed(
            Outcome.ACCEPTED,
            transaction_id=made.transaction_id,
            player_id=made.ask.customer_no,
            cost=cost,
            is_delivered=made.status == SUCCESS,
            serial="SN" if made.status == SUCCESS else "",
        )

    def is_made(self, reference: str) -> bool:
        return reference in self._known
