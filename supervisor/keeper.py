"""Embedded servers for the length of a command: `manage.py` and the tests use them when no store is running.

Whoever needs the servers holds a shared lock on STORE_DATA/users.lock. The first one starts a keeper, a process of
its own that runs the servers until it gets that lock for itself alone, that is, until the last user is gone.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from supervisor.children import LOOK_EVERY, Family, clear_leftovers
from supervisor.servers import servers, wait_until_ready
from supervisor.surroundings import ROOT, Surroundings, Unusable, complete, make_data, remove_outside_sockets

KEEPER = "manage.py or tests, kept by process"

# Set in the keeper's environment: remove STORE_DATA at the end, and let the database skip waiting for the disk.
TEMPORARY = "GERBANG_KEEPER_TEMPORARY"


def lock_alone(path: Path, who: str = "") -> IO[str] | None:
    """The lock file, held by this process alone until it is closed; None if somebody else holds it.

    `who` stands in it together with the process id, for the message that somebody else may get to read.
    """
    file = open(path, "a+")  # noqa: SIM115 (the lock lasts as long as the file is open)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{who} {os.getpid()}")
    file.flush()
    return file


@contextmanager
def embedded_servers(surroundings: Surroundings, *, temporary: bool = False) -> Iterator[None]:
    """Inside, the database and the Redis of this environment answer. Raises Unusable where they cannot be had."""
    if not (surroundings.own_postgres or surroundings.own_redis):
        yield
        return
    make_data(surroundings.data)
    with open(surroundings.data / "users.lock", "a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        running = lock_alone(surroundings.data / "supervisor.lock")
        if running is not None:
            running.close()
            environ = surroundings.environ | ({TEMPORARY: "yes"} if temporary else {})
            keeper = subprocess.Popen(
                [sys.executable, "-m", "supervisor.keeper"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            _wait_for(surroundings, keeper)
        else:
            wait_until_ready(surroundings)
        yield


def _wait_for(surroundings: Surroundings, keeper: "subprocess.Popen[str]") -> None:
    def failed() -> bool:
        return bool(keeper.poll())

    wait_until_ready(surroundings, within=60, stop=failed)
    if failed() and keeper.stderr is not None:
        raise Unusable(keeper.stderr.read().strip() or "The embedded servers could not be started.")


def keep() -> None:
    """Runs the embedded servers until nobody uses them any more."""
    surroundings = complete(os.environ)
    temporary = bool(os.environ.get(TEMPORARY))
    data = surroundings.data
    alone = lock_alone(data / "supervisor.lock", KEEPER)
    if alone is None:
        return  # somebody was faster; the caller waits for that one's servers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the command, which ends first
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    register = data / "children.json"
    clear_leftovers(register)
    family = Family(register)
    # Several workers of a test run may each hold a connection for every one of fifty buyers.
    family.start(*servers(surroundings, is_kept=not temporary, max_connections=300 if temporary else 100))
    users = None
    while users is None and not asked:
        time.sleep(LOOK_EVERY)
        family.look()
        users = lock_alone(data / "users.lock")
    family.stop(family.members, within=5)
    remove_outside_sockets(data)
    if temporary:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    try:
        keep()
    except Unusable as problem:
        sys.exit(str(problem))
