"""A request's id follows into the tasks it wakes: a header of the message carries it into the worker's lines.

What the clock started has an id of its own. What a task wakes carries on the id of the task.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun

from core.logs import trace_id

logger = logging.getLogger("gerbang.task")
HEADER = "trace"
SLOW_S = 5.0


def headers() -> dict[str, str]:
    """What a message has to carry so that its task belongs to what is going on here."""
    return {HEADER: trace_id.get()} if trace_id.get() else {}


def connect() -> None:
    """From now on every task that is run in this process follows whoever woke it."""
    task_prerun.connect(_begin, dispatch_uid="core.following")
    task_postrun.connect(_end, dispatch_uid="core.following")


def _begin(task: Task[Any, Any], **_: Any) -> None:
    came_with = getattr(task.request, HEADER, "")
    given = came_with if isinstance(came_with, str) else ""
    # On the request of this very run: threads of one worker share the task.
    task.request.__dict__["following"] = (trace_id.set(given or secrets.token_hex(8)), bool(given), time.perf_counter())


def _end(task: Task[Any, Any], state: str | None = None, **_: Any) -> None:
    mark, was_woken, begun = task.request.__dict__["following"]
    took = time.perf_counter() - begun
    # The clock's ticks are many and mostly find nothing: they are told where they failed or took long.
    if was_woken or state != "SUCCESS" or took > SLOW_S:
        logger.info("%s", task.name, extra={"state": state, "ms": round(took * 1000, 1), "task": task.request.id})
    trace_id.reset(mark)
