"""One pool of connections to Redis per process, for counters, the catalogue's version and heartbeats."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.connection import ConnectionInterface


@cache
def connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)


def text(value: bytes | str) -> str:
    """What Redis answered, as text."""
    return value.decode() if isinstance(value, bytes) else value


class _Line(threading.local):
    held: ConnectionInterface | None = None
    pid = 0


_line = _Line()


def ask(*words: bytes) -> Any:
    """One command, one answer, on a connection that this thread keeps: a third of the usual client's CPU time.

    For the one command that stands in every request. A connection that broke is replaced once; then raises
    redis.RedisError. A command may therefore run twice.
    """
    packed = b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)])
    is_kept = _line.held is not None and _line.pid == os.getpid()
    held = _line.held if is_kept and _line.held is not None else _fresh()
    try:
        try:
            return _exchange(held, packed)
        except (redis.ConnectionError, redis.TimeoutError) as problem:
            if not is_kept or isinstance(problem, redis.TimeoutError):
                raise
            # It lay idle since Redis was started again, or was cut by a time-out of Redis' own.
            held.disconnect()
            return _exchange(held, packed)
    except redis.ResponseError:
        raise  # an answer like any other; the connection is in step
    except BaseException:
        # Whatever broke off between question and answer: the next question must not read this one's answer.
        held.disconnect()
        _line.held = None
        raise


def _exchange(held: ConnectionInterface, packed: bytes) -> Any:
    held.send_packed_command([packed])
    answer = held.read_response()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _fresh() -> ConnectionInterface:
    # Not the pool's own make_connection: it counts up and never down; after a hundred threads there would be no more.
    pool = connection().connection_pool
    made: ConnectionInterface = pool.connection_class(**pool.connection_kwargs)
    _line.held, _line.pid = made, os.getpid()
    return made
