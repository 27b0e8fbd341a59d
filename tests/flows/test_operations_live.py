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
from tests.conftest import Store
from tests.flows.test_guest_order import buy, ended
from tests.waiting import wait_until

OWNER = "admin@example.com"
GOODS = {"skuCode": "MLBB_WDP"}  # the first supplier alone has it
ORDERS = 8
PLAYERS = [str(640_000_000 + number) for number in range(ORDERS)]
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
        """The words of the live page's table row that begins so."""
        page = self.http.get(f"{self.url}/operations/", headers={"HX-Request": "true"})
        assert page.ok and "<html" not in page.text
        for row in re.findall(r"<tr class=\"data-row.*?</tr>", page.text, re.DOTALL):
            cells = [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
            if cells and cells[0] == first:
                return cells
        raise AssertionError(f"no row {first}")

    def card(self, title: str) -> int:
        page = self.http.get(f"{self.url}/operations/", headers={"HX-Request": "true"}).text
        found = re.search(rf">{title}</p><p[^>]*>(\d+)<", page)
        assert found, title
        return int(found[1])


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    yield Office(store)
    for pid in store.pids("celery", " worker ", "polls,mail,default"):
        os.kill(pid, signal.SIGCONT)


def paid(store: Store, number: int) -> str:
    placed = buy(store, **GOODS, userId=PLAYERS[number])
    store.sandbox.pay(placed["invoiceNumber"])
    return str(placed["invoiceNumber"])


def test_figures_are_the_broker_s_and_the_supplier_s(store: Store, office: Office) -> None:
    bought = int(office.row("GemGo")[2])
    made = len(store.sandbox.supplier_orders())
    office.post("operations/suppliers/gemgo/open/", reason=WHY)
    assert "OPEN" in office.row("GemGo")[1]
    with ThreadPoolExecutor(4) as customers:
        numbers = list(customers.map(lambda number: paid(store, number), range(ORDERS)))
    wait_until(lambda: office.card("Units that wait to be sent") >= ORDERS, within=20)
    called = {row["game_user_id"] for row in store.sandbox.supplier_orders()}
    assert not called & set(PLAYERS), "nobody was called"

    _queues_of_a_stopped_worker(store, office)

    office.post("operations/suppliers/gemgo/close/", reason=WHY)
    assert {ended(store, number)["status"] for number in numbers} == {"SUCCESS"}
    assert office.card("Units that wait to be sent") == 0
    truth = store.sandbox.supplier_orders()
    assert len([row for row in truth if row["game_user_id"] in PLAYERS]) == ORDERS
    # With what other tests may have left to be sent.
    assert len(truth) - made == int(office.row("GemGo")[2]) - bought
    assert float(office.row("fulfilment.take")[1]) > 0 and office.row("look for what is wrong")[4].startswith("SUCCESS")


def _queues_of_a_stopped_worker(store: Store, office: Office) -> None:
    """What waits is what the broker counts: no fewer than before the look, no more than after it."""
    broker = redis.Redis(unix_socket_path=str(socket_directory(store.data) / "redis.sock"))
    pids = store.pids("celery", " worker ", "polls,mail,default")
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: broker.llen("polls") >= 3, within=20)
        before = broker.llen("polls")
        _name, waiting, oldest, _seen = office.row("polls")
        assert 3 <= before <= int(waiting) <= broker.llen("polls")
        assert re.fullmatch(r"\d+ s", oldest)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: broker.llen("polls") < before, within=20)
