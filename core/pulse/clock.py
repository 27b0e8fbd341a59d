"""The clock (beat): what it is set to, when it last sent each, and what became of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery, current_app
from celery.signals import after_task_publish, beat_init

from core.pulse.counting import LastRun, last_runs
from core.redis import connection, text

logger = logging.getLogger(__name__)
_KEY = "pulse:clock"
_is_the_clock = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the clock. `sent_s`: seconds since it was last sent, None: never; `last`: how it last ended, by
    whichever worker, also where somebody else woke it."""

    name: str
    task: str
    queue: str
    every: str
    sent_s: float | None
    last: LastRun | None
    ended_s: float | None


def connect() -> None:
    """From now on this process, if it is the clock, tells of everything it sends."""
    beat_init.connect(_begin, dispatch_uid="core.pulse.clock")
    after_task_publish.connect(_ticked, dispatch_uid="core.pulse.clock")


def schedule() -> list[Entry]:
    """All lines, by name. Raises redis.RedisError."""
    app: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
    sent, runs, now = _sent(), last_runs(), time.time()
    found = []
    for name, line in app.conf.beat_schedule.items():
        task, queue = line["task"], line["options"]["queue"]
        at, last = sent.get((task, queue)), runs.get((task, queue))
        found.append(
            Entry(
                name, task, queue, _every(line["schedule"]), None if at is None else max(0.0, now - at), last,
                None if last is None else max(0.0, now - last.at),
            )
        )  # fmt: skip
    return sorted(found, key=lambda entry: entry.name)


def silence_s() -> float:
    """Seconds since the clock last sent anything; infinite where it never has since Redis was emptied."""
    sent = _sent()
    return max(0.0, time.time() - max(sent.values())) if sent else float("inf")


def _every(schedule: Any) -> str:
    if isinstance(schedule, int | float):
        return f"{schedule:g} s" if schedule < 120 else f"{schedule / 60:g} min"
    return f"{_one(schedule.hour):02d}:{_one(schedule.minute):02d}"


def _one(values: set[int]) -> int:
    return min(values)


def _sent() -> dict[tuple[str, str], float]:
    found = {}
    for name, at in connection().hgetall(_KEY).items():
        task, _, queue = text(name).partition("|")
        found[task, queue] = float(at)
    return found


def _begin(**_: Any) -> None:
    global _is_the_clock
    _is_the_clock = True


def _ticked(sender: str | None = None, routing_key: str | None = None, **_: Any) -> None:
    if not _is_the_clock:
        return
    try:
        connection().hset(_KEY, f"{sender}|{routing_key}", f"{time.time():.3f}")
    except redis.RedisError as problem:
        logger.warning("a tick was not noted: %s", problem)
