"""./run as a script from outside sees it: it starts, says so, mends what dies, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from supervisor.store import DEMO_TOTP_SECRET
from supervisor.surroundings import ROOT, socket_directory
from tests import tables
from tests.conftest import Store, remove
from tests.settings import RUN
from tests.waiting import wait_until

WEB, WORKER, BEAT = ("gunicorn", "config.wsgi"), ("celery", " worker "), ("celery", " beat ")
SANDBOX, REDIS, POSTGRES = ("sandbox.wsgi",), ("redis-server",), ("postgres", " -D ")
HEARTBEATS = "heartbeat:queues"
QUEUES = {b"priority", b"topups", b"polls", b"mail", b"default"}


def data_of(name: str) -> Path:
    return Path(os.environ[RUN]).with_name(f"{os.getpid()}-{name}")


@pytest.fixture(scope="module")
def shop() -> Iterator[Store]:
    """One store that all tests of this file hurt in turn."""
    one = Store(data_of("ground"), WORKER_SILENT_SECONDS="12", DEMO_MONTH="on")
    one.start(prepared=None)
    yield one
    one.stop()
    remove(one.data)


def test_the_demos_month_is_there_and_its_books_hold(shop: Store) -> None:
    told = json.loads(shop.manage("check_ledger", "--json").stdout)
    assert told["ok"] and len(told["orders"]) > 500
    states = {"PENDING", "PAID", "PROCESSING", "SUCCESS", "FAILED", "EXPIRED"}
    assert {order["status"] for order in told["orders"]} == states
    assert shop.sandbox.supplier_orders() == [] and shop.sandbox.gateway_payments() == []


def is_ready(one: Store) -> bool:
    try:
        return requests.get(f"{one.url}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def its_redis(one: Store) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(socket_directory(one.data) / "redis.sock"))


def test_it_says_ready_once_and_prints_the_demo_logins(shop: Store) -> None:
    first, *rest = shop.said().splitlines()
    assert first == f"ready {shop.url}"
    assert "ready" not in "".join(rest)
    for login in ("customer", "staff", "ops", "admin"):
        assert f"{login}@example.com" in "".join(rest)
    assert "demo-Passw0rd!" in "".join(rest) and DEMO_TOTP_SECRET in "".join(rest)
    assert requests.get(f"{shop.url}/healthz", timeout=5).json() == {"status": "ok"}
    assert requests.get(f"{shop.sandbox.url}/healthz", timeout=5).ok


@pytest.mark.parametrize("words", [WEB, WORKER, BEAT, SANDBOX, REDIS, POSTGRES], ids=lambda words: words[0])
def test_what_is_killed_comes_back(shop: Store, words: tuple[str, ...]) -> None:
    wait_until(lambda: is_ready(shop))
    kept = its_redis(shop)
    kept.set("kept", words[0])
    old = shop.pids(*words)[0]

    os.kill(old, signal.SIGKILL)

    wait_until(lambda: set(shop.pids(*words)) - {old} and old not in shop.pids(*words))
    wait_until(lambda: is_ready(shop))
    wait_until(lambda: its_redis(shop).get("kept") == words[0].encode())
    # A fresh sign of life: the clock, the broker and a worker work together again.
    its_redis(shop).delete(HEARTBEATS)
    wait_until(lambda: set(its_redis(shop).hkeys(HEARTBEATS)) == QUEUES)
    # Again: the web workers that a killed master leaves behind answer for a moment before they notice.
    wait_until(lambda: is_ready(shop))
    assert [requests.get(f"{shop.url}/readyz", timeout=5).status_code for _ in range(30)] == [200] * 30
    assert shop.process is not None
    assert shop.process.poll() is None


def test_readyz_names_what_is_missing(shop: Store) -> None:
    wait_until(lambda: is_ready(shop))
    (worker,) = shop.pids(*WORKER, "topups")
    os.kill(worker, signal.SIGSTOP)
    try:
        its_redis(shop).hset(HEARTBEATS, "topups", time.time() - 31)
        answer = requests.get(f"{shop.url}/readyz", timeout=5)
        said = answer.json()
        assert (answer.status_code, said["ready"], said["missing"], said["silent"]) == (
            503,
            False,
            ["worker"],
            ["topups"],
        )
        assert requests.get(f"{shop.url}/healthz", timeout=5).status_code == 200
    finally:
        os.kill(worker, signal.SIGCONT)


def test_a_worker_that_lives_but_takes_nothing_is_started_again(shop: Store) -> None:
    wait_until(lambda: is_ready(shop))
    (deaf,), (other,) = shop.pids(*WORKER, "topups"), shop.pids(*WORKER, "mail")
    os.kill(deaf, signal.SIGSTOP)
    wait_until(lambda: deaf not in shop.pids(*WORKER))
    wait_until(lambda: is_ready(shop))
    assert len(shop.pids(*WORKER, "topups")) == 1
    assert shop.pids(*WORKER, "mail") == [other], "who took its work is left alone"
    assert "worker-topups lives but takes nothing any more" in (shop.data / "run.err").read_text()


def test_figures_come_from_all_web_processes(shop: Store) -> None:
    healthz = 'gerbang_requests_total{method="GET",route="healthz"'

    def counted() -> float:
        text = requests.get(f"{shop.url}/metrics", timeout=5).text
        assert "gerbang_heartbeat_age_seconds" in text
        assert 'gerbang_queue_length{kind="topups"}' in text
        line = next(line for line in text.splitlines() if line.startswith(healthz))
        return float(line.split()[-1])

    requests.get(f"{shop.url}/healthz", timeout=5)
    before = counted()
    for _ in range(20):
        requests.get(f"{shop.url}/healthz", timeout=5)
    assert counted() == before + 20


def test_manage_py_works_on_the_running_store(shop: Store) -> None:
    wait_until(lambda: is_ready(shop))
    look = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT pg_postmaster_start_time()')"
    look += "; print(k.fetchone())"
    servers = shop.pids(*POSTGRES)
    first, second = shop.manage("shell", "-v", "0", "-c", look), shop.manage("shell", "-v", "0", "-c", look)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert shop.pids(*POSTGRES) == servers


def test_a_store_that_is_in_use_is_refused(shop: Store) -> None:
    second = run(shop.env | {"PORT": str(shop.port + 100)})
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "choose another STORE_DATA" in second.stderr


def test_a_taken_port_is_refused_with_the_command_that_helps(shop: Store, tmp_path: Path) -> None:
    second = run(shop.env | {"STORE_DATA": str(tmp_path)})
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"port {shop.port} " in second.stderr
    assert "PORT=" in second.stderr
    assert second.stdout == ""


def test_two_copies_a_killed_supervisor_and_a_deep_folder(shop: Store) -> None:
    """The second copy stands in a folder too deep for sockets, and its supervisor is killed without warning."""
    other = Store(data_of("other") / ("deep" * 20), DEMO="off")
    try:
        other.start(prepared=tables.put_into)
        assert other.said() == f"ready {other.url}\n"
        assert is_ready(shop)
        assert not set(shop.pids()) & set(other.pids())
        assert len(str(socket_directory(other.data))) < 93
        left = other.pids()
        assert other.process is not None
        other.process.kill()
        other.process.wait()

        prepared = (other.data / "logs" / "prepare.log").stat().st_mtime_ns
        other.start(prepared=tables.put_into)

        assert (other.data / "logs" / "prepare.log").stat().st_mtime_ns == prepared, "nothing is prepared twice"
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
        everything = other.pids()
        begun = time.monotonic()
        assert other.stop() == 0
        assert time.monotonic() - begun < 10
        # Who was killed at the end is gone as soon as the kernel gets to it.
        wait_until(lambda: not [pid for pid in everything if Path(f"/proc/{pid}").exists()], within=20)
        assert not socket_directory(other.data).exists()
        assert is_ready(shop)
    finally:
        if other.process is not None and other.process.poll() is None:
            other.stop()
        remove(data_of("other"))


def run(environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """./run where it is expected to refuse."""
    return subprocess.run([str(ROOT / "run")], env=environ, capture_output=True, text=True, timeout=30)


def refused(tmp_path: Path, **environ: str) -> str:
    """What ./run says when it refuses, which it does at once and before it starts anything."""
    base = Store(tmp_path / "data").env
    done = run(base | environ)
    assert done.returncode == 1
    assert done.stdout == ""
    assert not (tmp_path / "data" / "pg").exists()
    return done.stderr


def test_the_world_gets_no_demo_no_made_secret_and_no_sandbox(tmp_path: Path) -> None:
    said = refused(tmp_path, PUBLIC_BASE_URL="https://shop.example")
    for name in (
        "DEMO",
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "GEMGO_API_KEY",
        "DIGIFLAZZ_API_KEY",
        "DIGIFLAZZ_WEBHOOK_SECRET",
        "XENDIT_SECRET_KEY",
        "XENDIT_CALLBACK_TOKEN",
        "MIDTRANS_SERVER_KEY",
        "HITPAY_API_KEY",
        "HITPAY_API_SALT",
        "HITPAY_WEBHOOK_SALT",
    ):
        assert f"  {name} is " in said
    for party in ("GEMGO", "DIGIFLAZZ", "XENDIT", "MIDTRANS", "HITPAY"):
        assert f"  {party}_BASE_URL still points at the sandbox" in said
    assert "  GOOGLE_CERTS_URL still points at the sandbox" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("DEMO", "yes"), ("GEMGO_POLL_SECONDS", "soon"), ("XENDIT_BASE_URL", "x")],
)
def test_a_bad_value_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    said = refused(tmp_path, **{name: value})
    assert said.count("\n") == 1
    assert said.startswith(f"run: {name} ")
    assert repr(value) in said


def test_the_real_second_supplier_is_never_asked_within_a_minute(tmp_path: Path) -> None:
    said = refused(tmp_path, DIGIFLAZZ_BASE_URL="https://digiflazz.example", DIGIFLAZZ_RECHECK_SECONDS="59")
    assert "DIGIFLAZZ_RECHECK_SECONDS must be at least 60" in said
