"""What the environment leaves open: where the embedded servers and the sandbox stand, and secrets made on the spot.

Whoever starts a process of the store (`./run`, `manage.py`, a test) completes the environment here, in the same way, so
that all of them meet on the same database, the same Redis and the same sandbox.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent

# The longest directory in which a socket named /.s.PGSQL.5432 still fits into the 107 bytes of a socket's address.
LONGEST_SOCKET_DIRECTORY = 93


class Unusable(Exception):
    """The surroundings do not allow a start; the text says in one line what to do."""


@dataclass(frozen=True)
class Surroundings:
    """A complete environment. `made` names the secrets that nobody gave; `own_*` says which servers are embedded."""

    environ: dict[str, str]
    made: frozenset[str]
    data: Path
    port: int
    own_postgres: bool
    own_redis: bool

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def store(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def complete(given: Mapping[str, str]) -> Surroundings:
    """`given` with everything filled in that it leaves open. Raises Unusable for a bad PORT or STORE_DATA."""
    environ = dict(given)

    def is_open(name: str) -> bool:
        return not environ.get(name, "").strip() and not environ.get(f"{name}_FILE", "").strip()

    port = _port(environ.get("PORT", "").strip() or "8000")
    data = Path(environ.get("STORE_DATA", "").strip() or ROOT / "var").expanduser().absolute()
    sandbox = f"http://127.0.0.1:{port + 1}"
    environ |= {"PORT": str(port), "STORE_DATA": str(data)}
    embedded = {
        "DATABASE_URL": f"postgresql:///gerbang?host={socket_directory(data)}&user=app",
        "REDIS_URL": f"unix://{socket_directory(data)}/redis.sock?db=0",
    }
    environ |= {name: url for name, url in embedded.items() if is_open(name)}
    fixed = {
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "GEMGO_BASE_URL": f"{sandbox}/gemgo",
        "DIGIFLAZZ_BASE_URL": f"{sandbox}/digiflazz",
        "DIGIFLAZZ_USERNAME": "gerbang",
        "XENDIT_BASE_URL": f"{sandbox}/xendit",
        "MIDTRANS_BASE_URL": f"{sandbox}/midtrans",
        "HITPAY_BASE_URL": f"{sandbox}/hitpay",
        "GOOGLE_CERTS_URL": f"{sandbox}/google/certs",
        "GOOGLE_CLIENT_ID": "gerbang.sandbox.example",
    }
    if is_open("GOOGLE_CERTS_URL"):
        # Keys and the two steps of the page login belong to one party.
        fixed |= {name: f"{sandbox}/google/{step}" for name, step in _GOOGLE_STEPS.items()}
    environ |= {name: value for name, value in fixed.items() if is_open(name)}
    if (urlsplit(environ["PUBLIC_BASE_URL"]).hostname or "") in _THIS_MACHINE:
        # Messengers are no must: a store for the world has them where it names them.
        environ |= {name: value for name, value in _messengers(sandbox).items() if is_open(name)}
    wanted = {name for name in MAKERS if is_open(name)}
    kept = _kept_secrets(data) if wanted else _read(data / "secrets.json")
    environ |= {name: kept[name] for name in wanted}
    # A child gets a complete environment handed down and must still see what is of the store's own making.
    return Surroundings(
        environ,
        made=frozenset(name for name in MAKERS if environ.get(name) == kept.get(name, "")),
        data=data,
        port=port,
        own_postgres=environ.get("DATABASE_URL") == embedded["DATABASE_URL"],
        own_redis=environ.get("REDIS_URL", "").partition("?")[0] == embedded["REDIS_URL"].partition("?")[0],
    )


def socket_directory(data: Path) -> Path:
    """Where the embedded servers' sockets stand: under STORE_DATA, or in a short private place if that is too deep."""
    inside = data / "sockets"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_DIRECTORY:
        return inside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gerbang-{os.geteuid()}-{name}"


def remove_outside_sockets(data: Path) -> None:
    """Nothing is left outside STORE_DATA."""
    sockets = socket_directory(data)
    if sockets.parent != data:
        shutil.rmtree(sockets, ignore_errors=True)


def make_private(directory: Path) -> None:
    """The directory exists, belongs to this user and nobody else may look inside; Unusable where it is a stranger's."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = directory.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
        raise Unusable(f"{directory} belongs to someone else: remove it, or choose another STORE_DATA.")
    directory.chmod(0o700)


def make_data(data: Path) -> None:
    """STORE_DATA exists and can be written to; Unusable otherwise."""
    try:
        data.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"STORE_DATA: cannot make {data} ({error.strerror}); choose another place.") from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise Unusable(f"STORE_DATA: {data} cannot be written to; choose another place or change its owner.")


def _port(value: str) -> int:
    try:
        port = int(value)
    except ValueError:
        port = 0
    if not 1 <= port <= 65534:
        raise Unusable(f"PORT must be a number from 1 to 65534 (the next one is the sandbox's), not {value!r}.")
    return port


_GOOGLE_STEPS = {"GOOGLE_AUTHORIZE_URL": "authorize", "GOOGLE_TOKEN_URL": "token"}


_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _messengers(sandbox: str) -> dict[str, str]:
    return {
        "WHATSAPP_BASE_URL": f"{sandbox}/whatsapp/v23.0",
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
        "TELEGRAM_BASE_URL": f"{sandbox}/telegram",
        "TELEGRAM_BOT_NAME": "gerbang_sandbox_bot",
        "TELEGRAM_LINK_URL": f"{sandbox}/telegram/me",
    }


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "ENCRYPTION_KEYS": _fernet_key,
    "GEMGO_API_KEY": lambda: secrets.token_hex(24),
    "DIGIFLAZZ_API_KEY": lambda: "dev-" + secrets.token_hex(16),
    "DIGIFLAZZ_WEBHOOK_SECRET": lambda: secrets.token_hex(24),
    "XENDIT_SECRET_KEY": lambda: "xnd_development_" + secrets.token_hex(24),
    "XENDIT_CALLBACK_TOKEN": lambda: secrets.token_hex(24),
    "MIDTRANS_SERVER_KEY": lambda: "SB-Mid-server-" + secrets.token_hex(24),
    "HITPAY_API_KEY": lambda: secrets.token_hex(32),
    "HITPAY_API_SALT": lambda: secrets.token_hex(32),
    "HITPAY_WEBHOOK_SALT": lambda: secrets.token_hex(32),
    "WHATSAPP_ACCESS_TOKEN": lambda: "EAA" + secrets.token_urlsafe(60),
    "TELEGRAM_BOT_TOKEN": lambda: f"{10**9 + secrets.randbelow(9 * 10**9)}:AA{secrets.token_urlsafe(25)}",
    "TELEGRAM_WEBHOOK_SECRET": lambda: secrets.token_urlsafe(32),
}


def _kept_secrets(data: Path) -> dict[str, str]:
    """The secrets made for this STORE_DATA, the same for every process and every start."""
    make_data(data)
    path = data / "secrets.json"
    kept = _read(path)
    if kept.keys() >= MAKERS.keys():
        return kept
    with open(data / "secrets.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(path)
        kept |= {name: make() for name, make in MAKERS.items() if name not in kept}
        draft = path.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return kept


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read ({error}): mend or remove it.") from error
