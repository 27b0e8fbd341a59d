"""`manage.py` of a store under test, kept open: to start Python with all of a store's code takes longer than most
commands. `python -m tests.console` in the store's environment; what `Console` writes and reads is a line of JSON each.
"""

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping

from django.core.management import execute_from_command_line

from supervisor.children import dies_with_parent
from supervisor.surroundings import ROOT

Done = subprocess.CompletedProcess[str]


class Console:
    """One process for one command after the other, each on connections of its own and read from an empty line."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.console"],
            cwd=ROOT,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )

    def __call__(self, *words: str, within: float = 120) -> Done:
        assert self._process.stdin and self._process.stdout
        print(json.dumps(words), file=self._process.stdin, flush=True)
        assert select.select([self._process.stdout], [], [], within)[0], f"{words[0]} not within {within} s"
        return Done(["manage.py", *words], **json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def _serve() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    answers = sys.stdout
    for line in sys.stdin:
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = _done(json.loads(line))
        told = {"returncode": code, "stdout": output.getvalue(), "stderr": errors.getvalue()}
        print(json.dumps(told), file=answers, flush=True)


def _done(words: list[str]) -> int:
    """What `manage.py` with these words would end with."""
    try:
        execute_from_command_line(["manage.py", *words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # ends a process of its own with its trace and 1; this one goes on to the next command
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    _serve()
