"""What the workers have done: how many runs of each task, how they ended, how long they took, and when the last was.

A worker counts in its own memory and adds to Redis at most once a second, so that a task costs no round trip of its
own. A worker that is killed takes the counts of its last second with it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from celery import Task
from celery.signals import task_postrun, task_prerun, task_revoked, worker_shutdown

from core.redis import connection, text

logger = logging.getLogger(__name__)
_MINUTE_S = 60
#: Counts are kept for this long, in one hash per minute.
KEPT_S = 3600
_PAUSE_S = 1.0
_MINUTES = "pulse:tasks:"
_LAST = "pulse:last"
_RUNS, _FAILURES, _RETRIES, _VOID, _MS = "runs", "failures", "retries", "void", "ms"
_STATES = {"FAILURE": _FAILURES, "RETRY": _RETRIES}


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one task in a span of time. `void`: ticks of the clock that nobody took in time."""

    task: str
    runs: int
    failures: int
    retries: int
    void: int
    per_minute: float
    mean_ms: float | None


@dataclass(frozen=True, slots=True)
class LastRun:
    """When a task that waited in a queue was last ended (seconds since 1970), how, and after how long."""

    at: float
    state: str
    ms: float


class _Book:
    """This process' counts that are not in Redis yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        self._written = 0.0

    def add(self, counts: Mapping[str, int], last: Mapping[str, str]) -> None:
        with self._lock:
            self._counts.update(counts)
            self._last.update(last)
            if time.monotonic() - self._written < _PAUSE_S:
                return
        self.write()

    def write(self) -> None:
        """What was counted since is in Redis, or lost where Redis is away: nobody waits for figures."""
        with self._lock:
            counts, last = self._counts, self._last
            self._counts, self._last, self._written = Counter(), {}, time.monotonic()
        if not counts:
            return
        key = f"{_MINUTES}{int(time.time()) // _MINUTE_S}"
        try:
            with connection().pipeline(transaction=False) as line:
                for name, more in counts.items():
                    line.hincrby(key, name, more)
                line.expire(key, KEPT_S + 2 * _MINUTE_S)
                for name, told in last.items():
                    line.hset(_LAST, name, told)
                line.execute()
        except redis.RedisError as problem:
            logger.warning("tasks not counted: %s", problem)


_book = _Book()


def connect() -> None:
    """From now on every task that is run in this process is counted."""
    task_prerun.connect(_begun, dispatch_uid="core.pulse.counting")
    task_postrun.connect(_ended, dispatch_uid="core.pulse.counting")
    task_revoked.connect(_passed_over, dispatch_uid="core.pulse.counting")
    worker_shutdown.connect(_leaving, dispatch_uid="core.pulse.counting")


def tallies(minutes: int) -> list[Tally]:
    """Every task that ran in the last `minutes` (at most an hour) and in the running one, busiest first."""
    now = time.time()
    current = int(now) // _MINUTE_S
    with connection().pipeline(transaction=False) as line:
        for minute in range(current - minutes, current + 1):
            line.hgetall(f"{_MINUTES}{minute}")
        hashes = line.execute()
    sums: dict[str, Counter[str]] = {}
    for found in hashes:
        for name, count in found.items():
            task, _, what = text(name).partition("|")
            sums.setdefault(task, Counter())[what] += int(count)
    span = minutes + now % _MINUTE_S / _MINUTE_S
    made = [_tally(task, counted, span) for task, counted in sums.items()]
    return sorted(made, key=lambda one: (-one.runs, one.task))


def last_runs() -> Mapping[tuple[str, str], LastRun]:
    """By (task, queue)."""
    found = {}
    for name, told in connection().hgetall(_LAST).items():
        task, _, queue = text(name).partition("|")
        at, state, ms = text(told).split("|")
        found[task, queue] = LastRun(float(at), state, float(ms))
    return found


def per_minute() -> Mapping[str, float]:
    return {one.task: one.per_minute for one in tallies(5)}


def failures() -> Mapping[str, float]:
    """Runs that ended in an error within the last ten minutes, by task."""
    return {one.task: float(one.failures) for one in tallies(10)}


def _tally(task: str, counted: Counter[str], minutes: float) -> Tally:
    runs = counted[_RUNS]
    mean = round(counted[_MS] / runs, 1) if runs else None
    return Tally(
        task, runs, counted[_FAILURES], counted[_RETRIES], counted[_VOID], round(runs / max(minutes, 1), 2), mean
    )


def _begun(task: Task[Any, Any], **_: Any) -> None:
    # On the request of this very run: threads of one worker share the task.
    task.request.__dict__["counted_from"] = time.perf_counter()


def _ended(task: Task[Any, Any], state: str | None = None, **_: Any) -> None:
    ms = (time.perf_counter() - task.request.__dict__.get("counted_from", time.perf_counter())) * 1000
    counts = {f"{task.name}|{_RUNS}": 1, f"{task.name}|{_MS}": round(ms)}
    if state in _STATES:
        counts[f"{task.name}|{_STATES[state]}"] = 1
    queue = (task.request.delivery_info or {}).get("routing_key") or ""
    _book.add(counts, {f"{task.name}|{queue}": f"{time.time():.3f}|{state}|{ms:.1f}"})


def _passed_over(request: Any, expired: bool = False, **_: Any) -> None:
    if expired:
        _book.add({f"{request.task}|{_VOID}": 1}, {})


def _leaving(**_: Any) -> None:
    _book.write()
