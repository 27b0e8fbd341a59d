"""The workers' sign of life: a time in Redis that only a worker which really takes tasks keeps fresh."""

import time

from core.redis import connection

KEY = "heartbeat:worker"
STALE_AFTER_S = 30


def beat() -> None:
    """The workers were seen just now."""
    connection().set(KEY, f"{time.time():.3f}")


def age() -> float | None:
    """Seconds since a worker was last seen; None if never. Raises redis.RedisError where Redis is away."""
    seen = connection().get(KEY)
    return (
        None if seen is None else max(0.0, time.time() - float(str(seen, "ascii") if isinstance(seen, bytes) else seen))
    )


def forget() -> None:
    """No worker counts as seen, until one shows up again."""
    connection().delete(KEY)
