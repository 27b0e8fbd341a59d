"""Real Celery workers on this test's rows, queues and sandbox, started as `./run` starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

import pytest
from django.conf import settings
from django.db import connection

from core.pulse import heartbeat
from core.redis import connection as redis
from supervisor.children import dies_with_parent
from supervisor.store import worker_command
from supervisor.surroundings import ROOT, complete
from tests.conftest import Sandbox
from tests.settings import RUN
from tests.waiting import wait_until


class Worker:
    """One worker process and what it wrote."""

    def __init__(self, queues: Sequence[str], **environ: str) -> None:
        around = complete(os.environ)
        database = around.environ["DATABASE_URL"].replace("/gerbang?", f"/{connection.settings_dict['NAME']}?")
        given = {name: value for name, value in around.environ.items() if name != RUN}
        given |= {"DJANGO_SETTINGS_MODULE": "config.settings", "CELERY_SKIP_CHECKS": "yes"}
        self.log = around.data / f"worker-{os.getpid()}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", *worker_command(queues)],
                cwd=ROOT,
                env=given | {"DATABASE_URL": database, "GEMGO_POLL_SECONDS": "0.5"} | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def takes_from(self, queues: Sequence[str]) -> bool:
        """Whether every one of the queues has given a sign of life. Fails with the log if the worker has ended."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return set(redis().hkeys(heartbeat.KEY)) >= {queue.encode() for queue in queues}

    def ask_to_end(self) -> None:
        self.process.terminate()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def work(transactional_db: None, sandbox: Sandbox) -> Iterator[Callable[..., Worker]]:
    """Starts a worker for the given queues (all of them, unless said otherwise); gone with the test."""
    started: list[Worker] = []

    def start(*queues: str, **environ: str) -> Worker:
        wanted = queues or settings.CELERY_QUEUES
        worker = Worker(wanted, **environ)
        started.append(worker)
        wait_until(lambda: worker.takes_from(wanted), within=90)
        return worker

    yield start
    for one in started:
        one.end()
