"""Waking workers: a message only makes it sooner, the rows say what there is to do (design, "Workers")."""

from __future__ import annotations

import logging
import time
from functools import cache, partial
from typing import Any

from celery import Celery, current_app
from django.db import transaction
from kombu import Connection, pools
from kombu.exceptions import KombuError
from redis import RedisError

from core import following

logger = logging.getLogger(__name__)
EXPIRES_S = 30
# Each message would wait for its time-out while the broker is away; after one failure nobody tries for a while.
PAUSE_S = 5.0
# Workers wait patiently for a broker that is away; a customer does not.
_HASTE = {"max_retries": 0, "connect_retries_timeout": 1, "socket_connect_timeout": 1, "socket_timeout": 2}
_silent_until = 0.0


def wake(task: str, queue: str, *args: Any) -> None:
    """After the caller's transaction commits, somebody who takes `queue` runs `task`; if not, its sweep does later.

    Never raises and never undoes what was committed: a broker that is away costs seconds, not the order.
    """
    transaction.on_commit(partial(_send, task, queue, args), robust=True)


def _send(task: str, queue: str, args: tuple[Any, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    app: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with pools.producers[_line(app)].acquire(block=True, timeout=1) as producer:  # type: ignore[attr-defined]
            app.send_task(
                task,
                args=args,
                queue=queue,
                expires=EXPIRES_S,
                headers=following.headers(),
                ignore_result=True,
                retry=False,
                producer=producer,
            )
    except (KombuError, RedisError, OSError) as problem:
        _silent_until = time.monotonic() + PAUSE_S
        logger.warning("nobody woken for %s: %s", task, type(problem).__name__)


@cache
def _line(app: Celery) -> Connection:
    line = app.connection_for_write()
    line.transport_options = {**line.transport_options, **_HASTE}  # type: ignore[attr-defined]
    return line
