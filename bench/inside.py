"""Parts of the store called in a process of their own, on the running store's rows: what they cost, statement by
statement. `python -m bench.inside step 20 | rounds 5 | claim 1000` prints one JSON object."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only once the applications are set up.
from django.db import connection  # noqa: E402

from fulfilment import history, sending, taking  # noqa: E402
from fulfilment.models import SupplierAccount  # noqa: E402

_SHOWN = os.environ.get("BENCH_SHOW_SQL", "")


@contextmanager
def counted(into: Counter[str], name: str) -> Iterator[None]:
    """Statements sent meanwhile are counted under `name`; their time and the process's own under `name` ms."""

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        into[name] += 1
        if _SHOWN:
            print(f"{name}: {sql[:200]}", file=sys.stderr)
        return execute(sql, params, many, context)

    began = time.perf_counter()
    with connection.execute_wrapper(count):
        yield
    into[f"{name} ms"] += round((time.perf_counter() - began) * 1000)


def step(orders: int) -> dict[str, int]:
    """So many PAID orders are taken and sent one after the other; one look at the history then ends them all."""
    seen: Counter[str] = Counter()
    account = SupplierAccount.objects.get(code="gemgo")
    history.poll(account)
    for turn in range(orders + 1):
        into: Counter[str] = seen if turn else Counter()  # the first one warms up
        with counted(into, "taken"):
            groups = taking.take(1)
        for (topup,) in groups:
            with counted(into, "sent"):
                sending.send(topup)
        if turn in (0, orders):
            with counted(into, "delivered"):
                history.poll(account)
    return dict(seen)


def rounds(count: int) -> dict[str, int]:
    """So many looks at the history of the supplier."""
    seen: Counter[str] = Counter()
    account = SupplierAccount.objects.get(code="gemgo")
    for turn in range(count + 1):
        account.refresh_from_db()
        with counted(seen if turn else Counter(), "round" if turn else "first"):
            history.poll(account)
    return dict(seen)


def claim(orders: int) -> dict[str, float]:
    """So many PAID orders are taken up, and nobody sends them."""
    began, taken = time.perf_counter(), 0
    while taken < orders:
        made = taking.take()
        assert made, "no order was left to be taken"
        taken += len(made)
    return {"seconds": time.perf_counter() - began, "orders": taken}


if __name__ == "__main__":
    parts: dict[str, Callable[[int], Any]] = {"step": step, "rounds": rounds, "claim": claim}
    print(json.dumps(parts[sys.argv[1]](int(sys.argv[2]))))
