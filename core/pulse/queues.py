"""What waits at the broker: how many messages, and how old the one that is next."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery.signals import before_task_publish
from django.conf import settings

from core.pulse import heartbeat
from core.redis import connection

#: Header of a message: when it was put into its queue, in seconds since 1970. Celery itself does not say.
SENT_AT = "put_at"
_UNDER_WAY = "unacked"


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` messages, the next of which has waited for `oldest_s` (None: none waits, or nobody knows); `seen_s`
    seconds ago somebody took from it (infinite: never)."""

    name: str
    waiting: int
    oldest_s: float | None
    seen_s: float

    @property
    def is_silent(self) -> bool:
        return self.seen_s > settings.WORKER_SILENT_SECONDS


def connect() -> None:
    """From now on every message that this process sends says when it was sent."""
    before_task_publish.connect(_stamp, dispatch_uid="core.pulse.queues")


def standing() -> list[Queue]:
    """Every queue of the store. Two round trips to Redis. Raises redis.RedisError where it is away."""
    names, now = list(settings.CELERY_QUEUES), time.time()
    with connection().pipeline(transaction=False) as line:
        for name in names:
            line.llen(name)
            line.lindex(name, -1)  # messages are put in on the left
        answers = line.execute()
    ages = heartbeat.ages()
    return [
        Queue(name, int(answers[2 * at]), _age(answers[2 * at + 1], now), ages[name]) for at, name in enumerate(names)
    ]


def lengths() -> Mapping[str, float]:
    return {queue.name: float(queue.waiting) for queue in standing()}


def oldest() -> Mapping[str, float]:
    """Seconds for which the next message of each queue has waited; 0 where none does."""
    return {queue.name: queue.oldest_s or 0.0 for queue in standing()}


def under_way() -> int:
    """Messages that some worker took and has not done with yet; those of a worker that died come back by themselves."""
    return int(connection().hlen(_UNDER_WAY))


def _stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[SENT_AT] = round(time.time(), 3)


def _age(message: bytes | None, now: float) -> float | None:
    if message is None:
        return None
    try:
        put_at = json.loads(message)["headers"][SENT_AT]
        return max(0.0, now - float(put_at))
    except (ValueError, KeyError, TypeError):
        return None  # put there by a release that did not say so
