"""One pooled connection to Redis per process, for counters, the catalogue's version and heartbeats."""

from functools import cache

import redis
from django.conf import settings


@cache
def connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
