"""`.venv/bin/python -m bench.fulfilment [--size 1.0]`: from paid to delivered, each figure against its limit in the
same run. Writes bench/fulfilment.md; takes about four minutes at full size.

The store is a whole `./run`; its supplier is bench.supplier, which answers at once or after a pause and counts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests

from bench.guest_order import guest_order
from bench.paid_orders import Till
from bench.servers import ROOT, Store, command_of, cpu_ms, free_port, running_store, tree
from supervisor.surroundings import complete

HERE = Path(__file__).resolve().parent
QUEUES = ("priority", "topups", "polls", "mail", "default")
NOTHING = "celery.accumulate"  # Celery's own task that hands its arguments back


@dataclass
class Bench:
    store: Store
    supplier: str
    environ: dict[str, str]
    rows: psycopg.Connection
    broker: redis.Redis
    threads: int
    size: float

    def many(self, full: int) -> int:
        return max(20, int(full * self.size))

    def supply(self, **behaviour: Any) -> None:
        requests.put(f"{self.supplier}/set", json=behaviour, timeout=30).raise_for_status()

    def calls(self) -> dict[str, int]:
        return dict(requests.get(f"{self.supplier}/counts", timeout=30).json())

    def one(self, query: str, *values: object) -> Any:
        row = self.rows.execute(query, list(values)).fetchone()
        assert row is not None
        return row[0]

    def workers(self) -> list[int]:
        return [pid for pid in tree(self.store.pid) if " -A config" in command_of(pid)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No worker and no clock moves, and what was on the way to them is forgotten."""
        pids = self.workers()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        self.broker.delete(*QUEUES)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def clear(self, till: Till) -> None:
        """As if nothing had been bought since the start."""
        with self.frozen():
            self.supply(orders=[])
            till.forget()

    def inside(self, part: str, count: int) -> dict[str, Any]:
        out = subprocess.run(
            [sys.executable, "-m", "bench.inside", part, str(count)],
            env=self.environ, cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        if out.returncode:
            raise RuntimeError(out.stderr)
        sys.stderr.write(out.stderr)
        return dict(json.loads(out.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fulfilment", description=__doc__)
    parser.add_argument("--size", type=float, default=1.0, help="of the full numbers of orders")
    parser.add_argument("--only", nargs="+", choices=[one.__name__ for one in MEASURES], help="nothing but these")
    parser.add_argument("--write", type=Path, default=HERE / "fulfilment.md", help="where the table goes")
    asked = parser.parse_args()
    # Whoever ends the bench ends its servers: the context managers run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with running(asked.size) as bench:
        # Its orders are also what the bulk is copied from.
        lines = idle(bench, 60 if not asked.only else 1)
        till = Till(bench.environ["DATABASE_URL"])
        for measure in MEASURES:
            if asked.only and measure.__name__ not in asked.only:
                continue
            began = time.monotonic()
            bench.clear(till)
            lines += measure(bench, till)
            print(*lines, f"({measure.__name__}: {time.monotonic() - began:.0f} s)", sep="\n", file=sys.stderr)
    text = "\n".join([*heading(), *lines]) + "\n"
    asked.write.write_text(text)
    print(text)
    return 0


def heading() -> list[str]:
    return [
        "# From paid to delivered",
        "",
        f"Taken {datetime.now(UTC).date()} by `python -m bench.fulfilment`: store, database and supplier share the",
        f"machine's {os.cpu_count()} cores (load average of the last minute: {os.getloadavg()[0]:.1f}). The supplier",
        "is a stub that keeps nothing (bench/supplier.py); orders are made in bulk (bench/paid_orders.py), but for the",
        "idle queue's, which are bought and paid over HTTP. Only ratios and counts compare with other machines.",
        "",
        "| what | ours | limit | ratio | aim |",
        "|---|---|---|---|---|",
    ]


@contextmanager
def running(size: float) -> Iterator[Bench]:
    port = free_port()
    stub = subprocess.Popen([sys.executable, "-m", "bench.supplier", str(port)], cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        with running_store(DEMO="on", GEMGO_BASE_URL=url, WORKER_SILENT_SECONDS="600") as store:
            environ = complete(store.env).environ
            threads = int(environ.get("CELERY_CONCURRENCY") or 16)
            with psycopg.connect(environ["DATABASE_URL"], autocommit=True) as rows:
                broker = redis.Redis.from_url(environ["REDIS_URL"])
                bench = Bench(store, url, environ, rows, broker, threads, size)
                sold = rows.execute(
                    "SELECT p.code, p.name, p.game_code, p.cost_minor FROM fulfilment_supplierproduct p"
                    "  JOIN fulfilment_supplieraccount a ON a.id = p.account_id WHERE a.code = 'gemgo'"
                ).fetchall()
                products = {code: [name, game, f"{cost / 100:.2f}"] for code, name, game, cost in sold}
                bench.supply(products=products, ends=True)
                rows.execute("UPDATE fulfilment_supplieraccount SET max_in_flight = 0, max_per_second = 0")
                yield bench
    finally:
        stub.terminate()
        stub.wait(10)


def idle(bench: Bench, orders: int) -> list[str]:
    """Orders bought one by one over HTTP: from the gateway's payment to the supplier's answer, nobody else about."""
    bench.supply(delay_ms=0, ends=True, calls_back=True)
    http = requests.Session()
    took, whole = [], []
    for turn in range(5 + bench.many(orders)):
        number = guest_order(http, bench.store.url, 1000 + turn)
        began = time.time()
        paid = http.post(f"{bench.store.world}/control/gateway/payments/{number}", json={"outcome": "paid"}, timeout=30)
        paid.raise_for_status()
        answered = _until_answered(bench, number)
        if turn >= 5:
            took.append((answered[0] - answered[1]).total_seconds() * 1000)
            whole.append(answered[0].timestamp() * 1000 - began * 1000)
    _until(lambda: not bench.one("SELECT count(*) FROM storefront_order WHERE status = 'PROCESSING'"), 30)
    return [
        f"| idle queue: paid → accepted upstream, p50 | {statistics.median(took):.0f} ms | | | |",
        f"| idle queue: paid → accepted upstream, p95 | {_p95(took):.0f} ms | | | ≤ 150 ms |",
        f"| the same from the gateway's webhook on, p50 / p95 | {statistics.median(whole):.0f} / {_p95(whole):.0f} ms"
        " | | | |",
    ]


def _until_answered(bench: Bench, number: str) -> tuple[datetime, datetime]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        row = bench.rows.execute(
            "SELECT a.answered_at, o.paid_at FROM storefront_order o JOIN fulfilment_topup t ON t.order_id = o.id"
            "  JOIN fulfilment_attempt a ON a.topup_id = t.id WHERE o.number = %s AND a.answered_at IS NOT NULL",
            [number],
        ).fetchone()
        if row:
            return row[0], row[1]
        time.sleep(0.01)
    raise RuntimeError(f"{number} was not accepted within 30 s")


def slow_supplier(bench: Bench, till: Till) -> list[str]:
    bench.supply(delay_ms=500, ends=False, calls_back=False)
    rate = drained(bench, till, bench.many(640))
    limit = bench.threads / 0.5
    return [
        f"| top-ups drained, supplier answers after 500 ms | {rate:.1f}/s | {limit:.0f}/s = {bench.threads} threads"
        f" ÷ 0.5 s | {rate / limit:.2f} | ≥ 0.9 |"
    ]


def quick_supplier(bench: Bench, till: Till) -> list[str]:
    bench.supply(delay_ms=0, ends=False, calls_back=False)
    nothing(bench, bench.many(500))
    drained(bench, till, bench.many(200))
    ours, limit = [], []
    for _ in range(3):
        limit.append(nothing(bench, bench.many(3000)))
        ours.append(drained(bench, till, bench.many(1000)))
    rate, most = statistics.median(ours), statistics.median(limit)
    return [
        f"| top-ups drained, supplier answers at once | {rate:.0f}/s | {most:.0f}/s no-op tasks, same worker"
        f" | {rate / most:.2f} | ≥ 0.25 |"
    ]


def drained(bench: Bench, till: Till, orders: int) -> float:
    """Top-ups accepted per second while a backlog of so many paid orders goes out, found by the clock's tick alone;
    the first and last twentieth do not count."""
    bench.clear(till)
    with bench.frozen():
        ids = till.paid(orders)
        bench.rows.execute("ANALYZE storefront_order")
    query = (
        "SELECT a.answered_at FROM fulfilment_attempt a JOIN fulfilment_topup t ON t.id = a.topup_id"
        " WHERE t.order_id >= %s AND a.state = 'ACCEPTED' ORDER BY 1"
    )
    done: list[datetime] = []

    def is_over() -> bool:
        nonlocal done
        done = [row[0] for row in bench.rows.execute(query, [ids[0]]).fetchall()]
        return len(done) >= orders

    _until(is_over, 120, pause=0.5)
    first, last = orders // 20, orders - orders // 20 - 1
    return (last - first) / (done[last] - done[first]).total_seconds()


def nothing(bench: Bench, tasks: int) -> float:
    """Tasks per second that do nothing, piled up before the worker may begin."""
    with bench.frozen():
        subprocess.run([sys.executable, "-c", _PILE_UP, NOTHING, str(tasks)], env=bench.environ, cwd=ROOT, check=True)
    while bench.broker.llen("topups") > tasks * 0.95:
        time.sleep(0.002)
    first, began = bench.broker.llen("topups"), time.monotonic()
    while (last := bench.broker.llen("topups")) > tasks * 0.05:
        time.sleep(0.01)
    return (first - last) / (time.monotonic() - began)


_PILE_UP = """
import sys
from config.celery import app
with app.connection_for_write() as line, app.amqp.Producer(line) as producer:
    for number in range(int(sys.argv[2])):
        app.send_task(sys.argv[1], args=(number,), queue="topups", ignore_result=True, producer=producer)
"""


def whole_way(bench: Bench, till: Till) -> list[str]:
    """From paid to success: statements one by one in a process of its own, CPU of all the store's processes."""
    bench.supply(delay_ms=0, ends=True, calls_back=False)
    count = bench.many(20)
    with bench.frozen():
        till.paid(count + 1)
        seen = bench.inside("step", count)
    parts = {name: seen[name] / count for name in ("taken", "sent", "delivered")}
    told = ", ".join(f"{name} {value:.1f}" for name, value in parts.items())
    _until(lambda: not bench.broker.llen("mail"), 30)
    time.sleep(2)
    bench.supply(calls_back=True)
    orders = bench.many(400)
    pids = _ours(bench)
    began, before = time.monotonic(), cpu_ms(pids)
    time.sleep(5)
    idle_ms_per_s = (cpu_ms(pids) - before) / (time.monotonic() - began)
    began, before = time.monotonic(), cpu_ms(pids)
    ids = till.paid(orders)
    query = "SELECT count(*) FROM storefront_order WHERE id >= %s AND status = 'SUCCESS'"
    _until(lambda: bench.one(query, ids[0]) == orders, 120, pause=0.5)
    took = time.monotonic() - began
    spent = (cpu_ms(pids) - before - idle_ms_per_s * took) / orders
    return [
        f"| SQL statements of an order from paid to success ({told}) | {sum(parts.values()):.1f} | | | |",
        f"| CPU of an order from paid to success, mail and callback included | {spent:.1f} ms | | | |",
        f"| orders from paid to success, {orders} at once | {orders / took:.0f}/s | | | |",
    ]


def _ours(bench: Bench) -> list[int]:
    """The store's processes with PostgreSQL and Redis, without the outside world."""
    return [pid for pid in tree(bench.store.pid) if " sandbox" not in command_of(pid)]


def rounds(bench: Bench, till: Till) -> list[str]:
    """HTTP calls of one look at the history, however many orders are open."""
    found = []
    count = 5
    bench.supply(delay_ms=0, ends=False, calls_back=False)
    with bench.frozen():
        bench.rows.execute("UPDATE fulfilment_supplieraccount SET baseline_at = now()")
        history: list[dict[str, str]] = []
        for orders in (10, bench.many(1000), bench.many(10_000)):
            history = till.open(orders - len(history)) + history
            bench.supply(orders=history)
            seen = bench.inside("rounds", count - 1)
            calls = sum(number for call, number in bench.calls().items() if call not in ("connections", "counts"))
            found.append(
                f"| one look at the history, {orders:,} orders open | {calls / count:g} HTTP calls,"
                f" {seen['round'] / (count - 1):.0f} statements, {seen['round ms'] / (count - 1):.0f} ms | | | 1 call |"
            )
        bench.supply(orders=[])
    return found


def backlog(bench: Bench, till: Till) -> list[str]:
    """So many paid orders wait: the first thousand against the last thousand, what is between them claimed by SQL."""
    orders, part = bench.many(50_000), bench.many(1000)
    bench.supply(delay_ms=0, ends=False, calls_back=False)
    with bench.frozen():
        ids = till.paid(orders, with_money=False)
        first = bench.inside("claim", part)
        till.claimed(ids[part : orders - part])
        last = bench.inside("claim", part)
        left = bench.one("SELECT count(*) FROM storefront_order WHERE status = 'PAID'")
        assert left == orders - (orders - 2 * part) - first["orders"] - last["orders"], left
    ours, limit = last["orders"] / last["seconds"], first["orders"] / first["seconds"]
    return [
        f"| claiming {orders:,} paid orders, the last {part:,} | {ours:.0f}/s | {limit:.0f}/s, the first {part:,}"
        f" | {ours / limit:.2f} | ≥ 0.8 |"
    ]


def _until(is_over: Any, seconds: float, *, pause: float = 0.1) -> None:
    until = time.monotonic() + seconds
    while not is_over():
        if time.monotonic() > until:
            raise RuntimeError(f"not over within {seconds:.0f} s")
        time.sleep(pause)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


MEASURES = (slow_supplier, quick_supplier, whole_way, rounds, backlog)

if __name__ == "__main__":
    sys.exit(main())
