"""The whole store: started in order, watched until somebody asks it to stop, stopped in order."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import IO, Any

import redis

from config import settings
from core.pulse import heartbeat
from supervisor.children import LOOK_EVERY, Child, Family, clear_leftovers, dies_with_parent
from supervisor.keeper import KEEPER, lock_alone
from supervisor.prepare import is_prepared
from supervisor.servers import servers, wait_until_ready
from supervisor.silence import Silence
from supervisor.surroundings import (
    ROOT,
    Unusable,
    complete,
    make_data,
    make_private,
    remove_outside_sockets,
)

# Together under the ten seconds that were promised.
APPLICATION_STOPS_WITHIN = 5.0
SERVERS_STOP_WITHIN = 3.0

LOOK_AT_HEALTH_EVERY = 2.0
WORKERS: dict[str, tuple[str, ...]] = settings.CELERY_WORKERS

# What the sandbox shares with the store, so that each believes the other.
SANDBOX_KEYS = (
    "GEMGO_API_KEY", "DIGIFLAZZ_USERNAME", "DIGIFLAZZ_API_KEY", "DIGIFLAZZ_WEBHOOK_SECRET",
    "XENDIT_SECRET_KEY", "XENDIT_CALLBACK_TOKEN", "MIDTRANS_SERVER_KEY",
    "HITPAY_API_KEY", "HITPAY_API_SALT", "HITPAY_WEBHOOK_SALT", "GOOGLE_CLIENT_ID",
    "WHATSAPP_ACCESS_TOKEN", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET",
)  # fmt: skip

DEMO_LOGINS = (
    "customer@example.com", "staff@example.com", "finance@example.com", "catalogue@example.com",
    "marketing@example.com", "ops@example.com", "admin@example.com",
)  # fmt: skip
# The demo's, printed for everyone.
DEMO_PASSWORD = "demo-Passw0rd!"  # noqa: S105
DEMO_TOTP_SECRET = "GERBANGDEMO2TOPUPSTORE7STAFFCODE"  # noqa: S105


class Run:
    """One life of a store, from the first look at the environment to the last child's end."""

    def __init__(self) -> None:
        self.around = complete(os.environ)
        self.family = Family(self.around.data / "children.json")
        self.asked_to_stop = False
        self.silence = Silence(settings.WORKER_SILENT_SECONDS)

    def __call__(self) -> None:
        """Returns when everything that was started is gone. Raises Unusable where the store cannot start."""
        make_data(self.around.data)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        with self._lock():
            clear_leftovers(self.family.register)
            self._check_ports()
            try:
                self._start()
                self._watch()
            finally:
                self._end()

    def _stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def _lock(self) -> IO[str]:
        path = self.around.data / "supervisor.lock"
        until = time.monotonic() + 20
        told = False
        while True:
            lock = lock_alone(path, "./run, process")
            if lock is not None:
                return lock
            if self.asked_to_stop:
                sys.exit(0)
            holder = path.read_text().strip()
            if time.monotonic() > until or (holder and not holder.startswith(KEEPER)):
                raise Unusable(
                    f"{self.around.data} is in use ({holder}): end that one, or choose another STORE_DATA and PORT."
                )
            if not told:
                say(f"{self.around.data} is in use ({holder}); waiting for it to end ...")
                told = True
            time.sleep(LOOK_EVERY)

    def _needs_sandbox(self) -> bool:
        parties = [getattr(settings, name) for name in settings.PARTIES]
        return any(url == self.around.sandbox or url.startswith(self.around.sandbox + "/") for url in parties)

    def _check_ports(self) -> None:
        for port in [self.around.port] + [self.around.port + 1] * self._needs_sandbox():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    other = f"PORT={self.around.port + 10} ./run"
                    raise Unusable(f"port {port} cannot be had ({error.strerror}): try {other}") from error

    # --- Start ---

    def _start(self) -> None:
        connections = settings.WEB_WORKERS * settings.WEB_THREADS + len(WORKERS) * settings.CELERY_CONCURRENCY + 40
        self.family.start(*servers(self.around, max_connections=connections))
        wait_until_ready(self.around, stop=self._interrupted)
        if not self.asked_to_stop:
            self._prepare()
        if not self.asked_to_stop:
            self._forget_workers()
            self.family.start(*self._application())
            self.silence.forgive(settings.CELERY_QUEUES, time.monotonic())

    def _interrupted(self) -> bool:
        self.family.look()
        return self.asked_to_stop

    def _prepare(self) -> None:
        if is_prepared(self.around):
            return
        log = self.around.data / "logs" / "prepare.log"
        log.parent.mkdir(exist_ok=True)
        with open(log, "w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.prepare"],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
            while process.poll() is None:
                if self._interrupted():
                    process.kill()
                time.sleep(0.02)
        if process.returncode != 0 and not self.asked_to_stop:
            lines = log.read_text().strip().splitlines() or ["no message"]
            raise Unusable(f"the data could not be prepared: {lines[-1]} (all of it: {log})")

    def _forget_workers(self) -> None:
        """A sign of life from the last run must not count as one of this run's."""
        try:
            heartbeat.forget()
        except redis.RedisError as error:
            raise Unusable(f"REDIS_URL: Redis does not answer ({error}).") from error

    def _application(self) -> list[Child]:
        around = self.around
        figures = around.data / "metrics"
        shutil.rmtree(figures, ignore_errors=True)
        make_private(figures)
        environ = around.environ | {"PYTHONUNBUFFERED": "1"}
        # Django's checks would load every page's code into the worker and the clock, at the price of half their start.
        unchecked = environ | {"CELERY_SKIP_CHECKS": "yes"}
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        web = web_command(settings.WEB_BIND, around.port)
        found = [
            self._child("web", web, environ | {"PROMETHEUS_MULTIPROC_DIR": str(figures)}),
            *(self._child(name, [*celery, *worker_command(queues)], unchecked) for name, queues in WORKERS.items()),
            self._child("beat", [*celery, *beat_command(around.data)], unchecked),
        ]
        if self._needs_sandbox():
            sandbox = [
                "--port",
                str(around.port + 1),
                "--data",
                str(around.data / "sandbox"),
                "--store-url",
                around.store,
            ]
            keys = {name: getattr(settings, name) for name in SANDBOX_KEYS}
            found.append(self._child("sandbox", [sys.executable, "-m", "sandbox", *sandbox], environ | keys))
        return found

    def _child(self, name: str, command: list[str], environ: dict[str, str]) -> Child:
        return Child(name=name, command=command, environ=environ, log=self.around.data / "logs" / f"{name}.log")

    # --- Watch ---

    def _watch(self) -> None:
        said_ready, complained = False, False
        begun = look_again = time.monotonic()
        while not self.asked_to_stop:
            for child in self.family.look():
                code = child.process.returncode if child.process else None
                say(f"{child.name} ended ({_how(code)}); it is started again. Its log: {child.log}")
            if time.monotonic() >= look_again:
                health = self._health()
                look_again = time.monotonic() + (LOOK_AT_HEALTH_EVERY if said_ready else LOOK_EVERY)
                if health and health["ready"] and not said_ready:
                    said_ready = True
                    self._say_ready()
                if health:
                    self._mind_workers(health["silent"])
            if not said_ready and not complained and time.monotonic() > begun + 60:
                complained = True
                say(f"not ready after a minute; {self.around.data / 'logs'} may say why.")
            time.sleep(LOOK_EVERY)

    def _health(self) -> dict[str, Any] | None:
        """What the store itself says of its health; None where it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.around.port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            answer = json.loads(connection.getresponse().read())
            return {"ready": bool(answer["ready"]), "silent": list(answer["silent"])}
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return None
        finally:
            connection.close()

    def _mind_workers(self, silent: list[str]) -> None:
        """A worker that lives but takes nothing any more (it happens after a broker's restart) is started again."""
        overdue = self.silence.overdue(silent, time.monotonic())
        names = [name for name, queues in WORKERS.items() if overdue & set(queues)]
        if names == list(WORKERS):
            names.append("beat")  # it may be the clock that is silent
        for child in [child for child in self.family.members if child.name in names]:
            say(f"{child.name} lives but takes nothing any more ({', '.join(sorted(overdue))}); it is started again.")
            self.silence.forgive(WORKERS.get(child.name, ()), time.monotonic())
            self.family.restart(child, within=APPLICATION_STOPS_WITHIN)

    def _say_ready(self) -> None:
        print(f"ready {self.around.store}", flush=True)
        if settings.DEMO:
            print(f"demo logins, password {DEMO_PASSWORD}: {', '.join(DEMO_LOGINS)}", flush=True)
            print(f"second factor of the demo staff, TOTP secret: {DEMO_TOTP_SECRET}", flush=True)

    # --- End ---

    def _end(self) -> None:
        embedded = [child for child in self.family.members if child.name in ("postgres", "redis")]
        application = [child for child in self.family.members if child not in embedded]
        self.family.stop(application, within=APPLICATION_STOPS_WITHIN)
        self.family.stop(embedded, within=SERVERS_STOP_WITHIN)
        remove_outside_sockets(self.around.data)


def worker_command(queues: Sequence[str]) -> list[str]:
    """The words after `celery -A config` for a worker that takes from these queues."""
    options = {"--pool": "threads", "--concurrency": str(settings.CELERY_CONCURRENCY), "--loglevel": "WARNING"}
    words = [word for pair in options.items() for word in pair]
    # Gossip and mingle would have workers wait for each other; nobody listens to what they tell.
    return ["worker", *words, "-Q", ",".join(queues), "-n", f"{queues[-1]}@%h", "--without-gossip", "--without-mingle"]


def beat_command(data: Path) -> list[str]:
    """The words after `celery -A config` for the clock, whose schedule is kept in `data`."""
    return ["beat", "--pidfile=", "-s", str(data / "beat-schedule"), "--loglevel", "WARNING"]


def web_command(address: str, port: int) -> list[str]:
    """The web server on this address of the machine's."""
    options = {
        "--bind": f"{address}:{port}",
        "--workers": str(settings.WEB_WORKERS),
        "--worker-class": "gthread",
        "--threads": str(settings.WEB_THREADS),
        "--forwarded-allow-ips": ",".join(str(ip_network(proxy, strict=False)) for proxy in settings.TRUSTED_PROXIES),
        "--timeout": "90",  # longer than any call to an outer party
        "--graceful-timeout": "4",
        "--keep-alive": "15",
        # What is longer it answers by itself, outside the envelope; a long search is ours to refuse.
        "--limit-request-line": "8190",
        "--log-level": "warning",
    }
    if Path("/dev/shm").is_dir():  # noqa: S108 (gunicorn's own advice: a heartbeat file must not wait for a disk)
        options["--worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "gunicorn", "config.wsgi", "--preload", "--no-control-socket", *words]


def _how(code: int | None) -> str:
    if code is None:
        return "it could not be seen how"
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
