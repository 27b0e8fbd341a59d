"""Parts of the store as processes of their own, as containers and units start them."""

import os
import signal
import subprocess
import sys

import pytest
import requests

from core.pulse import heartbeat
from supervisor import part
from supervisor.children import dies_with_parent
from supervisor.silence import Silence
from supervisor.surroundings import ROOT, complete
from tests.ports import free_pair
from tests.settings import RUN
from tests.waiting import wait_until

PART = [sys.executable, "-m", "supervisor.part"]


@pytest.fixture
def environ(services: None) -> dict[str, str]:
    given = {name: value for name, value in complete(os.environ).environ.items() if name != RUN}
    return given | {"DJANGO_SETTINGS_MODULE": "config.settings", "PORT": str(free_pair())}


@pytest.fixture
def start(environ):
    """Starts a part; it is gone with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **more: str) -> "subprocess.Popen[bytes]":
        started.append(
            subprocess.Popen(
                [*PART, *words],
                cwd=ROOT,
                env=environ | more,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def ask(environ: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PART, *words], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_web_server_by_itself_answers_watchers_by_its_address_and_ends_when_asked(start, environ) -> None:
    url = f"http://127.0.0.1:{environ['PORT']}"
    assert ask(environ, "healthy").returncode == 1
    web = start("web", WEB_BIND="0.0.0.0", WEB_WORKERS="1", EXTRA_HOSTS="web.inside")

    def answers() -> bool:
        assert web.poll() is None
        try:
            return requests.get(f"{url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    wait_until(answers, within=90)
    assert ask(environ, "healthy").returncode == 0
    assert requests.get(f"{url}/healthz", headers={"Host": "web.inside"}, timeout=5).status_code == 200
    assert not requests.get(f"{url}/healthz", headers={"Host": "shop.evil.example"}, timeout=5).ok
    assert "gerbang_requests_total" in requests.get(f"{url}/metrics", timeout=20).text
    web.terminate()
    assert web.wait(20) == 0


def test_a_worker_by_itself_takes_from_its_queues_and_ends_when_asked(start) -> None:
    worker = start("worker", "mail")
    wait_until(lambda: heartbeat.ages()["mail"] < 60, within=90)
    assert heartbeat.ages()["topups"] == float("inf")
    worker.terminate()
    assert worker.wait(30) == 0


def test_a_worker_that_lives_but_takes_nothing_ends_so_that_it_is_started_again(monkeypatch) -> None:
    deaf = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(part, "_celery", lambda words: deaf)
    monkeypatch.setattr(part, "_silent", lambda: ["mail", "topups"])
    monkeypatch.setattr(part, "Silence", lambda patience: Impatient(0.2))
    monkeypatch.setattr(part, "LOOK_AT_HEALTH_EVERY", 0.1)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert part._work(["mail"], complete(os.environ)) == 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Impatient(Silence):
    def forgive(self, queues, now: float) -> None:
        """A start takes no time here."""


def test_what_is_no_part_is_told_so(environ) -> None:
    for words in ([], ["worker"], ["worker", "nowhere"], ["shop"]):
        done = ask(environ, *words)
        assert done.returncode == 2
        assert "usage" in done.stderr
