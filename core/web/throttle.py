"""Request throttles per address and device, counted atomically in Redis in fixed windows of a minute.

For politeness and card-testing; business limits (promo caps, lockouts) live in the database.
"""

from __future__ import annotations

import logging
import time

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Refused
from core.redis import connection

logger = logging.getLogger(__name__)
WINDOW_S = 60
# INCR and EXPIRE in one step: two commands would leave a counter for ever if the process died between them.
_COUNT = """
local worst = 0
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('EXPIRE', key, ARGV[1]) end
  if n > worst then worst = n end
end
return worst
"""


def check(rule: str, *who: str) -> None:
    """Counts one request of `rule` (a key of settings.THROTTLES) against each of `who` (hashes of address, device).

    Raises Refused RATE_LIMIT_EXCEEDED with Retry-After (seconds to the next window) when any is over the limit.
    Without Redis nothing is throttled: the shop sells on.
    """
    if not settings.RATE_LIMITS:
        return
    limit = settings.THROTTLES[rule]
    now = int(time.time())
    window = now // WINDOW_S
    keys = [f"throttle:{rule}:{window}:{name}" for name in who if name]
    if not keys:
        return
    try:
        count = int(connection().eval(_COUNT, len(keys), *keys, WINDOW_S + 5))
    except redis.RedisError:
        logger.warning("throttle %s not counted: Redis is away", rule)
        return
    if count > limit:
        raise too_many(WINDOW_S - now % WINDOW_S)


def too_many(retry_after_s: int) -> Refused:
    return Refused(
        "RATE_LIMIT_EXCEEDED",
        _("That was a lot at once. Please try again in %(seconds)d seconds.") % {"seconds": retry_after_s},
        headers={"Retry-After": str(max(1, retry_after_s))},
    )
