import json
import time

import celery
import pytest
from django.conf import settings
from django.db import transaction

from config.celery import QUEUE_OF
from core import wake
from core.logs import trace_id
from core.redis import connection


@pytest.fixture(autouse=True)
def _listening(monkeypatch) -> None:
    monkeypatch.setattr(wake, "_silent_until", 0.0)


@pytest.fixture
def sent(monkeypatch) -> list:
    calls: list = []
    app = celery.current_app._get_current_object()  # type: ignore[attr-defined]
    monkeypatch.setattr(app, "send_task", lambda *args, **options: calls.append((args, options)))
    return calls


@pytest.mark.django_db(transaction=True)
def test_somebody_is_woken_after_the_commit_only(sent: list) -> None:
    with transaction.atomic():
        wake.wake("fulfilment.take", "topups", 7)
        assert sent == []
    assert sent[0][0] == ("fulfilment.take",)
    assert sent[0][1]["args"] == (7,)
    assert sent[0][1]["queue"] == "topups"
    assert sent[0][1]["expires"] <= 60


@pytest.mark.django_db(transaction=True)
def test_what_was_undone_wakes_nobody(sent: list) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        wake.wake("fulfilment.take", "topups")
        raise RuntimeError
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_message_stands_in_its_queue_and_names_the_request_it_comes_from() -> None:
    mark = trace_id.set("request-of-the-test")
    wake.wake("fulfilment.take", "topups", 7)
    trace_id.reset(mark)
    message = json.loads(str(connection().lpop("topups"), "utf-8"))
    assert message["headers"]["task"] == "fulfilment.take"
    assert message["headers"]["expires"]
    assert message["headers"]["trace"] == "request-of-the-test"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_no_order_and_little_time(request) -> None:
    mine = celery.current_app._get_current_object()  # type: ignore[attr-defined]
    request.addfinalizer(mine.set_current)
    away = celery.Celery("away", broker="redis://127.0.0.1:1/0")
    away.set_current()
    begun = time.monotonic()
    for _ in range(20):
        with transaction.atomic():
            wake.wake("fulfilment.take", "topups")
    assert time.monotonic() - begun < 2
    assert wake._silent_until > time.monotonic()


def test_every_task_of_ours_waits_in_a_queue_that_a_worker_takes_from() -> None:
    app = celery.current_app._get_current_object()  # type: ignore[attr-defined]
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert len(ours) > 10
    waits_in = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert set(waits_in.values()) <= set(settings.CELERY_QUEUES)
    assert QUEUE_OF.keys() <= set(ours), "a route of a task that is no more"
    for name, tick in app.conf.beat_schedule.items():
        if tick["task"] not in ("core.heartbeat", "core.watch"):  # these have to reach several workers
            assert tick["options"]["queue"] == waits_in[tick["task"]], name
