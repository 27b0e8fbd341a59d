"""The live page of a running store says what the broker and the outside world say, while orders come in."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import requests

from demo.catalogue.people import PASSWORD
from supervisor.surroundings import socket_directory
from tests import live_page
from tests.conftest import Store
from tests.flows.test_guest_order import buy, ended
from tests.waiting import wait_until

OWNER = "admin@example.com"
GOODS = {"skuCode": "MLBB_WDP"}  # the first supplier alone has it
ORDERS = 8
SLOW_MS = 200  # the supplier takes that long
PLAYERS = [str(640_000_000 + number) for number in range(ORDERS + 1)]
WHY = "the test of its figures"


class Office:
    """The back office as a script with somebody's cookies sees it."""

    def __init__(self, store: Store) -> None:
        self.url, self.http = f"{store.url}/admin", requests.Session()
        self.http.headers["Accept-Language"] = "en"
        code = store.console("demo_code", OWNER).stdout.strip()
        self.post("login/", username=OWNER, password=PASSWORD, code=code)

    def post(self, path: str, **form: str) -> None:
        page = self.http.get(f"{self.url}/{path}")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token, page.text[:500]
        done = self.http.post(
            f"{self.url}/{path}", data=form | {"csrfmiddlewaretoken": token[1]}, headers={"Referer": self.url}
        )
        assert done.ok and done.history, f"{path} was not done: {done.text[-500:]}"

    def row(self, first: str) -> list[str]:
        return live_page.row(self._figures(), first)

    def card(self, title: str) -> tuple[str, str]:
        return live_page.card(self._figures(), title)

    def _figures(self) -> str:
        page = self.http.get(f"{self.url}/operations/", headers={"HX-Request": "true"})
        assert page.ok and "<html" not in page.text
        return page.text


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    yield Office(store)
    store.sandbox.faults()
    for pid in store.pids("celery", " worker ", "polls,mail,default"):
        os.kill(pid, signal.SIGCONT)


def paid(store: Store, number: int) -> str:
    placed = buy(store, **GOODS, userId=PLAYERS[number])
    store.sandbox.pay(placed["invoiceNumber"])
    return str(placed["invoiceNumber"])


def test_figures_are_the_broker_s_and_the_outside_s(store: Store, office: Office) -> None:
    bought = int(office.row("GemGo")[2])
    made, charged = len(store.sandbox.supplier_orders()), len(store.sandbox.gateway_payments())
    office.post("operations/suppliers/gemgo/open/", reason=WHY)
    assert "OPEN" in office.row("GemGo")[1]
    with ThreadPoolExecutor(4) as customers:
        numbers = list(customers.map(lambda number: paid(store, number), range(ORDERS)))
    wait_until(lambda: int(office.card("Units that wait to be sent")[0]) >= ORDERS, within=20)
    called = {row["game_user_id"] for row in store.sandbox.supplier_orders()}
    assert not called & set(PLAYERS), "nobody was called"
    assert len(store.sandbox.gateway_payments()) - charged >= ORDERS <= int(office.row("xendit")[2])

    numbers.append(_callback_that_nobody_works_off(store, office))

    store.sandbox.faults(create_order={"delay_ms": SLOW_MS})
    office.post("operations/suppliers/gemgo/close/", reason=WHY)
    assert {ended(store, number)["status"] for number in numbers} == {"SUCCESS"}
    assert office.card("Units that wait to be sent")[0] == "0"
    truth = store.sandbox.supplier_orders()
    assert len([row for row in truth if row["game_user_id"] in PLAYERS]) == ORDERS + 1
    _name, circuit, calls, success, p50, p95, p99, *_balance_and_verb = office.row("GemGo")
    # With what other tests may have left to be sent.
    assert len(truth) - made == int(calls) - bought
    assert "CLOSED" in circuit and 0 < float(success.removesuffix(" %")) <= 100
    took = [float(one.removesuffix(" s")) for one in (p50, p95, p99)]
    assert took == sorted(took) and took[2] >= SLOW_MS / 1000
    _task, per_minute, runs, *_failures = office.row("fulfilment.send")
    assert float(per_minute) > 0 and int(runs) >= ORDERS
    assert office.row("look for what is wrong")[4].startswith("SUCCESS")


def _callback_that_nobody_works_off(store: Store, office: Office) -> str:
    """While a worker stands still, what waits is what the broker counts (no fewer than before the look, no more than
    after it), and the gateway's callback that came meanwhile is old. The order of that callback."""
    broker = redis.Redis(unix_socket_path=str(socket_directory(store.data) / "redis.sock"))
    pids = store.pids("celery", " worker ", "polls,mail,default")
    assert pids
    wait_until(lambda: office.row("polls")[3].endswith(" s"), within=20)  # its worker was seen a moment ago
    placed = str(buy(store, **GOODS, userId=PLAYERS[ORDERS])["invoiceNumber"])
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert store.sandbox.pay(placed) == [200]
        wait_until(lambda: broker.llen("polls") >= 3, within=20)
        before = broker.llen("polls")
        _name, waiting, oldest, _seen = office.row("polls")
        assert 3 <= before <= int(waiting) <= broker.llen("polls")
        assert live_page.seconds(oldest) >= 0
        wait_until(lambda: "xendit" in office.card("Oldest callback not worked off")[1], within=20)
        assert live_page.seconds(office.card("Oldest callback not worked off")[0]) >= 0
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: broker.llen("polls") < before, within=20)
    wait_until(lambda: "xendit" not in office.card("Oldest callback not worked off")[1], within=20)
    return placed
