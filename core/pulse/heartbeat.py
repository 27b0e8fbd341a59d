"""The workers' sign of life, by queue: when something that waited there was last taken or finished.

The clock puts a tick into every queue, so that an idle one gives signs too; in a busy one the work itself does, and a
long backlog is not mistaken for silence.
"""

import logging
import time
from collections.abc import Mapping

import redis
from django.conf import settings

from core.redis import connection, text

logger = logging.getLogger(__name__)
KEY = "heartbeat:queues"
# A busy worker writes no more often than this, per queue.
_PAUSE_S = 1.0
_last: dict[str, float] = {}


def seen(queue: str | None) -> None:
    """A worker takes from `queue`, just now. Never raises: without Redis there is no queue either."""
    now = time.monotonic()
    if queue is None or queue not in settings.CELERY_QUEUES or now - _last.get(queue, float("-inf")) < _PAUSE_S:
        return
    _last[queue] = now
    try:
        connection().hset(KEY, queue, f"{time.time():.3f}")
    except redis.RedisError as problem:
        logger.warning("no sign of life of %s: %s", queue, problem)


def ages() -> Mapping[str, float]:
    """Seconds since somebody took from each queue; infinite if never. Raises redis.RedisError where Redis is away."""
    kept = {text(queue): float(text(at)) for queue, at in connection().hgetall(KEY).items()}
    now = time.time()
    return {queue: max(0.0, now - kept.get(queue, float("-inf"))) for queue in settings.CELERY_QUEUES}


def silent(ages: Mapping[str, float]) -> list[str]:
    """The queues from which nobody has taken anything for too long."""
    return [queue for queue, age in ages.items() if age > settings.WORKER_SILENT_SECONDS]


def forget() -> None:
    """No worker counts as seen, until one shows up again."""
    connection().delete(KEY)
