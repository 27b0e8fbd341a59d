"""One part of the store in the foreground, for containers and units: `python -m supervisor.part web`.

`./run` starts all parts on one machine. Here each is a process of its own that somebody else starts again, with the
very same options; servers, TLS and the outside world are given. What a part needs stands in docs/deploy.md.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import redis

from config import settings
from config.env import BadValue
from core.pulse import heartbeat
from supervisor.children import LOOK_EVERY, dies_with_parent
from supervisor.silence import Silence
from supervisor.store import LOOK_AT_HEALTH_EVERY, beat_command, say, web_command, worker_command
from supervisor.surroundings import ROOT, Surroundings, Unusable, complete, make_data, make_private

USAGE = f"""usage: python -m supervisor.part PART
  web                 the web server, on WEB_BIND:PORT
  worker QUEUE ...    a worker that takes from these queues: {", ".join(settings.CELERY_QUEUES)}
  beat                the clock; one is enough, a second one only doubles its ticks
  flower              Flower on 127.0.0.1:5555, for whoever knows FLOWER_LOGIN; wants requirements-flower.txt
  migrate             brings tables and roles up to date, once per release and before the other parts
  manage WORDS ...    a command of manage.py
  healthy             exit code 0 if the web server in this container answers"""


def main(words: Sequence[str]) -> int:
    """Becomes the part, or returns the exit code of what was done. Raises Unusable where it cannot start."""
    around = complete(os.environ)
    match list(words):
        case ["web"]:
            _become(web_command(settings.WEB_BIND, around.port), _figures(around) | _own_hosts(around))
        case ["worker", *queues] if queues and set(queues) <= set(settings.CELERY_QUEUES):
            return _work(queues, around)
        case ["beat"]:
            make_data(around.data)
            _become(_celery(beat_command(around.data)), around.environ | {"CELERY_SKIP_CHECKS": "yes"})
        case ["flower"]:
            _become(_celery(["flower", "--address=127.0.0.1", "--port=5555"]), around.environ | _flower_login())
        case ["migrate"]:
            return _migrate(around)
        case ["manage", *command] if command:
            _become([sys.executable, "manage.py", *command], around.environ)
        case ["healthy"]:
            return _is_alive(around.port)
    print(USAGE, file=sys.stderr)
    return 2


def _migrate(around: Surroundings) -> int:
    """Tables first; then the staff's roles, whose permissions are rows that migrating makes."""
    for words in (["migrate", "--no-input"], ["sync_roles"]):
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=around.environ, check=False)
        if done.returncode:
            return done.returncode
    return 0


def _become(command: list[str], environ: dict[str, str]) -> None:
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(command[0], command, environ | {"PYTHONUNBUFFERED": "1"})  # noqa: S606


def _celery(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "config", *words]


def _flower_login() -> dict[str, str]:
    """Flower's own variables. Raises Unusable without a login: it shows every task's arguments and can end workers."""
    user, _, password = settings.FLOWER_LOGIN.partition(":")
    if not user or not password:
        raise Unusable("FLOWER_LOGIN is not set: write it as user:password.")
    return {"FLOWER_BASIC_AUTH": settings.FLOWER_LOGIN, "FLOWER_UNAUTHENTICATED_API": "false"}


def _figures(around: Surroundings) -> dict[str, str]:
    """The environment of a web server, whose processes count together in a folder that begins empty."""
    # Not in STORE_DATA, which several machines may share.
    folder = Path(tempfile.gettempdir()) / f"gerbang-figures-{os.geteuid()}-{around.port}"
    shutil.rmtree(folder, ignore_errors=True)
    make_private(folder)
    return around.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def _own_hosts(around: Surroundings) -> dict[str, str]:
    """Whoever watches a web server on an inner network calls it by its address: one of many has no name there."""
    hosts = around.environ.get("EXTRA_HOSTS", "")
    if settings.WEB_BIND not in ("127.0.0.1", "::1", "localhost"):
        try:
            hosts = ",".join([*hosts.split(","), *socket.gethostbyname_ex(socket.gethostname())[2]])
        except OSError:
            say("this machine's own addresses are not known; watchers have to call it by a name in EXTRA_HOSTS.")
    return {"EXTRA_HOSTS": hosts}


def _work(queues: list[str], around: Surroundings) -> int:
    """Runs the worker until it ends or is asked to; one that lives but takes nothing any more is ended with code 1.

    That happens after a broker's restart. Signs of life are per queue: with several workers on one queue, a silent one
    is not seen as long as the others take what waits.
    """
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        worker.send_signal(signal.SIGTERM)

    worker = subprocess.Popen(
        _celery(worker_command(queues)),
        cwd=ROOT,
        env=around.environ | {"PYTHONUNBUFFERED": "1", "CELERY_SKIP_CHECKS": "yes"},
        stdin=subprocess.DEVNULL,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    silence = Silence(settings.WORKER_SILENT_SECONDS)
    silence.forgive(queues, time.monotonic())
    look_again = 0.0
    while worker.poll() is None:
        time.sleep(LOOK_EVERY)
        if asked or time.monotonic() < look_again:
            continue
        look_again = time.monotonic() + LOOK_AT_HEALTH_EVERY
        overdue = silence.overdue([queue for queue in _silent() if queue in queues], time.monotonic())
        if overdue:
            say(f"the worker lives but takes nothing from {', '.join(sorted(overdue))}; it is ended.")
            worker.terminate()
            _wait_or_kill(worker)
            return 1
    return worker.returncode if asked or worker.returncode else 1


def _wait_or_kill(worker: "subprocess.Popen[bytes]") -> None:
    try:
        worker.wait(30)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _silent() -> list[str]:
    try:
        return heartbeat.silent(heartbeat.ages())
    except redis.RedisError:
        return []  # without a broker nobody can take anything


def _is_alive(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (OSError, urllib.error.URLError) as problem:
        say(f"no answer: {problem}")
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BadValue, Unusable) as problem:
        sys.exit(f"{Path(sys.argv[0]).stem}: {problem}")
