"""What goes wrong outside, and who is killed: the sandbox's faults, and a hand that kills, flushes and restarts."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import redis

from bench.servers import command_of, cpu_ms, tree

#: Every kind of fault at every party. Left out are those after which a person has to act, whatever we do: a key that is
#: refused (401) and a supplier that takes back what it had delivered (`flip_to_failed`; a few, by `flips`).
FAULTS: Mapping[str, Mapping[str, float]] = {
    "create_order": {
        "delay_ms": 40, "lose_reply": 0.07, "lose_request": 0.05, "error": 0.05, "reject": 0.05,
        "commit_then_502": 0.05, "garbled": 0.05,
    },
    "order": {"finish_after_ms": 800, "fail": 0.05, "never": 0.05},
    "callback": {"drop": 0.3, "duplicate": 0.3, "delay_ms": 200, "forge": 0.05, "early": 0.05},
    "order_history": {"error": 0.1, "garbled": 0.05, "delay_ms": 50, "lag_ms": 700},
    "check_player": {"error": 0.05, "lose_reply": 0.05, "delay_ms": 30},
    "gateway": {
        "delay_ms": 20, "error": 0.05, "lose_reply": 0.05, "lose_request": 0.05, "garbled": 0.05, "unavailable": 0.05,
    },
    "webhook": {"drop": 0.15, "duplicate": 0.2, "delay_ms": 100, "wrong_token": 0.05, "out_of_order": 0.1},
    "refund": {"finish_after_ms": 500, "fail": 0.05},
    "midtrans": {"early_notification": 0.1},
    "digiflazz": {"race_ms": 1000},
}  # fmt: skip


# How long each is left alone: whoever kills it sooner shows nothing but that it takes time to start.
_LEAST_AGE_S = {"beat": 8.0, "worker-topups": 8.0, "worker-rest": 8.0, "web worker": 4.0, "web": 25.0}

# How often one of these replaces the kill of a process, in ticks of `kill_every_s`.
OTHER_BLOWS = (("flush redis", 7), ("kill redis", 13), ("kill postgres", 19))


def worse(faults: Mapping[str, Mapping[str, float]], factor: float) -> dict[str, dict[str, float]]:
    """All chances times `factor`, at most 0.9; times in milliseconds stay."""
    return {
        party: {
            name: value if name.endswith("_ms") else min(0.9, round(value * factor, 4)) for name, value in kinds.items()
        }
        for party, kinds in faults.items()
    }


class Killer:
    """A thread that lets a blow fall every `every_s` seconds until `stop`; `blows` counts them by kind.

    Which kind follows which is drawn from `seed`; which process it meets is the machine's affair.
    """

    def __init__(self, root: int, redis_url: str, *, seed: int, every_s: float) -> None:
        self.root, self.redis_url, self.every_s = root, redis_url, every_s
        self.blows: Counter[str] = Counter()
        self._seen: dict[int, float] = {}
        self._dice = random.Random(f"{seed}/killer")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        tick = 0
        while not self._stop.wait(self.every_s):
            tick += 1
            blow = next((name for name, every in OTHER_BLOWS if tick % every == 0), "kill process")
            if blow == "flush redis":
                self._flush()
            elif blow == "kill redis":
                self._kill(blow, "redis-server")
            elif blow == "kill postgres":
                self._kill(blow, "postgres", "-D")
            else:
                self._kill_one_of_ours()

    def _kill_one_of_ours(self) -> None:
        """One that has had the time to come up: else a slow machine would have no store to speak of."""
        ours = [(pid, name) for pid, line in self._processes() if (name := _ours(pid, line, self.root))]
        grown = [(pid, name) for pid, name in ours if self._age(pid) > _LEAST_AGE_S[name]]
        if grown:
            pid, name = self._dice.choice(grown)
            self._kill_pid(pid, name)

    def _age(self, pid: int) -> float:
        """Seconds since the process was first seen."""
        return time.monotonic() - self._seen.setdefault(pid, time.monotonic())

    def _kill(self, blow: str, *words: str) -> None:
        found = [pid for pid, line in self._processes() if all(word in line for word in words)]
        if found:
            self._kill_pid(min(found), blow)

    def _processes(self) -> list[tuple[int, str]]:
        return [(pid, command_of(pid)) for pid in tree(self.root) if pid != self.root]

    def _kill_pid(self, pid: int, what: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.blows[what] += 1

    def _flush(self) -> None:
        with suppress(redis.RedisError), redis.Redis.from_url(self.redis_url) as server:
            server.flushall()
            self.blows["flush redis"] += 1


def _ours(pid: int, line: str, root: int) -> str:
    """What a process of the store is called; "" for servers and the outside world."""
    if " celery " in line:
        if " beat" in line:
            return "beat"
        return "worker-topups" if "topups" in line else "worker-rest"
    if "gunicorn" in line and "config.wsgi" in line:
        return "web" if parent_of(pid) == root else "web worker"
    return ""


def cpu_by_name(root: int) -> Counter[str]:
    """CPU milliseconds that the store's and the sandbox's living processes have used so far."""
    used: Counter[str] = Counter()
    for pid in tree(root):
        line = command_of(pid)
        words = {"postgres": "postgres", "redis-server": "redis", " sandbox ": "sandbox"}
        name = _ours(pid, line, root) or next((name for word, name in words.items() if word in line), "supervisor")
        used["web" if name == "web worker" else name] += round(cpu_ms([pid]))
    return used


def parent_of(pid: int) -> int:
    """The process above, 0 where it is gone."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
