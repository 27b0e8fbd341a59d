"""A storm over a running store: customers buy while everything outside fails and everything inside is killed, then the
weather clears, and the oracle says what became of their money.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from supervisor.surroundings import ROOT, complete
from tests.chaos import weather
from tests.chaos.customers import Customers
from tests.chaos.oracle import Findings, Oracle
from tests.chaos.stock_up import LATE_SECONDS, member_email
from tests.waiting import wait_until

_DEPOSIT = 5_000_000  # rupiah; QRIS takes ten million at most
_ORDERS_A_MEMBER = 60

#: What is still to come once the weather is fine: each counts rows that somebody has to move.
_OPEN = """
    SELECT (SELECT count(*) FROM storefront_order WHERE status IN ('PAID', 'PROCESSING')),
           (SELECT count(*) FROM payments_refund WHERE state IN ('DUE', 'SENDING', 'SENT')),
           (SELECT count(*) FROM storefront_order WHERE status = 'PENDING' AND number = ANY(%s)),
           (SELECT count(*) FROM payments_payment WHERE not_before <= now() AND reference = ANY(%s))
"""


@dataclass(frozen=True)
class Place:
    """Where the storm is: the store's address, the sandbox's, `./run`'s process and its environment."""

    store: str
    world: str
    pid: int
    env: Mapping[str, str]


@dataclass
class Verdict:
    """What the oracle found, and how it went: `per_second` counts orders placed and paid by all customers together;
    `cpu_ms_per_order` what was used while they bought, which says something only where nobody was killed."""

    seed: int
    findings: Findings
    blows: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    cpu_ms_per_order: Counter[str] = field(default_factory=Counter)
    unserved: list[str] = field(default_factory=list)
    per_second: float = 0.0
    buying_s: float = 0.0
    settling_s: float = 0.0

    @property
    def problems(self) -> list[str]:
        return self.findings.problems + [f"UNSERVED: {text}" for text in self.unserved]

    def as_json(self) -> str:
        told = vars(self) | {"findings": vars(self.findings), "problems": self.problems}
        return json.dumps(told | {"held_share": self.findings.held_share}, indent=1, default=str)

    def __str__(self) -> str:
        found = self.findings
        lines = [
            f"seed {self.seed}: {found.orders} orders paid in {self.buying_s:.0f} s ({self.per_second:.1f}/s),"
            f" settled {self.settling_s:.0f} s later",
            f"  orders     {_listed(found.statuses)}",
            f"  units      {_listed(found.units)}",
            f"  attempts   {_listed(found.attempts)}",
            f"  suppliers  {_listed(found.suppliers)}",
            f"  gateways   {_listed(found.gateways)}",
            f"  blows      {_listed(self.blows)}",
            f"  answers    {_listed(self.answers)}",
            f"  CPU ms     {_listed(self.cpu_ms_per_order)} per order",
            f"  cases      {_listed(found.cases) or 'none'} ({found.held_share:.2%} of the orders)"
            f"; beside them {_listed(found.side_cases) or 'none'}",
            f"  lost {len(found.lost)}, doubled {len(found.doubled)}, open {len(found.open)},"
            f" otherwise wrong {len(found.wrong)}, unserved {len(self.unserved)}",
            *(f"  {problem}" for problem in self.problems[:50]),
        ]
        return "\n".join(lines)


class Storm:
    """One storm; `run` may be called once."""

    def __init__(self, place: Place, *, seed: int, keep: Path | None = None) -> None:
        """`keep`: the file in which everything is left that the oracle was shown."""
        self.place, self.seed, self.keep = place, seed, keep
        self.customers = Customers(place.store, place.world, seed)

    def run(
        self,
        orders: int,
        *,
        faults: Mapping[str, Mapping[str, float]] = weather.FAULTS,
        kill_every_s: float = 2.0,
        settle_s: float = 120.0,
        at_once: int = 12,
        is_patient: bool = True,
    ) -> Verdict:
        """`kill_every_s` 0: nobody is killed. `settle_s`: the longest that is waited once the weather is fine; if not
        `is_patient`, refunds whose sender was killed, which are asked after two minutes later, are not waited for.
        """
        self._make_ready(orders)
        self.customers.control("PUT", "faults", seed=self.seed, **faults)
        around = complete(self.place.env)
        killer = weather.Killer(
            self.place.pid, around.environ["REDIS_URL"], seed=self.seed, every_s=kill_every_s or 10**6
        )
        killer.start()
        begun, used = time.monotonic(), weather.cpu_by_name(self.place.pid)
        own = time.process_time()
        self.customers.buy_all(orders, at_once=at_once)
        bought = time.monotonic()
        used = weather.cpu_by_name(self.place.pid) - used
        used["customers"] = round((time.process_time() - own) * 1000)
        _say(f"{len(self.customers.paid)} orders in {bought - begun:.0f} s")
        if self.customers.late:
            time.sleep(LATE_SECONDS)  # it is the time itself that has to pass: the last of them is late by then
            self.customers.pay_late()
        # So long the weather lasts: a quick machine is through before a process is old enough to be worth killing.
        time.sleep(max(0.0, begun + len(weather.OTHER_BLOWS) * 4 * kill_every_s - time.monotonic()))
        killer.stop()
        self.customers.control("PUT", "faults")
        self.customers.control("POST", "supplier/orders/finish")
        fine = time.monotonic()
        _say(f"the weather is fine; of {len(self.customers.untold)} payments the store was told nothing")
        self._pass_time()
        self._settle(settle_s, is_patient=is_patient)
        _say("looking at the books")
        return Verdict(
            seed=self.seed,
            findings=self.judge(),
            blows=killer.blows,
            cpu_ms_per_order=Counter({name: ms // max(len(self.customers.paid), 1) for name, ms in used.items()}),
            answers=self.customers.answers,
            unserved=self.customers.unserved,
            per_second=len(self.customers.paid) / (bought - begun),
            buying_s=bought - begun,
            settling_s=time.monotonic() - fine,
        )

    def judge(self) -> Findings:
        """What became of the orders, as everybody tells it now."""
        control = self.customers.control
        books = json.loads(self._python("-m", "tests.chaos.books"))
        ledger = json.loads(self._python("manage.py", "check_ledger", "--json").strip().splitlines()[-1])
        supplies, money = control("GET", "supplier/orders")["orders"], control("GET", "gateway/payments")["payments"]
        seen = {"books": books, "ledger": ledger, "supplies": supplies, "money": money, "paid": self.customers.paid}
        if self.keep is not None:
            self.keep.write_text(json.dumps(seen))
        return Oracle(books, supplies, money, ledger, self.customers.paid).judge()

    def _make_ready(self, orders: int) -> None:
        members = 2 + orders // _ORDERS_A_MEMBER
        self._python("-m", "tests.chaos.stock_up", str(orders), str(members))
        self.customers.members = members
        self.customers.control("PUT", "supplier/balance", balance=10_000_000)
        self.customers.control("PUT", "supplier/balance", balance=10**12, supplier="digiflazz")
        for number in range(members):
            self.customers.deposit(member_email(number), _DEPOSIT)

    def _pass_time(self) -> None:
        """Hours later: money that came late or twice, and of which no webhook ever told, is due to be looked for.

        A settled or expired payment is looked at again after ten minutes to two days; nobody waits for that here.
        """
        url = complete(self.place.env).environ["DATABASE_URL"]
        statement = "UPDATE payments_payment SET not_before = now() WHERE reference = ANY(%s)"

        def has_passed() -> bool:
            try:
                with psycopg.connect(url, connect_timeout=5) as connection:
                    connection.execute(statement, [self.customers.untold])
            except psycopg.Error:
                return False  # the store's database comes back by itself
            return True

        wait_until(has_passed, within=120, every=1)

    def _settle(self, settle_s: float, *, is_patient: bool) -> None:
        """Nothing is left to move, or the time is over; refunds that wait for a customer's word are left."""
        until = time.monotonic() + settle_s
        url = complete(self.place.env).environ["DATABASE_URL"]
        paid = list(self.customers.paid)
        told = time.monotonic()
        while time.monotonic() < until:
            try:
                with psycopg.connect(url, connect_timeout=5) as connection:
                    left = connection.execute(_OPEN, [paid, self.customers.untold]).fetchone()
            except psycopg.Error:
                left = None
            if left is not None and not any(left if is_patient else (left[0], *left[2:])):
                return
            if time.monotonic() > told + 15:
                told = time.monotonic()
                _say(f"open orders, refunds, unpaid, not looked for: {left}")
            time.sleep(0.5)  # between looks; that the time is over is the oracle's to judge

    def _python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=dict(self.place.env), capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def _listed(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
