"""A whole guest order (account inquiry, order inquiry, order) against two limits, by the same client.

One bare POST that writes the same rows and asks nobody: what the database alone could do. And three bare POSTs that ask
the same outer parties and write the same rows: what is left between them and us is what the store does beside.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.servers import Store, command_of, cpu_ms, tree

Job = Callable[[requests.Session, str, int], object]
# Orders per second, and CPU ms of one, by turn.
Turns = list[tuple[float, float]]
ACCOUNT = {"productCode": "MLBB", "userId": "656696292", "zoneId": "8610"}


def guest_order(http: requests.Session, url: str, number: int) -> str:
    """An order by QRIS that waits for its payment; its invoice number."""
    headers = {"X-Forwarded-For": f"10.9.{number // 250 % 250}.{number % 250 + 1}"}
    player = {"userId": str(800000000 + number), "zoneId": "8610"}
    account = http.post(f"{url}/v2/account/inquiries", json=ACCOUNT | player, headers=headers, timeout=30)
    assert account.status_code == 200, account.text
    quote = http.post(
        f"{url}/v2/orders/inquiries",
        json={
            **ACCOUNT, **player, "skuCode": "MLBB_172", "quantity": 1, "paymentCode": "QRIS",
            "email": "bench@example.com", "phoneNumber": "+6281234567890",
        },
        headers=headers, timeout=30,
    )  # fmt: skip
    assert quote.status_code == 200, quote.text
    body = {"validationToken": quote.json()["data"]["validationToken"]}
    order = http.post(f"{url}/v2/orders", json=body, headers=headers, timeout=30)
    assert order.status_code == 201, order.text
    return str(order.json()["data"]["order"]["invoiceNumber"])


def bare_order(http: requests.Session, url: str, number: int) -> None:
    player = {"userId": str(800000000 + number), "zoneId": "8610"}
    assert http.post(f"{url}/check", json=ACCOUNT | player, timeout=30).status_code == 200
    assert http.post(f"{url}/quote", json=ACCOUNT | player, timeout=30).status_code == 200
    assert http.post(f"{url}/order", timeout=30).status_code == 201


def bare_rows(http: requests.Session, url: str, number: int) -> None:
    assert http.post(f"{url}/rows", timeout=30).status_code == 201


def rate(job: Job, url: str, count: int, start: int, threads: int = 6) -> float:
    sessions = [requests.Session() for _ in range(threads)]

    def share(index: int) -> None:
        for number in range(index, count, threads):
            job(sessions[index], url, start + number)

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))
    return count / (time.monotonic() - began)


def processes(root: int, *words: str) -> list[int]:
    """The processes below `root` whose command has one of the words."""
    return [pid for pid in tree(root) if any(word in command_of(pid) for word in words)]


def measure(store: Store, bare: str, count: int = 120, repeats: int = 9) -> list[str]:
    """Short turns, one after the other: what else the machine does slows all alike, and the median is steady.

    Rates hold the client and the outside world too, which cost as much as the store; CPU is the store's own.
    """
    jobs: list[tuple[Job, str]] = [(guest_order, store.url), (bare_rows, bare), (bare_order, bare)]
    for job, url in jobs:
        rate(job, url, 60, 10_000)
    taken: list[Turns] = [[], [], []]
    for turn in range(repeats):
        postgres = processes(store.pid, "postgres")
        webs = processes(store.pid, "config.wsgi"), *[processes(os.getpid(), "bench.bare")] * 2
        for place, ((job, url), web) in enumerate(zip(jobs, webs, strict=True)):
            start = 20_000 * (place + 1) + turn * count
            taken[place].append(_turn(job, url, count, start, [*web, *postgres]))
    ours, rows, posts = taken
    return [
        f"| whole guest order (3 requests) | {_both(ours, rows, 0, '/s')}/s one bare POST, same rows"
        f" | {_ratio(ours, rows, 0)} | ≥ 0.3 |",
        f"| whole guest order (3 requests) | {_both(ours, posts, 0, '/s')}/s three bare POSTs, same rows, same calls"
        f" outside | {_ratio(ours, posts, 0)} | |",
        f"| CPU of a guest order, web + PostgreSQL | {_both(ours, rows, 1, ' ms')} ms, one bare POST"
        f" | {_ratio(ours, rows, 1)} × | ≤ 16 ms |",
        f"| CPU of a guest order, web + PostgreSQL | {_both(ours, posts, 1, ' ms')} ms, three bare POSTs"
        f" | {_ratio(ours, posts, 1)} × | |",
    ]


def _both(ours: Turns, limit: Turns, index: int, unit: str) -> str:
    mine, theirs = (statistics.median(one[index] for one in turns) for turns in (ours, limit))
    return f"{mine:.1f}{unit} | {theirs:.1f}"


def _ratio(ours: Turns, limit: Turns, index: int) -> str:
    """Of the same turn, the middle one."""
    return f"{statistics.median(mine[index] / theirs[index] for mine, theirs in zip(ours, limit, strict=True)):.2f}"


def _turn(job: Job, url: str, count: int, start: int, watched: list[int]) -> tuple[float, float]:
    """Orders per second, and what one cost the watched processes in CPU ms."""
    before = cpu_ms(watched)
    done = rate(job, url, count, start)
    return done, (cpu_ms(watched) - before) / count
