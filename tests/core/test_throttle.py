import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

import core.redis
from core.errors import Refused
from core.web import throttle


@pytest.fixture
def limit_ten(settings, services: None) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "orders": 10}
    settings.RATE_LIMITS = True


def _attempt(*who: str) -> bool:
    try:
        throttle.check("orders", *who)
    except Refused:
        return False
    return True


@pytest.mark.usefixtures("limit_ten")
def test_exactly_the_limit_passes_under_twenty_threads() -> None:
    with ThreadPoolExecutor(20) as pool:
        passed = list(pool.map(lambda _: _attempt("address"), range(200)))
    assert passed.count(True) == 10


@pytest.mark.usefixtures("limit_ten")
def test_address_and_device_are_both_counted() -> None:
    assert all(_attempt("one", "device") for _ in range(10))
    assert not _attempt("another", "device")
    assert _attempt("another", "other device")


@pytest.mark.usefixtures("limit_ten")
def test_counters_go_away_by_themselves() -> None:
    _attempt("address")
    server = core.redis.connection()
    names = list(server.scan_iter("throttle:*"))
    assert names
    assert all(0 < server.ttl(name) <= throttle.WINDOW_S + 5 for name in names)


@pytest.mark.usefixtures("limit_ten")
def test_a_refusal_says_when_to_come_back() -> None:
    for _ in range(10):
        throttle.check("orders", "address")
    with pytest.raises(Refused) as refused:
        throttle.check("orders", "address")
    assert refused.value.status == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60


@pytest.mark.usefixtures("limit_ten")
def test_a_connection_that_was_cut_is_replaced(monkeypatch) -> None:
    assert _attempt("address")
    server = core.redis.connection()
    for other in server.client_list():
        if int(other["id"]) != server.client_id():
            server.client_kill_filter(_id=other["id"])
    assert _attempt("address")
    assert throttle._silent_until == 0.0


def test_without_redis_the_shop_sells_on_and_waits_for_nobody(settings, monkeypatch) -> None:
    settings.RATE_LIMITS = True
    dead = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_timeout=1, socket_connect_timeout=1)
    monkeypatch.setattr(core.redis, "connection", lambda: dead)
    monkeypatch.setattr(core.redis._line, "held", None)
    begun = time.monotonic()
    for _ in range(1000):
        throttle.check("reads", "address")
    assert time.monotonic() - begun < 1.5


@pytest.mark.usefixtures("limit_ten")
def test_threads_that_come_and_go_use_up_no_connections() -> None:
    for _ in range(15):
        with ThreadPoolExecutor(10) as pool:
            assert all(pool.map(lambda number: core.redis.ask(b"PING") == b"PONG", range(10)))
    assert core.redis.ask(b"PING") == b"PONG"
