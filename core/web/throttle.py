"""Request throttles per address and device, counted atomically in Redis in fixed windows of a minute.

For politeness and card-testing; business limits (promo caps, lockouts) live in the database.
"""

from __future__ import annotations

import hashlib
import logging
import time

import redis
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.redis import ask

logger = logging.getLogger(__name__)
WINDOW_S = 60
# Time-outs of a Redis that does not answer are not spent on each request: after one failure nobody asks for a while.
PAUSE_S = 1.0
_silent_until = 0.0

# One round trip: the value under the first key (made where there is none), and the highest of the counters under the
# others. INCR and EXPIRE in one step: two commands would leave a counter for ever if the process died between them.
_COUNT = b"""
local token = ARGV[2]
if token ~= '' then
  token = redis.call('GET', KEYS[1])
  if not token then token = ARGV[2]; redis.call('SET', KEYS[1], token) end
end
local worst = 0
for i = 2, #KEYS do
  local n = redis.call('INCR', KEYS[i])
  if n == 1 then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
  if n > worst then worst = n end
end
return {token, worst}
"""
_COUNT_SHA = hashlib.sha1(_COUNT, usedforsecurity=False).hexdigest().encode()


class Away(Exception):
    """Redis does not answer: nothing is counted, and nothing is known."""


def check(rule: str, *who: str) -> None:
    """Counts one request of `rule` (a key of settings.THROTTLES) against each of `who` (hashes of address, device).

    Raises Refused RATE_LIMIT_EXCEEDED with Retry-After (seconds to the next window) when any is over the limit.
    Without Redis nothing is throttled: the shop sells on.
    """
    if not settings.RATE_LIMITS or not any(who):
        return
    try:
        check_and_read(rule, *who, token_key="", fallback="")
    except Away:
        logger.warning("throttle %s not counted: Redis is away", rule)


def check_and_read(rule: str, *who: str, token_key: str, fallback: str) -> str:
    """`check`, and in the same round trip the value under `token_key` (`fallback`, stored, where there was none).

    Raises Refused RATE_LIMIT_EXCEEDED, or Away without Redis.
    """
    global _silent_until
    now = time.time()
    counters = []
    if settings.RATE_LIMITS:
        window = int(now) // WINDOW_S
        counters = [f"throttle:{rule}:{window}:{name}" for name in who if name]
    if time.monotonic() < _silent_until:
        raise Away
    try:
        token, count = _eval(token_key, *counters, WINDOW_S + 5, fallback, keys=1 + len(counters))
    except redis.RedisError as problem:
        _silent_until = time.monotonic() + PAUSE_S
        raise Away from problem
    if counters and count > settings.THROTTLES[rule]:
        raise too_many(WINDOW_S - int(now) % WINDOW_S)
    return token.decode() if isinstance(token, bytes) else str(token)


def _eval(*arguments: str | int, keys: int) -> tuple[bytes | str, int]:
    words = [str(word).encode() for word in (keys, *arguments)]
    try:
        return ask(b"EVALSHA", _COUNT_SHA, *words)  # type: ignore[no-any-return]
    except redis.exceptions.NoScriptError:
        return ask(b"EVAL", _COUNT, *words)  # type: ignore[no-any-return]


def too_many(retry_after_s: int) -> Refused:
    return Refused(
        "RATE_LIMIT_EXCEEDED",
        _("That was a lot at once. Please try again in a minute."),
        headers={"Retry-After": str(max(1, retry_after_s))},
    )
