"""A whole guest order (account inquiry, order inquiry, order) against three bare POSTs that ask the same outer parties
and write the same rows, by the same client: what is compared is what the store does beside."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.servers import Store, command_of, cpu_ms, tree

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


def rate(job: object, url: str, count: int, start: int, threads: int = 6) -> float:
    sessions = [requests.Session() for _ in range(threads)]

    def share(index: int) -> None:
        for number in range(index, count, threads):
            job(sessions[index], url, start + number)

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))
    return count / (time.monotonic() - began)


def application_and_database(store: Store) -> list[int]:
    """The web server's and PostgreSQL's processes; not the worker, the outside world or Redis."""
    return [pid for pid in tree(store.pid) if any(word in command_of(pid) for word in ("config.wsgi", "postgres"))]


def measure(store: Store, bare: str, count: int = 120, repeats: int = 9) -> list[str]:
    """Short turns, one after the other: what else the machine does slows both of a pair, and its median is steady."""
    rate(guest_order, store.url, 60, 10_000)
    rate(bare_order, bare, 60, 10_000)
    ours, limit, cpu = [], [], []
    for turn in range(repeats):
        watched = application_and_database(store)
        before = cpu_ms(watched)
        ours.append(rate(guest_order, store.url, count, 20_000 + turn * count))
        cpu.append((cpu_ms(watched) - before) / count)
        limit.append(rate(bare_order, bare, count, 40_000 + turn * count))
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, limit, strict=True))
    return [
        f"| whole guest order (3 requests) | {statistics.median(ours):.1f}/s | {statistics.median(limit):.1f}/s bare"
        f" POSTs, same rows, same calls outside | {ratio:.2f} | ≥ 0.3 |",
        f"| CPU of a guest order, web + PostgreSQL | {statistics.median(cpu):.1f} ms | | | ≤ 16 ms |",
    ]
