"""What happens later. Everything due is a row, so a process that is killed takes its work up where it stopped.

A sweep brings due rows of one kind forward (orders that finish, payments that expire); a job is one call to the outside
(callback, webhook), sent from a small pool so that a slow store holds up nobody else. Jobs run at least once.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sandbox.state import database
from sandbox.wire import now_ms

Sweep = Callable[[int], int | None]
"""Brings forward what is due at the given time (ms); answers when the next is due, or None."""
Handler = Callable[[dict[str, Any], int], int | None]
"""Does one job (payload, earlier tries); answers when (ms) it is to be tried again, or None when it is done."""

SENDERS = 16
LONGEST_SLEEP_MS = 1_000
_log = logging.getLogger("sandbox.schedule")
_wakened = threading.Condition()
_wake_ms = 0


def add(running: database.Transaction, due_ms: int, kind: str, payload: Mapping[str, Any]) -> None:
    """A job of `kind` runs at or soon after `due_ms`, once this transaction is committed."""
    running.execute("INSERT INTO jobs (due_ms, kind, payload) VALUES (?, ?, ?)", (due_ms, kind, json.dumps(payload)))
    running.wake_at(due_ms)


def start(sweeps: Sequence[Sweep], handlers: Mapping[str, Handler]) -> None:
    """Work that was under way when the process died is due again; from now on due work is done by daemon threads."""
    with database.transaction() as running:
        running.execute("UPDATE jobs SET taken = 0 WHERE taken = 1")
    database.announce_to(_wake)
    pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sandbox-sender")
    threading.Thread(target=_run, args=(sweeps, handlers, pool), name="sandbox-clock", daemon=True).start()


def _wake(due_ms: int) -> None:
    global _wake_ms
    with _wakened:
        if due_ms < _wake_ms:
            _wake_ms = due_ms
            _wakened.notify()


def _run(sweeps: Sequence[Sweep], handlers: Mapping[str, Handler], pool: ThreadPoolExecutor) -> None:
    global _wake_ms
    all_sweeps: list[Sweep] = [*sweeps, partial(_take_jobs, handlers, pool)]
    while True:
        with _wakened:
            _wake_ms = now_ms() + LONGEST_SLEEP_MS
        soonest: list[int] = []
        for sweep in all_sweeps:
            try:
                due = sweep(now_ms())
            except Exception:
                # This thread is the sandbox's only clock: were it to end, nothing would ever be sent again.
                _log.exception("a sweep failed")
                continue
            if due is not None:
                soonest.append(due)
        with _wakened:
            _wake_ms = min([_wake_ms, *soonest])
            while (left := _wake_ms - now_ms()) > 0:
                _wakened.wait(left / 1000)


def _take_jobs(handlers: Mapping[str, Handler], pool: ThreadPoolExecutor, now: int) -> int | None:
    due = database.rows("SELECT * FROM jobs WHERE taken = 0 AND due_ms <= ? ORDER BY due_ms LIMIT 200", (now,))
    if due:
        with database.transaction() as running:
            for job in due:
                running.execute("UPDATE jobs SET taken = 1 WHERE id = ?", (job["id"],))
        for job in due:
            pool.submit(_do, dict(job), handlers[job["kind"]])
    row = database.one("SELECT MIN(due_ms) FROM jobs WHERE taken = 0")
    return None if row is None else row[0]


def _do(job: dict[str, Any], handler: Handler) -> None:
    again_ms: int | None = None
    try:
        again_ms = handler(json.loads(job["payload"]), job["tries"])
    except Exception:
        # Its row goes all the same: it would fail again, and nobody looks at what the pool's thread raised.
        _log.exception("job %s failed", job["kind"])
    with database.transaction() as running:
        if again_ms is None:
            running.execute("DELETE FROM jobs WHERE id = ?", (job["id"],))
        else:
            running.execute(
                "UPDATE jobs SET taken = 0, tries = tries + 1, due_ms = ? WHERE id = ?", (again_ms, job["id"])
            )
            running.wake_at(again_ms)
