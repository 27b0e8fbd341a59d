"""Holds what the store says against what truly happened: at the suppliers, at the gateways, in the ledger.

What a supplier made is told apart by what only one attempt has: its callback address, or its reference. So two equal
orders of one player are judged one by one, which the store itself cannot do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

#: Cases about an account or a stock, not about an order: nobody's money or goods wait for them.
NOT_OF_ORDERS = frozenset(
    {
        "supplier_circuit", "supplier_rate_limited", "supplier_unreachable", "supplier_balance", "supplier_price",
        "cost_over_price", "stock-low", "stock-empty", "cost-closed", "price-draft", "price-rate", "supplier-products",
    }
)  # fmt: skip
_ENDED = ("SUCCESS", "FAILED")


@dataclass
class Findings:
    """`lost`, `doubled`, `open` and `wrong` have to be empty; `held` are orders whose case a person has to decide."""

    orders: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    gateways: Counter[str] = field(default_factory=Counter)
    suppliers: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    side_cases: Counter[str] = field(default_factory=Counter)
    refunds_under_way: int = 0
    held: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [
            f"{name.upper()}: {text}"
            for name in ("lost", "doubled", "open", "wrong")
            for text in getattr(self, name)
        ]  # fmt: skip

    @property
    def held_share(self) -> float:
        return len(self.held) / max(self.orders, 1)


class Oracle:
    """`books` as tests.chaos.books has them, `supplies` and `money` as the sandbox's control calls tell them, `ledger`
    as `manage.py check_ledger --json` does; `paid`: the orders whose customers paid."""

    def __init__(self, books: Row, supplies: list[Row], money: list[Row], ledger: Row, paid: Mapping[str, str]) -> None:
        self.books, self.supplies, self.money, self.ledger, self.paid = books, supplies, money, ledger, paid
        self.orders: dict[str, Row] = books["orders"]
        self.attempts_of: dict[int, list[Row]] = defaultdict(list)
        for attempt in books["attempts"]:
            self.attempts_of[attempt["topup_id"]].append(attempt)
        self.made = _by_attempt(books["attempts"], supplies)
        self.about: dict[str, list[Row]] = defaultdict(list)
        for case in books["cases"]:
            if case["about"] and case["kind"] not in NOT_OF_ORDERS:
                self.about[case["about"]].append(case)
        self.found = Findings(orders=len(paid))

    def judge(self) -> Findings:
        self._count()
        self._supplies()
        self._orders()
        self._money()
        self._slots()
        self._codes()
        self._cases()
        self.found.wrong += [f"ledger: {problem}" for problem in self.ledger["problems"]]
        return self.found

    def _count(self) -> None:
        found = self.found
        found.statuses = Counter(self.orders[number]["status"] for number in self.paid if number in self.orders)
        found.units = Counter(topup["state"] for topup in self.books["topups"])
        found.attempts = Counter(f"{row['account__code']} {row['state']}" for row in self.books["attempts"])
        found.gateways = Counter(row["gateway"] for row in self.money if row["status"] == "paid")
        found.suppliers = Counter(f"{row['supplier']} {row['status']}" for row in self.supplies)

    def _supplies(self) -> None:
        """Per unit (or piece of one): as many goods arrived as the store says, and never two."""
        known = {row["transaction_id"] for rows in self.made.values() for row in rows}
        for row in self.supplies:
            if row["status"] == "success" and row["transaction_id"] not in known:
                self.found.doubled.append(f"{row['supplier']} {row['transaction_id']} was bought by no attempt")
        for topup in self.books["topups"]:
            name = _name(topup)
            ways = self.attempts_of[topup["id"]]
            made = [row for attempt in ways for row in self.made.get(attempt["id"], [])]
            arrived = sum(row["status"] == "success" for row in made) + (topup["code__id"] is not None)
            if arrived > 1:
                self.found.doubled.append(f"{name} arrived {arrived} times: {_told(ways)}")
            elif topup["state"] == "DELIVERED" and not arrived and not self._is_flipped(topup, made):
                self.found.lost.append(f"{name} is shown as delivered and did not arrive: {_told(ways)}")
            elif topup["state"] == "FAILED" and arrived:
                self.found.doubled.append(f"{name} arrived, and its money goes back: {_told(ways)}")

    def _is_flipped(self, topup: Row, made: list[Row]) -> bool:
        """Whether the supplier took back what it had delivered, and a case says so."""
        took_back = any(row["status"] == "failed" for row in made)
        return took_back and any(case["kind"] == "flip" for case in self.about[topup["order__number"]])

    def _orders(self) -> None:
        """Every paid order has ended, with goods or with its money owed back; or a person was asked."""
        back: Counter[str] = Counter()
        for refund in self.books["refunds"]:
            if refund["state"] != "WITHDRAWN":
                back[refund["order__number"]] += refund["amount_minor"]
        received: Counter[str] = Counter()
        for payment in self.books["payments"]:
            if payment["order__number"]:
                received[payment["order__number"]] += payment["received_minor"]
        units: dict[str, list[Row]] = defaultdict(list)
        for topup in self.books["topups"]:
            units[topup["order__number"]].append(topup)
        for number, wish in self.paid.items():
            order = self.orders.get(number)
            if order is None:
                self.found.lost.append(f"{number} ({wish}) is unknown to the store")
            elif order["status"] == "EXPIRED" and received[number] and back[number] == received[number]:
                pass  # it came too late, and goes back
            elif order["status"] not in _ENDED:
                if self.about[number] and order["status"] != "PENDING":
                    self.found.held.append(number)
                else:
                    states = [f"{_name(one)} {one['state']} {one['waits_for']}" for one in units[number]]
                    told = [_told(self.attempts_of[one["id"]]) for one in units[number]]
                    self.found.open.append(f"{number} ({wish}) is {order['status']} without a case: {states} {told}")
            elif order["status"] == "FAILED" and back[number] != received[number]:
                self.found.lost.append(f"{number} failed: {received[number]} came in, {back[number]} goes back")
            elif order["status"] == "SUCCESS" and order["delivered"] + order["partly"] == 0:
                self.found.lost.append(f"{number} is a success of which nothing arrived")
        for number, order in self.orders.items():
            if number not in self.paid and order["status"] not in ("PENDING", "EXPIRED"):
                self.found.doubled.append(f"{number} is {order['status']}, and nobody paid it")

    def _money(self) -> None:
        """What each gateway took and paid back, by reference, is what we counted."""
        theirs, back = _sums(self.money, "amount"), _sums(self.money, "refunded")
        ours: Counter[tuple[str, str]] = Counter()
        returned: Counter[tuple[str, str]] = Counter()
        under_way: set[tuple[str, str]] = set()
        for row in self.books["payments"]:
            if row["gateway"] != "balance":
                ours[row["gateway"], row["reference"]] += round(row["received"] * 100)
        for row in self.books["refunds"]:
            key = (row["payment__gateway"], row["payment__reference"])
            if row["state"] in ("DUE", "SENDING", "SENT"):
                under_way.add(key)  # the gateway may have done what it has not told yet
                self.found.refunds_under_way += 1
            elif row["state"] == "DONE" and row["way"] == "GATEWAY" and row["payment__gateway"] != "balance":
                returned[key] += round(row["amount"] * 100)
        for key in under_way:
            returned.pop(key, None)
            back.pop(key, None)
        for what, mine, truth in (("received", ours, theirs), ("paid back", returned, back)):
            for key in mine.keys() | truth.keys():
                if mine[key] != truth[key]:
                    says = f"we count {mine[key] / 100:g}, the gateway {truth[key] / 100:g} {what}"
                    self.found.wrong.append(f"{' '.join(key)}: {says}")

    def _slots(self) -> None:
        """A promo slot is held by exactly the orders that have, or may still have, its discount."""
        held = set(self.books["slots"])
        for number, order in self.orders.items():
            keeps = order["status"] not in ("FAILED", "EXPIRED")
            if order["promo_code"] and keeps != (number in held):
                self.found.wrong.append(
                    f"{number} is {order['status']} and {'holds no' if keeps else 'still holds its'} promo slot"
                )
        counted = Counter(self.orders[number]["promo_code"] for number in held if number in self.orders)
        for code, used in self.books["used"].items():
            if counted[code] and counted[code] != used:
                self.found.wrong.append(f"promo {code}: {used} used, {counted[code]} slots are held")

    def _codes(self) -> None:
        """One code to one unit."""
        times = Counter(topup for _, topup in self.books["codes"])
        self.found.doubled += [f"unit {topup} has {count} codes" for topup, count in times.items() if count > 1]

    def _cases(self) -> None:
        """What was left to a person is what evidence cannot decide."""
        for case in self.books["cases"]:
            if case["kind"] in NOT_OF_ORDERS:
                self.found.side_cases[case["kind"]] += 1
                continue
            self.found.cases[case["kind"]] += 1
            why_not = self._why_decidable(case)
            if why_not:
                self.found.wrong.append(f"case {case['key']} ({case['title']}, {case['about']}): {why_not}")
        held = {case["about"] for case in self.books["cases"] if case["kind"] not in NOT_OF_ORDERS}
        self.found.held = sorted({*self.found.held, *(number for number in held if number)})

    def _why_decidable(self, case: Row) -> str:
        """Empty where nobody but a person can tell; else what the store might have known."""
        if case["kind"] in ("flip", "slow"):
            return "" if self._supplier_says_so(case) else "the supplier says what the order's page says"
        if case["kind"] == "refund-unknown":
            return "" if self._has_twin(case) else "the gateway tells whether it paid back, asked by our reference"
        if case["kind"] != "unknown_outcome":
            return "a kind of case that no storm should bring about"
        evidence = case["evidence"]
        attempt = next(row for row in self.books["attempts"] if row["id"] == evidence["attempt"])
        rivals = [
            other
            for other in self.books["attempts"]
            if other["player_id"] == attempt["player_id"] and other["product_name"] == attempt["product_name"]
        ]
        if len(rivals) > 1 and evidence["rows_unexplained"]:
            return ""  # equal purchases of one player, and a row that may be of either
        reasons = ", ".join(evidence["why_not_by_itself"])
        was_made = bool(self.made.get(attempt["id"]))
        if not was_made and "name was never seen equal" in reasons:
            return ""  # the first purchase of its kind: no row of the history could have been recognised (0010)
        return f"it was {'' if was_made else 'not '}made, by the supplier's truth; the store says: {reasons}"

    def _has_twin(self, case: Row) -> bool:
        """Whether two refunds of one payment go by a gateway that names neither (HitPay shows a sum)."""
        reference = case["evidence"].get("payment", "")
        twins = [row for row in self.books["refunds"] if row["payment__reference"] == reference]
        return len(twins) > 1 and all(row["payment__gateway"] == "hitpay" for row in twins)

    def _supplier_says_so(self, case: Row) -> bool:
        made = self.made.get(case["evidence"]["attempt"], [])
        wanted = "failed" if case["kind"] == "flip" else "pending"
        return any(row["status"] == wanted for row in made)


def _by_attempt(attempts: Iterable[Row], supplies: Iterable[Row]) -> dict[int, list[Row]]:
    """What the suppliers made, by the attempt that asked for it."""
    by_token = {row["callback_token"]: row["id"] for row in attempts}
    by_reference = {row["reference"]: row["id"] for row in attempts if row["reference"]}
    made: dict[int, list[Row]] = defaultdict(list)
    for row in supplies:
        attempt = by_reference.get(row["transaction_id"]) if row["supplier"] == "digiflazz" else None
        if row["supplier"] == "gemgo":
            attempt = by_token.get(row["callback_url"].rpartition("/")[2])
        if attempt is not None:
            made[attempt].append(row)
    return made


def _sums(money: Iterable[Row], column: str) -> Counter[tuple[str, str]]:
    """Hundredths by (gateway, reference) of what is paid."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in money:
        if row["status"] == "paid":
            sums[row["gateway"], row["reference"]] += round(row[column] * 100)
    return sums


def _name(topup: Row) -> str:
    piece = f".{topup['piece']}" if topup["piece"] else ""
    return f"{topup['order__number']}/{topup['unit']}{piece}"


def _told(attempts: Iterable[Row]) -> str:
    return "; ".join(_words(attempts))


def _words(attempts: Iterable[Row]) -> Iterator[str]:
    for row in attempts:
        yield (
            f"#{row['id']} {row['account__code']} {row['state']} {row['verdict']} {row['transaction_id']}"
            f" sent {row['sent_at']} answered {row['answered_at']} {row['resolution']} {row['answer'][:80]!r}"
        )
