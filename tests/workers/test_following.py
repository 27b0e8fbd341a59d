"""The id in a request's answer is found again in the lines of the workers that it woke."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import transaction

from core import wake
from core.logs import trace_id
from core.redis import connection as redis
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.waiting import wait_until
from tests.workers.conftest import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def lines(log: Path, name: str) -> list[dict]:
    whole = log.read_text().rpartition("\n")[0]  # the last one may just be written
    found = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [line for line in found if line["from"] == "gerbang.task" and line["text"] == name]


def followed(log: Path, mark: str, name: str) -> list[dict]:
    return [line for line in lines(log, name) if line["id"] == mark]


def test_a_request_s_id_follows_into_the_worker_and_into_what_it_wakes(
    work: Callable[..., Worker], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.faults(callback={"early": 1.0})
    desk.shop()
    worker = work()
    # Nobody waits long for a broker that is slow to answer: on a busy machine a message may be lost. Then once more.
    for number in range(4):
        mark = f"request-{number}-of-the-test"
        _asked(mark, monkeypatch)
        with suppress(AssertionError):
            wait_until(
                lambda mark=mark: followed(worker.log, mark, "fulfilment.send"),  # type: ignore[misc]
                within=15,
            )
            break
    wait_until(lambda: followed(worker.log, mark, "fulfilment.take"))
    (take,) = followed(worker.log, mark, "fulfilment.take")
    send = followed(worker.log, mark, "fulfilment.send")[0]
    assert take["task"] != send["task"]
    assert take["state"] == "SUCCESS"
    assert take["ms"] > 0

    # Without anybody's request a task has an id of its own, and a quiet one leaves no line.
    wake.wake("core.heartbeat", "default")
    wait_until(lambda: not redis().llen("default"))
    assert lines(worker.log, "core.heartbeat") == []


def _asked(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request with that id wakes the worker to take more orders than one task sends by itself: it wakes others."""
    monkeypatch.setattr(wake, "_silent_until", float("inf"))
    for _ in range(4):
        desk.paid()
    monkeypatch.setattr(wake, "_silent_until", 0.0)
    token = trace_id.set(mark)
    try:
        with transaction.atomic():
            wake.wake("fulfilment.take", "topups")
    finally:
        trace_id.reset(token)
