"""Starting the store and its limits side by side, loading them, and reading what they cost."""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port whose neighbour is free too (the outside world listens on PORT+1)."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@dataclass
class Store:
    url: str
    world: str
    pid: int
    env: dict[str, str]
    ready_s: float


@contextmanager
def running_store(**settings: str) -> Iterator[Store]:
    """A whole `./run` on a free port with data of its own; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gerbang-bench-") as data:
        port = free_port()
        env = {
            **os.environ,
            "PORT": str(port),
            "STORE_DATA": data,
            "RATE_LIMITS": "off",
            "DEMO_MONTH": "off",
            **settings,
        }
        yield from _start(env, port)


def _start(env: dict[str, str], port: int) -> Generator[Store]:
    began = time.monotonic()
    process = subprocess.Popen([str(ROOT / "run")], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                break
        else:
            raise RuntimeError("the store did not come up")
        yield Store(
            f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", process.pid, env, time.monotonic() - began
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextmanager
def running_bare(store: Store, application: str = "bench.bare:application") -> Iterator[str]:
    """The bare views (or another application) by the same server with as many workers and threads, on the store's
    database and Redis."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--worker-class",
        "gthread", "--workers", store.env.get("WEB_WORKERS", "2"), "--threads", store.env.get("WEB_THREADS", "8"),
        "--no-control-socket", "--keep-alive", "5",
    ]  # fmt: skip
    env = {**store.env, "DJANGO_SETTINGS_MODULE": "config.settings"}
    log = None if env.get("BENCH_SHOW_SQL") else subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                requests.get(f"{url}/json/none", timeout=1)
                break
            except requests.RequestException:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)  # it may finish what it has, for half a minute


def load(url: str, seconds: float = 4, connections: int = 8, headers: tuple[str, ...] = (), script: str = "") -> float:
    """Answers per second under wrk; fails when anything but 2xx/304 comes back."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", script]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    if bad:
        raise RuntimeError(f"{url}: {bad.group(1)} bad answers")
    found = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert found, out
    return float(found.group(1))


@dataclass
class Pair:
    """What two servers did in turns: medians of the repeats, and their ratio."""

    ours: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


def in_turns(ours: str, limit: str, *, repeats: int = 5, seconds: float = 3, headers: tuple[str, ...] = ()) -> Pair:
    mine, theirs = [], []
    load(ours, 1, headers=headers)
    load(limit, 1)
    for _ in range(repeats):
        mine.append(load(ours, seconds, headers=headers))
        theirs.append(load(limit, seconds))
    return Pair(statistics.median(mine), statistics.median(theirs))


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        queue += children.get(current, [])
    return found


def command_of(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def cpu_ms(pids: list[int]) -> float:
    """CPU time the processes have used so far, user and system, in ms; includes children they have reaped."""
    total = 0
    for pid in pids:
        try:
            fields = (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total * 1000 / TICKS


def pss_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        try:
            text = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
        total += int(found.group(1)) if found else 0
    return total / 1024
