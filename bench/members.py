"""`.venv/bin/python -m bench.members [--orders 1000000]`: what a member with 10,000 orders waits for in a shop of many
orders, against a shop in which nobody else ever bought anything. Writes bench/members.md.

Both shops run at once and are asked in turns, so that whatever else the machine does slows both alike.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import redis
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from bench import crowd
from bench.reads import redis_url
from bench.servers import Store, running_bare, running_store
from supervisor.surroundings import complete

HERE = Path(__file__).resolve().parent
PASSWORD = "demo-Passw0rd!"
CALLS = 30
FILES = 3
AIM = 1.5
JAKARTA = timedelta(hours=7)


@dataclass(frozen=True)
class Visitor:
    """The heaviest member at one of the two shops, by app and by browser."""

    url: str
    app: requests.Session
    browser: requests.Session


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.members", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000, help=f"a multiple of {crowd.THEIRS}")
    parser.add_argument("--write", type=Path, default=HERE / "members.md", help="where the table goes")
    asked = parser.parse_args()
    if asked.orders < crowd.THEIRS or asked.orders % crowd.THEIRS:
        parser.error(f"--orders must be a multiple of {crowd.THEIRS}")
    # Whoever ends the bench ends its stores: the context managers run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with running_store(DEMO="on") as small, running_store(DEMO="on") as big:
        alone = crowd.fill(database(small), asked.orders, alone=True)
        filled = crowd.fill(database(big), asked.orders, alone=False)
        print(f"filled: {alone} and {filled}", file=sys.stderr)
        rows = dashboard(enter(small.url), enter(big.url), crowd.number_of(database(big)))
        with running_bare(big) as bare:
            rows_in = entering(big, bare)
    text = "\n".join([*heading(alone, filled), *rows, "", *rows_in]) + "\n"
    asked.write.write_text(text)
    print(text)
    return 0


def database(store: Store) -> str:
    return complete(store.env).environ["DATABASE_URL"]


def heading(alone: crowd.Filled, filled: crowd.Filled) -> list[str]:
    return [
        "# A member's dashboard in a big shop",
        "",
        f"Taken {datetime.now(UTC).date()} by `python -m bench.members --orders {filled.orders}`: two stores on one",
        f"machine, asked in turns, median of {CALLS} calls each over HTTP after 3 that do not count",
        f"(of files {FILES} after 1). In both the same",
        f"member owns the same {crowd.THEIRS:,} orders of {crowd.SPAN_DAYS} days with their wallet rows. The small one",
        f"holds nothing else ({alone.orders:,} orders, {alone.transfers:,} ledger rows); in the big one they lie",
        f"scattered among {filled.orders:,} orders and {filled.transfers:,} ledger rows of {filled.orders // 20:,}",
        f"members. Rows come from plain SQL ({filled.seconds:.0f} s for the big one; payments for the member's own",
        "orders only, a deposit to one order in ten), vacuumed and analysed once. Times move with the machine (load",
        f"average of 15 minutes: {os.getloadavg()[2]:.0f} on {os.cpu_count()} cores); the ratio is what counts.",
        "",
        f"| what | small | big | ratio (aim ≤ {AIM}) |",
        "|---|---|---|---|",
    ]


# --- The dashboard ---


def enter(url: str) -> Visitor:
    app, browser = requests.Session(), requests.Session()
    answer = app.post(f"{url}/v2/auth/login", json={"email": crowd.HEAVIEST, "password": PASSWORD}, timeout=30)
    answer.raise_for_status()
    app.headers["Authorization"] = f"Bearer {answer.json()['data']['token']['accessToken']}"
    page = browser.get(f"{url}/id-id/account/sign-in", timeout=30)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    entered = browser.post(
        f"{url}/id-id/account/sign-in",
        data={"csrfmiddlewaretoken": token[1], "email": crowd.HEAVIEST, "password": PASSWORD},
        timeout=30,
        allow_redirects=False,
    )
    assert entered.status_code == 302, entered.text
    return Visitor(url, app, browser)


def questions(number: str) -> list[tuple[str, str, dict[str, str]]]:
    """(what, path, query): those under /v2 are the app's, the others the browser's."""
    today = (datetime.now(UTC) + JAKARTA).date()
    month = {"startDate": str(today - timedelta(days=60)), "endDate": str(today - timedelta(days=30))}
    quarter = {"startDate": str(today - timedelta(days=89)), "endDate": str(today)}
    full, last = {"limit": "100"}, {"limit": "100", "page": "100"}
    part = {"search": number[10:12]}
    both: list[tuple[str, dict[str, str]]] = [
        ("page 1 of 10", {}),
        ("page 1 of 100", full),
        ("page 100 of 100", last),
        ("30 days", full | month),
        ("search for a number", full | {"search": number}),
        ("search for two letters", full | part),
    ]
    orders = [
        ("status SUCCESS", full | {"status": "SUCCESS"}),
        ("status FAILED", full | {"status": "FAILED"}),
        ("status, days and search", full | month | part | {"status": "SUCCESS"}),
    ]
    wallet = [
        ("type DEBIT", full | {"type": "DEBIT"}),
        ("type DEBIT, page 90", full | {"type": "DEBIT", "page": "90"}),
        ("type, days and search", full | month | part | {"type": "DEBIT"}),
    ]
    deposits = [
        ("page 1 of 10", {}),
        ("page 1 of 100", full),
        ("page 10 of 100", full | {"page": "10"}),
        ("30 days", full | month),
        ("status EXPIRED", full | {"status": "EXPIRED"}),
        ("search for two letters", full | part),
    ]
    return [
        *((f"GET /v2/transactions, {what}", "/v2/transactions", query) for what, query in [*both, *orders]),
        *((f"GET /v2/mutations, {what}", "/v2/mutations", query) for what, query in [*both, *wallet]),
        *((f"GET /v2/deposits, {what}", "/v2/deposits", query) for what, query in deposits),
        ("GET /v2/reports, 90 days", "/v2/reports", full | quarter),
        ("GET /v2/user/profile", "/v2/user/profile", {}),
        ("page: overview", "/id-id/account/", {}),
        ("page: orders", "/id-id/account/orders", {}),
        ("page: wallet", "/id-id/account/wallet", {}),
        ("page: deposits", "/id-id/account/deposits", {}),
        ("file: orders, 30 days", "/id-id/account/orders.csv", month),
        ("file: mutations, 30 days", "/id-id/account/wallet.csv", month),
        ("file: mutations, all of them", "/id-id/account/wallet.csv", {}),
        ("page: report, 90 days", "/id-id/account/report", quarter),
        ("page: membership", "/id-id/account/membership", {}),
    ]


def dashboard(small: Visitor, big: Visitor, number: str) -> list[str]:
    rows = []
    for what, path, query in questions(number):
        asked = f"{path}?{urlencode(query)}" if query else path

        def call(visitor: Visitor, asked: str = asked) -> int:
            session = visitor.app if asked.startswith("/v2/") else visitor.browser
            answer = session.get(visitor.url + asked, timeout=30, allow_redirects=False)
            assert answer.status_code == 200, f"{asked}: {answer.status_code} {answer.text[:500]}"
            return len(answer.content)

        # Both tell the same, or the comparison means nothing (a page's links and tokens differ by a few letters).
        sizes = call(small), call(big)
        assert abs(sizes[0] - sizes[1]) <= sizes[0] // 20, f"{asked}: {sizes}"
        # A file of everything takes seconds: a few of them tell as much.
        calls = min(CALLS, FILES) if path.endswith(".csv") else CALLS
        ours, theirs = in_turns(lambda: call(small), lambda: call(big), calls)
        ratio = theirs / ours
        mark = "" if ratio <= AIM else " (missed)"
        rows.append(f"| {what} | {ours:.1f} ms | {theirs:.1f} ms | {ratio:.2f}{mark} |")
        print(rows[-1], file=sys.stderr)
    return rows


def in_turns(one: Callable[[], object], other: Callable[[], object], calls: int = CALLS) -> tuple[float, float]:
    """The median times of both, in ms."""
    times: tuple[list[float], list[float]] = ([], [])
    unheeded = min(3, calls // 2)
    for turn in range(calls + unheeded):
        for kept, ask in zip(times, (one, other), strict=True):
            began = time.perf_counter()
            ask()
            if turn >= unheeded:
                kept.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


# --- Signing in ---


def entering(store: Store, bare: str) -> list[str]:
    """Login and refresh against a bare view that hands out the very same bytes."""
    app, limit = requests.Session(), requests.Session()
    memory = redis.Redis.from_url(redis_url(store))
    token = ""

    def login() -> bytes:
        nonlocal token
        answer = app.post(
            f"{store.url}/v2/auth/login", json={"email": crowd.HEAVIEST, "password": PASSWORD}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        token = answer.json()["data"]["token"]["refreshToken"]
        return answer.content

    def refresh() -> bytes:
        nonlocal token
        answer = app.post(f"{store.url}/v2/auth/refresh-token", json={"refreshToken": token}, timeout=30)
        assert answer.status_code == 200, answer.text
        token = answer.json()["data"]["refreshToken"]
        return answer.content

    memory.set("bench:login", login())
    memory.set("bench:refresh", refresh())
    signing_in = in_turns(login, lambda: limit.get(f"{bare}/json/login", timeout=30).raise_for_status())
    refreshing = in_turns(refresh, lambda: limit.get(f"{bare}/json/refresh", timeout=30).raise_for_status())
    hashing = hash_ms()
    return [
        "Signing in, against a bare Django view on the same server that answers the same bytes and does nothing else.",
        f"Login is password hashing: Django's PBKDF2 alone takes {hashing:.0f} ms here, on purpose, and the last row",
        "has it in the limit too. A refresh locks the session, uses up a token and writes its successor.",
        "",
        "| what | ours | bare view | ratio |",
        "|---|---|---|---|",
        f"| POST /v2/auth/login | {signing_in[0]:.1f} ms | {signing_in[1]:.1f} ms "
        f"| {signing_in[0] / signing_in[1]:.1f} |",
        f"| POST /v2/auth/refresh-token | {refreshing[0]:.1f} ms | {refreshing[1]:.1f} ms "
        f"| {refreshing[0] / refreshing[1]:.1f} |",
        f"| login, against bare view + one password hash | {signing_in[0]:.1f} ms | {signing_in[1] + hashing:.1f} ms "
        f"| {signing_in[0] / (signing_in[1] + hashing):.2f} |",
    ]


def hash_ms() -> float:
    """What one password hash costs on this machine; median of 5."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        PBKDF2PasswordHasher().encode(PASSWORD, "benchbenchbenchbench12")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
