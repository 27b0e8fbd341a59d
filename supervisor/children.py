"""Processes that are kept alive: started in their own session, started again when they die, stopped in order."""

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

RESTART_PAUSE = 1.0
LOOK_EVERY = 0.1
LARGEST_LOG = 20 * 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def dies_with_parent(number: int) -> Callable[[], None]:
    """For the moment between fork and exec: the kernel sends `number` when the parent is gone."""
    parent = os.getpid()

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


@dataclass
class Child:
    """One process that is to be there. `before` runs ahead of every start and removes what a dead one left."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    log: Path
    stop_signal: int = signal.SIGTERM
    before: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    again_at: float = 0.0
    starts: int = 0

    def start(self) -> None:
        self.before()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(self.stop_signal),
            )
        self.starts += 1

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        """Signals the process alone, as it should pass the word on to its own children."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Nothing of the process and what it forked in its session is left."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.poll()

    def group_is_gone(self) -> bool:
        if self.process is None:
            return True
        if self.process.poll() is None:
            return False
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return False


@dataclass
class Family:
    """All children of one supervisor. Their process ids stand in `register`, for a successor who has to clear up."""

    register: Path
    members: list[Child] = field(default_factory=list)

    def start(self, *children: Child) -> None:
        for child in children:
            child.start()
            self.members.append(child)
        self._write()

    def look(self) -> list[Child]:
        """Starts again what died; returns the children whose death was noticed just now."""
        now, died, started = time.monotonic(), [], False
        for child in self.members:
            if child.is_running():
                continue
            if not child.again_at:
                child.kill_group()
                child.again_at = now + RESTART_PAUSE
                died.append(child)
            elif now >= child.again_at:
                child.again_at = 0.0
                child.start()
                started = True
        if started:
            self._write()
        return died

    def stop(self, children: Sequence[Child], *, within: float) -> None:
        """The children and their groups are gone: asked first, killed after `within` seconds."""
        _end(children, within)
        self.members = [child for child in self.members if child not in children]
        self._write()

    def restart(self, child: Child, *, within: float) -> None:
        """The child is a fresh process; the old one was asked first and had `within` seconds to finish."""
        _end([child], within)
        child.again_at = 0.0
        child.start()
        self._write()

    def _write(self) -> None:
        pids = [child.process.pid for child in self.members if child.process is not None]
        draft = self.register.with_suffix(".new")
        draft.write_text(json.dumps([[pid, started_at(pid)] for pid in pids]))
        draft.replace(self.register)


def _end(children: Sequence[Child], within: float) -> None:
    for child in children:
        child.send(child.stop_signal)
    until = time.monotonic() + within
    while time.monotonic() < until and not all(child.group_is_gone() for child in children):
        time.sleep(0.02)
    for child in children:
        child.kill_group()
        if child.process is not None:
            child.process.wait()


def started_at(pid: int) -> str | None:
    """The kernel's start time of a process, which tells it from a later one with the same id; None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else fields[19]


def clear_leftovers(register: Path) -> None:
    """Ends what a supervisor that was killed itself left running; afterwards nothing of it is alive."""
    try:
        known = [(int(pid), start) for pid, start in json.loads(register.read_text())]
    except (OSError, ValueError, TypeError):
        return
    left = [(pid, start) for pid, start in known if start and started_at(pid) == start]
    for pid, _ in left:
        _signal(pid, signal.SIGINT)
    until = time.monotonic() + 3
    while time.monotonic() < until and any(started_at(pid) == start for pid, start in left):
        time.sleep(0.02)
    for pid, start in left:
        if started_at(pid) == start:
            _signal(-pid, signal.SIGKILL)
    register.unlink(missing_ok=True)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
