"""The id in a request's answer is found again in the lines of the workers that it woke."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
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
    found = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in found if line["from"] == "gerbang.task" and line["text"] == name]


def test_a_request_s_id_follows_into_the_worker_and_into_what_it_wakes(
    work: Callable[..., Worker], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "_silent_until", 0.0)
    sandbox.faults(callback={"early": 1.0})
    desk.shop()
    for _ in range(4):  # more than the task sends by itself: it wakes others
        desk.paid()
    redis().delete(*settings.CELERY_QUEUES)
    worker = work()
    mark = trace_id.set("request-of-the-test")
    try:
        with transaction.atomic():
            wake.wake("fulfilment.take", "topups")
    finally:
        trace_id.reset(mark)
    wait_until(lambda: lines(worker.log, "fulfilment.take") and lines(worker.log, "fulfilment.send"))
    (take,) = lines(worker.log, "fulfilment.take")
    send = lines(worker.log, "fulfilment.send")[0]
    assert take["id"] == send["id"] == "request-of-the-test"
    assert take["task"] != send["task"]
    assert take["state"] == "SUCCESS"
    assert take["ms"] > 0

    # Without anybody's request a task has an id of its own, and a quiet one leaves no line.
    wake.wake("core.heartbeat", "default")
    wait_until(lambda: not redis().llen("default"))
    assert lines(worker.log, "core.heartbeat") == []
