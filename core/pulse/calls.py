"""How an outer party has answered lately: a window of its newest calls, at most of the last hour."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from statistics import quantiles

import redis

from core.redis import connection, text

logger = logging.getLogger(__name__)
#: So many calls of a party are remembered, and none for longer than SPAN_S.
MOST = 2_000
SPAN_S = 3600
#: Of fewer calls a share says nothing: none is told.
FEWEST = 5
# Whoever calls must not wait for Redis each time while it is away.
_PAUSE_S = 5.0
_KEY = "pulse:calls:"
_silent_until = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """`fine`: answered as they should be (also by a refusal); times in seconds of those, None where there are none."""

    calls: int
    fine: int
    p50: float | None
    p95: float | None
    p99: float | None

    @property
    def success_percent(self) -> float | None:
        return round(100 * self.fine / self.calls, 1) if self.calls else None


def note(party: str, seconds: float, is_fine: bool) -> None:
    """One more call has ended just now. Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with connection().pipeline(transaction=False) as line:
            line.lpush(_KEY + party, f"{time.time():.3f}|{seconds:.4f}|{int(is_fine)}")
            line.ltrim(_KEY + party, 0, MOST - 1)
            line.expire(_KEY + party, SPAN_S)
            line.execute()
    except redis.RedisError as problem:
        _silent_until = time.monotonic() + _PAUSE_S
        logger.warning("a call to %s was not counted: %s", party, problem)


def window(party: str) -> Window:
    """The party's newest calls. One round trip. Raises redis.RedisError."""
    oldest, fine, times, calls = time.time() - SPAN_S, 0, [], 0
    for told in connection().lrange(_KEY + party, 0, MOST - 1):
        at, seconds, is_fine = text(told).split("|")
        if float(at) < oldest:
            break
        calls += 1
        if is_fine == "1":
            fine += 1
            times.append(float(seconds))
    if not times:
        return Window(calls, fine, None, None, None)
    # As percentile_cont of PostgreSQL, by which the suppliers' times are told.
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return Window(calls, fine, cuts[49], cuts[94], cuts[98])
