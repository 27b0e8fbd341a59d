"""A storm over a running store: faults at supplier and gateway, the worker killed again and again, and an oracle.

The oracle asks the outside world what truly happened and holds the store's invoices and ledger against it:
every paid order ends; a unit shown as delivered has exactly one successful supplier order; a failed order has none,
and its money is owed back; nothing is left in customer funds for an ended order.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent.parent

FAULTS: dict[str, Any] = {
    "create_order": {"lose_reply": 0.3, "error": 0.1, "lose_request": 0.05},
    "order": {"finish_after_ms": 300, "fail": 0.05},
    "callback": {"drop": 0.3, "duplicate": 0.3},
    "webhook": {"drop": 0.1, "duplicate": 0.2},
    "order_history": {"error": 0.05},
    "check_player": {"error": 0.02},
}


@dataclass
class Verdict:
    orders: int
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    seconds: float = 0.0
    ledger: dict[str, Any] = field(default_factory=dict)


def descendants(pid: int) -> list[tuple[int, str]]:
    """(pid, command line) of every process below `pid`."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    found: list[tuple[int, str]] = []
    for child in parents:
        above = child
        while above in parents and above != pid:
            above = parents[above]
        if above == pid and child != pid:
            try:
                command = (Path("/proc") / str(child) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            found.append((child, command))
    return found


class Storm:
    """Drives `orders` guest orders through a store at `url` whose outside world is at `world`."""

    def __init__(self, url: str, world: str, pid: int, env: dict[str, str], *, seed: int) -> None:
        self.url, self.world, self.pid, self.env, self.seed = url, world, pid, env, seed
        self.dice = random.Random(seed)
        self.paid: dict[str, int] = {}
        self.stop = threading.Event()
        self.kills = 0
        self.local = threading.local()

    @property
    def http(self) -> requests.Session:
        if not hasattr(self.local, "http"):
            self.local.http = requests.Session()
        return self.local.http

    def control(self, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(method, f"{self.world}/control/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def post(self, path: str, body: dict[str, Any], number: int) -> requests.Response:
        """A customer's patience: a refused connection or 503 is tried again, as a browser's owner would."""
        headers = {"X-Forwarded-For": f"10.{number // 60000 % 250}.{number // 250 % 240}.{number % 250 + 1}"}
        for _ in range(60):
            try:
                answer = self.http.post(self.url + path, json=body, headers=headers, timeout=60)
            except requests.RequestException:
                time.sleep(0.5)
                continue
            if answer.status_code not in (429, 500, 502, 503):
                return answer
            time.sleep(0.5)
        raise AssertionError(f"{path} never answered")

    def buy(self, number: int) -> str:
        quantity = 1 + number % 3 if number % 5 == 0 else 1
        # A few players buy the same thing again and again: the case that history alone cannot tell apart.
        player = str(700000000 + (number % 7 if number % 10 == 0 else number))
        quote = self.post(
            "/v2/orders/inquiries",
            {
                "productCode": "MLBB", "skuCode": "MLBB_172", "userId": player, "zoneId": "2001", "quantity": quantity,
                "paymentCode": "QRIS", "email": f"storm{number}@example.com", "phoneNumber": "+6281234567890",
            },
            number,
        )  # fmt: skip
        assert quote.status_code == 200, quote.text
        order = self.post("/v2/orders", {"validationToken": quote.json()["data"]["validationToken"]}, number)
        assert order.status_code == 201, order.text
        invoice = str(order.json()["data"]["order"]["invoiceNumber"])
        self.control("POST", f"gateway/payments/{invoice}", outcome="paid", repeat=1)
        self.paid[invoice] = quantity
        return invoice

    def kill_now_and_then(self, words: tuple[str, ...], pause_s: float) -> None:
        while not self.stop.wait(pause_s):
            victims = [pid for pid, command in descendants(self.pid) if all(word in command for word in words)]
            if victims:
                try:
                    os.kill(self.dice.choice(victims), signal.SIGKILL)
                    self.kills += 1
                except ProcessLookupError:
                    continue

    def status(self, invoice: str) -> str:
        try:
            answer = self.http.get(f"{self.url}/v2/invoices", params={"invoiceNumber": invoice}, timeout=30)
            return str(answer.json()["data"]["status"]) if answer.status_code == 200 else "?"
        except (requests.RequestException, ValueError, KeyError):
            return "?"

    def manage(self, *command: str) -> Any:
        out = subprocess.run(
            [str(ROOT / ".venv/bin/python"), "manage.py", *command],
            cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return json.loads(out.stdout.strip().splitlines()[-1])

    def run(
        self,
        orders: int,
        *,
        faults: dict[str, Any] | None = None,
        kill: tuple[str, ...] = ("celery", "worker"),
        kill_every_s: float = 4,
        settle_s: float = 120,
        at_once: int = 6,
    ) -> Verdict:
        began = time.monotonic()
        self.control("PUT", "faults", seed=self.seed, **(FAULTS if faults is None else faults))
        killer = threading.Thread(target=self.kill_now_and_then, args=(kill, kill_every_s), daemon=True)
        killer.start()
        with ThreadPoolExecutor(at_once) as buyers:
            list(buyers.map(self.buy, range(orders)))
        # The weather goes on for a while after the last order, then clears; what is open has to settle by itself.
        open_orders = set(self.paid)
        until = time.monotonic() + settle_s
        calm = time.monotonic() + settle_s / 3
        while open_orders and time.monotonic() < until:
            if time.monotonic() > calm and not self.stop.is_set():
                self.stop.set()
            open_orders = {number for number in open_orders if self.status(number) not in ("SUCCESS", "FAILED")}
            time.sleep(1)
        self.stop.set()
        killer.join()
        return self.judge(orders, open_orders, time.monotonic() - began)

    def judge(self, orders: int, still_open: set[str], seconds: float) -> Verdict:
        verdict = Verdict(orders=orders, kills=self.kills, seconds=seconds)
        truth = self.control("GET", "supplier/orders")["orders"]
        sold = Counter((row["game_user_id"], row["game_zone_id"]) for row in truth if row["status"] == "success")
        report = self.manage("check_ledger", "--json")
        verdict.ledger = {key: report[key] for key in ("ok", "problems")}
        verdict.cases = Counter(report["cases"])
        verdict.wrong += [f"ledger: {problem}" for problem in report["problems"]]
        delivered: Counter[tuple[str, str]] = Counter()
        in_case = set(report["orders_with_cases"])
        for row in report["orders"]:
            verdict.statuses[row["status"]] += 1
            delivered[row["player_id"], row["zone"]] += row["delivered"]
            has_ended = row["status"] in ("SUCCESS", "FAILED")
            if row["number"] in self.paid and not has_ended and row["number"] not in in_case:
                verdict.wrong.append(f"{row['number']} is {row['status']} with no case")
            if row["status"] == "FAILED" and row["refund_minor"] != row["received_minor"]:
                money = f"{row['received_minor']} paid, {row['refund_minor']} owed"
                verdict.wrong.append(f"{row['number']} failed, {money}")
        for player in sold.keys() | delivered.keys():
            if sold[player] < delivered[player]:
                verdict.wrong.append(f"player {player}: shown {delivered[player]}, delivered {sold[player]}")
            # More upstream than shown is a double delivery, unless a person is still deciding on one of them.
            if sold[player] > delivered[player] and not self.undecided(player, report):
                verdict.wrong.append(f"player {player}: shown {delivered[player]}, delivered twice: {sold[player]}")
        return verdict

    @staticmethod
    def undecided(player: tuple[str, str], report: dict[str, Any]) -> bool:
        with_case = set(report["orders_with_cases"])
        return any((row["player_id"], row["zone"]) == player and row["number"] in with_case for row in report["orders"])
