"""`.venv/bin/python -m bench.backoffice [--orders 1000000] [--data FOLDER]`: what the owner waits for in the back
office of a shop of many orders, against one of 10,000. Writes bench/backoffice.md.

Both shops hold the demo's month, multiplied, and are asked in turns, so that whatever else the machine does slows both
alike. What stands in FOLDER is filled once and kept: only pages are measured again.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import requests

from bench.members import AIM, PASSWORD, in_turns
from bench.servers import ROOT, Store, free_port, running_bare
from supervisor.keeper import embedded_servers
from supervisor.surroundings import complete

HERE = Path(__file__).resolve().parent
SMALL = 10_000
OWNER = "admin@example.com"
CALLS, FILTER_CALLS = 7, 3
# Whoever waits does not notice less.
FLOOR_MS = 10.0
SHOWN = 12
_FILLED = "multiplied.json"
# Of the middle of each shop: what is looked for, and of whom the pages are.
_VALUES = """
    SELECT o.id, o.number, o.email, o.phone, o.player_id, m.id AS member, m.email AS member_email,
           (SELECT transaction_id FROM fulfilment_attempt WHERE transaction_id <> '' AND id >= a.id ORDER BY id LIMIT 1)
      FROM storefront_order o,
           (SELECT id, email FROM accounts_user WHERE email LIKE '%%@pelanggan.example' ORDER BY id DESC LIMIT 1) m,
           (SELECT max(id) / 2 AS id FROM fulfilment_attempt) a
     WHERE o.id >= (SELECT max(id) / 2 FROM storefront_order) AND o.email LIKE '%%@tamu.example'
       AND o.player_id ~ '^[0-9]{9,}$' ORDER BY o.id LIMIT 1
"""


@dataclass
class Shop:
    """One of the two: its owner's session, what there is to look for, and how it was filled."""

    url: str
    browser: requests.Session
    values: dict[str, str]
    filled: dict[str, Any]
    #: Of each page asked for: how many SQL statements it took, and how many rows its list shows.
    statements: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def get(self, path: str) -> requests.Response:
        asked = path.format(**self.values)
        answer = self.browser.get(self.url + asked, timeout=120, allow_redirects=False)
        assert answer.status_code == 200, f"{asked}: {answer.status_code} {answer.text[:300]}"
        self.statements[path] = int(answer.headers["X-Statements"])
        self.rows[path] = answer.text.count('<tr class="data-row')
        return answer


@dataclass(frozen=True)
class Row:
    """A page's median times in both shops, in ms, and how many statements each took and rows each showed."""

    what: str
    small: float
    big: float
    statements: tuple[int, int]
    rows: tuple[int, int]

    @property
    def ratio(self) -> float:
        return self.big / self.small

    @property
    def is_missed(self) -> bool:
        return self.ratio > AIM and self.big - self.small > FLOOR_MS

    def __str__(self) -> str:
        mark = " (missed)" if self.is_missed else ""
        counted = " | ".join(
            f"{few}" if few == many else f"{few} / {many}" for few, many in (self.statements, self.rows)
        )
        return f"| {self.what} | {self.small:.0f} ms | {self.big:.0f} ms | {self.ratio:.2f}{mark} | {counted} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.backoffice", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="where both shops stand, and are kept")
    parser.add_argument("--only", default="", help="a part of the names of what is measured; nothing is written then")
    parser.add_argument("--write", type=Path, default=HERE / "backoffice.md", help="where the tables go")
    asked = parser.parse_args()
    # Whoever ends the bench ends its shops: the context managers run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        data = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gerbang-bench-")))
        small, big = (stack.enter_context(running(data / str(orders), orders)) for orders in (SMALL, asked.orders))
        rows = [measured(small, big, what, path) for what, path in pages(small) if asked.only in what]
        offered = list(filters(small, big, asked.only))
    text = "\n".join(told(small, big, rows, offered)) + "\n"
    print(text)
    if not asked.only:
        asked.write.write_text(text)
    return 0


@contextmanager
def running(data: Path, orders: int) -> Iterator[Shop]:
    """The web server of a shop of so many orders; no worker disturbs the measurement."""
    data.mkdir(parents=True, exist_ok=True)
    env = {
        **os.environ, "PORT": str(free_port()), "STORE_DATA": str(data), "RATE_LIMITS": "off", "DEMO": "on",
        "WEB_WORKERS": "1",
    }  # fmt: skip
    around = complete(env)
    with embedded_servers(around):
        _do("-m", "supervisor.prepare", env=around.environ)
        kept = data / _FILLED
        if not kept.exists():
            print(f"filling a shop of {orders:,} orders", file=sys.stderr)
            kept.write_text(_do("-m", "bench.multiplied", str(orders), env=around.environ).splitlines()[-1])
        with running_bare(Store("", "", 0, around.environ, 0.0), "bench.counting:application") as url:
            code = _do("manage.py", "demo_code", OWNER, env=around.environ).split()[-1]
            with psycopg.connect(around.environ["DATABASE_URL"], row_factory=psycopg.rows.dict_row) as connection:
                found = connection.execute(_VALUES, {}).fetchone()
            assert found is not None
            values = {name: quote(str(value)) for name, value in found.items()}
            values |= {"half_player": values["player_id"][3:8], "half_phone": found["phone"][-6:]}
            yield Shop(url, entered(url, code), values, json.loads(kept.read_text()))


def _do(*command: str, env: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, *command], env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def entered(url: str, code: str) -> requests.Session:
    """The owner, past the second factor."""
    browser = requests.Session()
    page = browser.get(f"{url}/admin/login/", timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    form = {"csrfmiddlewaretoken": token[1], "username": OWNER, "password": PASSWORD, "code": code, "next": "/admin/"}
    answer = browser.post(f"{url}/admin/login/", data=form, timeout=60, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return browser


# --- What is asked ---


def pages(shop: Shop) -> Iterator[tuple[str, str]]:
    """(what, path): the pages that a day begins with, searches, and every list with the page of its first row."""
    yield "start page, today", "/admin/"
    for span in ("7", "28", "91"):
        yield f"start page, {span} days", f"/admin/?span={span}"
    yield "start page, 28 days by channel", "/admin/?span=28&by=channel"
    yield "figures as a file, 28 days", "/admin/fulfilment/dayfigures/export/?span=28"
    yield "order desk and its queues", "/admin/desk/"
    yield "live page of operations", "/admin/operations/"
    yield "an order's page", "/admin/storefront/order/{id}/change/"
    yield "a customer's page", "/admin/fulfilment/customer/{member}/change/"
    searches = [
        ("storefront/order", "invoice", "{number}"), ("storefront/order", "half a player id", "{half_player}"),
        ("storefront/order", "e-mail", "{email}"), ("storefront/order", "half a phone number", "{half_phone}"),
        ("storefront/order", "transaction", "{transaction_id}"), ("storefront/order", "nothing found", "zzzzz"),
        ("fulfilment/customer", "e-mail", "{member_email}"), ("fulfilment/customer", "name", "budi"),
        ("accounts/user", "e-mail", "{member_email}"), ("accounts/user", "name", "budi"),
    ]  # fmt: skip
    for place, by, typed in searches:
        yield f"search {place} by {by}", f"/admin/{place}/?q={typed}"
    for name in ("payments/payment", "payments/transfer", "payments/refund", "payments/capture", "core/mailmessage",
                 "core/inboxmessage", "core/staffcase", "fulfilment/topup", "fulfilment/attempt", "fulfilment/code",
                 "core/chatmessage", "fulfilment/problemreport", "core/discrepancy", "storefront/orderevent",
                 "payments/deposit", "payments/payout", "storefront/promoslot", "fulfilment/codeevent"):  # fmt: skip
        yield f"search {name} by invoice", f"/admin/{name}/?q={{number}}"
    for name in ("payments/account", "payments/deposit", "payments/redemption", "accounts/failedsignin"):
        yield f"search {name} by e-mail", f"/admin/{name}/?q={{member_email}}"
    yield "search fulfilment/historyrow by player id", "/admin/fulfilment/historyrow/?q={player_id}"
    yield "search core/inboxmessage by a text", "/admin/core/inboxmessage/?q=zzzzz"
    yield "search core/searchtoken by a word", "/admin/core/searchtoken/?q=budi"
    for by, value in (("who", "staff@example.com"), ("what", "case+resolved"), ("about", "{number}"),
                      ("day", f"{datetime.now(UTC).date()}")):  # fmt: skip
        yield f"audit trail, {by}", f"/admin/core/auditentry/?{by}={value}"
    for label, path in sorted(lists(shop).items()):
        yield f"list {label}", path
        first = re.search(rf'href="{path}([^"/]+)/change/', shop.get(path).text)
        if first and label not in ("storefront.Order", "fulfilment.Customer"):
            yield f"first row of {label}", f"{path}{first[1]}/change/"


def lists(shop: Shop) -> dict[str, str]:
    found: dict[str, str] = shop.browser.get(f"{shop.url}/bench/lists", timeout=60).json()
    return found


def filters(small: Shop, big: Shop, only: str) -> Iterator[Row]:
    """Every filter and every order that a list of the big shop offers, one at a time."""
    for label, path in sorted(lists(big).items()):
        seen = dict.fromkeys(html.unescape(found) for found in re.findall(r'href="(\?[^"]+)"', big.get(path).text))
        for query in seen:
            what = f"{label} {query}"
            if not re.search(r"[?&]p=|_popup|_facets|e=1", query) and only in what:
                yield measured(small, big, what, path + query.replace("{", "{{").replace("}", "}}"), FILTER_CALLS)


def measured(small: Shop, big: Shop, what: str, path: str, calls: int = CALLS) -> Row:
    here, there = _row_of(small, path), _row_of(big, path)
    times = in_turns(lambda: small.get(here), lambda: big.get(there), calls)
    statements, rows = (small.statements[here], big.statements[there]), (small.rows[here], big.rows[there])
    row = Row(what, *times, statements, rows)
    print(row, file=sys.stderr)
    return row


_FIRST: dict[tuple[str, str], str] = {}


def _row_of(shop: Shop, path: str) -> str:
    """The path, where it is a row's, of the row that stands first in that very shop."""
    page = re.fullmatch(r"(/admin/\w+/\w+/)[^/{]+/change/", path)
    if page is None:
        return path
    if (shop.url, path) not in _FIRST:
        first = re.search(rf'href="{page[1]}([^"/]+)/change/', shop.get(page[1]).text)
        assert first, path
        _FIRST[shop.url, path] = f"{page[1]}{first[1]}/change/"
    return _FIRST[shop.url, path]


# --- What is told ---


def told(small: Shop, big: Shop, rows: list[Row], offered: list[Row]) -> Iterable[str]:
    heads = ["| what | small | big | ratio | statements | rows shown |", "|---|---|---|---|---|---|"]
    load, seconds = os.getloadavg()[2], big.filled["seconds"]
    yield from [
        "# The back office of a big shop",
        "",
        f"Taken {datetime.now(UTC).date()} by `python -m bench.backoffice`: two shops on one machine, asked in turns",
        f"by their owner over HTTP, median of {CALLS} calls each after 3 that do not count. Both hold the demo's",
        f"month, multiplied: the small one {_size(small)},",
        f"the big one {_size(big)}",
        f"(plain SQL, {seconds} s, vacuumed and analysed once); mails, webhooks, sign-ins, codes and the rest in the",
        "same proportions. Only the web server runs, with one worker process. Times move with the machine (load",
        f"average of 15 minutes: {load:.0f} on {os.cpu_count()} cores); the ratio is what counts. The aim is {AIM};",
        f"what differs by less than {FLOOR_MS:.0f} ms counts as met.",
        "",
        f"{len(rows)} pages: {_count(rows)}. The worst first.",
        "",
        *heads,
        *map(str, _worst(rows)),
        "",
        "## Filters and orders that the lists offer",
        "",
        f"Each by itself, {len(offered)} of them, median of {FILTER_CALLS} calls: {_count(offered)}. The worst",
        f"{SHOWN}:",
        "",
        *heads,
        *map(str, _worst(offered)[:SHOWN]),
    ]


def _size(shop: Shop) -> str:
    filled = shop.filled
    return (
        f"{filled['storefront_order']:,} orders and {filled['payments_transfer']:,} ledger rows and"
        f" {filled['core_searchtoken']:,} search words"
    )


def _count(rows: list[Row]) -> str:
    missed = sum(row.is_missed for row in rows)
    return f"{missed} missed" if missed else "none missed"


def _worst(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (not row.is_missed, -row.ratio))


if __name__ == "__main__":
    sys.exit(main())
