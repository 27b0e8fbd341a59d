"""What tests stand on: real servers, the sandbox as the outside world, and a whole store under ./run."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
import redis
import requests
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core import regions
from core.web import prebuilt, throttle
from supervisor.children import dies_with_parent
from supervisor.keeper import embedded_servers, lock_alone
from supervisor.surroundings import ROOT, complete
from tests import staff, tables, turns
from tests.console import Console
from tests.ports import free_pair
from tests.settings import KEPT_OUT, RUN
from tests.waiting import wait_until

_started: dict[str, "Sandbox | Store | bool"] = {}
# The same examples in every run, and no verdict on how quick the machine is.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    """PostgreSQL and Redis, started by whichever test needs them first and shared by all workers of this run."""
    tables.put_into(complete(os.environ).data)
    with embedded_servers(complete(os.environ), temporary=True):
        _started["services"] = True
        yield
        _started.pop("services")


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> None:
    """In place of pytest-django's: a copy of the migrated database for this worker alone. It goes with the run."""
    tables.use_copy(f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
    with django_db_blocker.unblock():
        assert tables.is_migrated()
    TransactionTestCase._fixture_teardown = lambda self: tables.empty()  # type: ignore[attr-defined]


@pytest.fixture
def live_server(transactional_db: None) -> Iterator[LiveServer]:
    """The store under this worker's PORT, for one test: a webhook that comes after it finds nobody, and no rows of
    the next test's."""
    server = LiveServer(os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"], start=False)
    server.thread.server_class = _Prompt
    server.start()
    yield server
    server.stop()


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    """In place of pytest-django's: a superuser in the back office, which nobody enters without a second factor."""
    return staff.enter(Client(), admin_user)


@pytest.fixture(autouse=True)
def _django_set_urlconf(request: pytest.FixtureRequest) -> Iterator[None]:
    """In place of pytest-django's, which has every address worked out anew, twice for each test marked with `urls`."""
    marker = request.node.get_closest_marker("urls")
    usual = settings.ROOT_URLCONF
    if marker is not None:
        settings.ROOT_URLCONF = marker.args[0]
    yield
    settings.ROOT_URLCONF = usual


class _Prompt(ThreadedWSGIServer):
    """Looks often whether it shall end, so that its tests need not wait for it."""

    def serve_forever(self, poll_interval: float = 0.02) -> None:
        super().serve_forever(poll_interval)


@pytest.fixture(autouse=True)
def _clean_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with empty counters, queues and caches, with a sandbox that knows nothing, and at the beginning
    of a minute: requests are counted by the clock's minutes, and one that ends amid a test would count anew."""
    begun = time.time()
    counting = SimpleNamespace(time=lambda: time.time() - begun, monotonic=time.monotonic)
    monkeypatch.setattr(throttle, "time", counting)
    if "services" in _started:
        _flush_redis()
    regions.forget()
    prebuilt._forget()
    throttle._silent_until = 0.0
    box = _started.get("sandbox")
    if isinstance(box, Sandbox):
        box.reset()
    yield


def _flush_redis() -> None:
    for url in (settings.REDIS_URL, settings.CACHES["default"]["LOCATION"]):
        _redis(url).flushdb()


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


class Sandbox:
    """The outside world's remote control; see the control calls of the sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()

    def reset(self) -> None:
        """Orders, payments and faults are forgotten: it knows nothing, and nothing goes wrong."""
        self._call("POST", "reset")

    def faults(self, **faults: object) -> None:
        """These faults and no others; without arguments none."""
        self._call("PUT", "faults", faults)

    def supplier_orders(self) -> list[dict]:
        return self._call("GET", "supplier/orders")["orders"]

    def gateway_payments(self) -> list[dict]:
        return self._call("GET", "gateway/payments")["payments"]

    def pay(self, invoice: str, outcome: str = "paid", repeat: int = 1, amount: float | None = None) -> list[int]:
        """Somebody pays (or fails to); returns how the store answered each webhook."""
        body = {"outcome": outcome, "repeat": repeat} | ({} if amount is None else {"amount": amount})
        return self._call("POST", f"gateway/payments/{invoice}", body)["delivered"]

    def pay_exactly(self, reference: str) -> list[int]:
        """As `pay`, but on that reference and no later attempt's."""
        return self._call("POST", f"gateway/payments/{reference}", {"reference": reference})["delivered"]

    def google_id_token(self, **claims: object) -> str:
        return self._call("POST", "google/id-token", claims)["idToken"]

    def _call(self, method: str, path: str, body: object = None) -> dict:
        answer = self._http.request(method, f"{self.url}/control/{path}", json=body, timeout=60)
        assert answer.ok, f"sandbox: {method} {path} answered {answer.status_code}: {answer.text[:500]}"
        return answer.json() if answer.content else {}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of this worker's own; settings point at it, and it sends webhooks to live_server."""
    around = complete(os.environ)
    folder = around.data / f"sandbox-{around.port}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "log", "ab") as log:
        command = [sys.executable, "-m", "sandbox", "--port", str(around.port + 1), "--data", str(folder)]
        process = subprocess.Popen(
            [*command, "--store-url", around.store],
            cwd=ROOT,
            env=around.environ,
            stdout=log,
            stderr=log,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
    try:
        _wait_for(around.sandbox + "/healthz", process, folder / "log")
        _started["sandbox"] = box = Sandbox(around.sandbox)
        yield box
    finally:
        _started.pop("sandbox", None)
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, f"it ended at once:\n{log.read_text()[-3000:]}"
        with contextlib.suppress(requests.RequestException):
            return requests.get(url, timeout=2).ok
        return False

    wait_until(answers, within=20)


Prepared = Callable[[Path], None]


class Store:
    """A whole store under ./run, as a script from outside sees it."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.port = free_pair()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        left_out = (*KEPT_OUT, RUN, "DJANGO_")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        # The month would be in every count; one test of ./run starts with it.
        self.env |= {"PORT": str(self.port), "STORE_DATA": str(data), "DEMO_MONTH": "off"} | environ
        self.http = requests.Session()
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.port + 1}")
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._console: Console | None = None

    def start(self, within: float = 180, *, prepared: Prepared | None = tables.put_demo_into) -> float:
        """Returns the seconds until the store said that it is ready; unless `prepared`, its first start makes all."""
        if prepared:
            prepared(self.data)
        begun = time.monotonic()
        self.data.mkdir(parents=True, exist_ok=True)
        with open(self.data / "run.out", "w") as output, open(self.data / "run.err", "ab") as errors:
            self.process = subprocess.Popen(
                [str(ROOT / "run")],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                text=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        try:
            wait_until(self._is_ready, within)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.complaints()}") from None
        return time.monotonic() - begun

    def _is_ready(self) -> bool:
        assert self.process is not None and self.process.poll() is None, "./run ended"
        return f"ready {self.url}\n" in self.said()

    def stop(self) -> int:
        """Asks ./run to end, waits and returns its exit code."""
        assert self.process is not None
        if self._console is not None:
            self._console.close()
            self._console = None
        self.process.terminate()
        return self.process.wait(15)

    def said(self) -> str:
        """What ./run wrote to its standard output."""
        return (self.data / "run.out").read_text()

    def complaints(self) -> str:
        """What ./run wrote to standard error, and the ends of its children's logs."""
        files = [self.data / "run.err", *sorted((self.data / "logs").glob("*.log"))]
        return "\n".join(f"--- {file.name}\n{file.read_text()[-1500:]}" for file in files if file.exists())

    def pids(self, *words: str) -> list[int]:
        """Processes of this store whose command line contains all of `words`, oldest first."""
        assert self.process is not None
        return [pid for pid, line in descendants(self.process.pid) if all(word in line for word in words)]

    def console(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """As `manage`, without the start of a process each time."""
        if self._console is None:
            self._console = Console(self.env)
        return self._console(*words)

    def manage(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120)


def descendants(root: int) -> list[tuple[int, str]]:
    """(pid, command line) of every live process below `root`."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    parents[int(entry.name)] = int(fields[1])
    found = []
    for pid in sorted(parents):
        above = pid
        while above in parents and above != root:
            above = parents[above]
        if above == root and pid != root:
            with contextlib.suppress(OSError):
                found.append((pid, Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()))
    return found


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    """A whole store with its own data, quick to settle and to poll; for flows, chaos and browsers."""
    data = Path(os.environ[RUN]).with_name(f"{os.getpid()}-store")
    running = Store(
        data,
        GEMGO_POLL_SECONDS="0.5",
        GEMGO_SETTLE_SECONDS="4",
        GEMGO_TIMEOUT_SECONDS="2",
        DIGIFLAZZ_RECHECK_SECONDS="2",
        DIGIFLAZZ_TIMEOUT_SECONDS="2",
        ALERT_SECONDS="2",
        RATE_LIMITS="off",
    )
    running.start()
    _started["store"] = running
    yield running
    _stop_store()
    remove(data)


def _stop_store() -> None:
    running = _started.pop("store", None)
    if isinstance(running, Store):
        assert running.stop() == 0


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """A store that nobody needs any more does not compete with the tests that follow."""
    if nextitem is not None and turns.group(nextitem) != turns.WHOLE_STORE:
        _stop_store()


def remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", "--", str(folder)], check=True)


# --- What is run when nobody says otherwise ---

BROWSER = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.access(path, os.X_OK)), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests need Debian's Chromium; the long chaos runs are only for who asks for them with `-m chaos`."""
    for item in items:
        if "browser" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.browser)
    left_out = set() if BROWSER else {"browser"}
    if "chaos" not in (config.getoption("markexpr") or ""):
        left_out.add("chaos")
    unwanted = [item for item in items if any(item.get_closest_marker(name) for name in left_out)]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in unwanted]
    items.sort(key=lambda item: turns.turn(turns.group(item)))


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not go through all of it every few tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> turns.ByFile:
    # xdist's own groups come to nothing under this pytest, which keeps ids out of its reach.
    config.option.loadscopereorder = False
    return turns.ByFile(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if BROWSER is None:
        terminalreporter.write_line("browser tests left out: no Chromium (on Debian: apt-get install chromium)")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes this run's folder, and those of runs that were killed. Servers' keepers remove theirs."""
    folders = Path(os.environ[RUN]).parent
    if "PYTEST_XDIST_WORKER" in os.environ or not folders.is_dir():
        return
    for folder in folders.iterdir():
        pid = folder.name.partition("-")[0]
        if pid != str(os.getpid()) and Path(f"/proc/{pid}").exists():
            continue
        # Another run that ends just now may be quicker.
        with contextlib.suppress(FileNotFoundError):
            lock = lock_alone(folder / "supervisor.lock")
            if lock is not None:
                with lock:
                    remove(folder)
