"""What real workers do with what waits for them: from every queue, once however often it is said, and until the end."""

import json
from collections.abc import Callable

import pytest
from celery import current_app
from django.conf import settings

from core.pulse import heartbeat
from core.redis import connection as redis
from fulfilment.models import Attempt, TopUp
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.waiting import wait_until
from tests.workers.conftest import Worker

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[..., Worker]


def tell(task: str, queue: str, *args: object, times: int = 1) -> None:
    for _ in range(times):
        current_app.send_task(task, args=args, queue=queue, ignore_result=True)


def shop(sandbox: Sandbox) -> None:
    """A shop whose supplier's orders are over before it answers."""
    sandbox.faults(callback={"early": 1.0})
    desk.shop()


def units(state: str) -> int:
    return TopUp.objects.filter(state=state).count()


def told_and_delivered(count: int) -> bool:
    tell("fulfilment.poll", "polls")
    return units("DELIVERED") == count


def all_give_signs() -> bool:
    for queue in settings.CELERY_QUEUES:
        tell("core.heartbeat", queue)
    return heartbeat.silent(heartbeat.ages()) == []


def test_every_queue_is_taken_from_and_none_by_a_stranger(work: Start) -> None:
    topups, rest = settings.CELERY_WORKERS.values()
    work(*topups)
    for queue in settings.CELERY_QUEUES:
        tell("core.heartbeat", queue)
    wait_until(lambda: not any(redis().llen(queue) for queue in topups))
    assert {queue: redis().llen(queue) for queue in rest} == dict.fromkeys(rest, 1)
    assert heartbeat.silent(heartbeat.ages()) == list(rest)
    work(*rest)
    wait_until(lambda: not any(redis().llen(queue) for queue in settings.CELERY_QUEUES))
    redis().delete(heartbeat.KEY)
    wait_until(all_give_signs, every=0.5)


def test_F3_F4_a_task_that_runs_again_or_in_six_copies_buys_once(work: Start, sandbox: Sandbox) -> None:
    """F3: the broker delivers a message again while the first one's worker is still at it. F4: six copies of a task."""
    shop(sandbox)
    sandbox.faults(create_order={"delay_ms": 700}, callback={"early": 1.0})
    orders = [desk.paid() for _ in range(3)]
    work()
    tell("fulfilment.take", "topups", times=6)
    wait_until(lambda: Attempt.objects.filter(state=Attempt.State.SENDING).exists())
    unit_ids = list(TopUp.objects.values_list("pk", flat=True))
    for queue in ("topups", "priority"):
        tell("fulfilment.send", queue, *unit_ids, times=6)
    tell("fulfilment.sweep", "topups", times=6)
    wait_until(lambda: told_and_delivered(3))
    assert len(sandbox.supplier_orders()) == Attempt.objects.count() == len(orders) == 3


def test_cut_connections_to_the_broker_under_load_stop_nothing(work: Start, sandbox: Sandbox) -> None:
    shop(sandbox)
    sandbox.faults(create_order={"delay_ms": 100}, callback={"early": 1.0})
    work()

    def clock() -> bool:
        """Beat's part, on connections that are cut as well."""
        for task, queue in (("take", "topups"), ("sweep", "topups"), ("poll", "polls")):
            tell(f"fulfilment.{task}", queue)
        return units("DELIVERED") == 40

    for _ in range(4):
        before = Attempt.objects.count()
        for _ in range(10):
            desk.paid()
        clock()
        wait_until(lambda before=before: Attempt.objects.count() > before)  # type: ignore[misc]
        assert redis().client_kill_filter(_type="normal", skipme=True) > 1
    wait_until(clock, within=90, every=0.5)
    assert len(sandbox.supplier_orders()) == 40
    redis().delete(heartbeat.KEY)
    wait_until(all_give_signs, every=0.5)


def test_who_is_asked_to_end_finishes_the_call_and_hands_the_rest_back(work: Start, sandbox: Sandbox) -> None:
    shop(sandbox)
    sandbox.faults(create_order={"delay_ms": 1500}, callback={"early": 1.0})
    order = desk.paid(quantity=3)
    first = work("priority", "topups")
    tell("fulfilment.take", "topups")
    wait_until(lambda: Attempt.objects.filter(state=Attempt.State.SENDING).exists())
    first.ask_to_end()
    assert first.process.wait(15) == 0, first.log.read_text()[-2000:]
    # The call in hand was finished and its answer written; nothing else was begun.
    assert list(Attempt.objects.values_list("topup__unit", "state")) == [(1, Attempt.State.ACCEPTED)]
    assert units("QUEUED") == 2
    handed_back = [json.loads(raw)["headers"]["argsrepr"] for raw in redis().lrange("topups", 0, -1)]
    assert any(all(str(pk) in said for pk in TopUp.objects.filter(unit__gt=1).values_list("pk", flat=True))
               for said in handed_back), handed_back  # fmt: skip
    sandbox.faults(callback={"early": 1.0})
    work()
    wait_until(lambda: told_and_delivered(3))
    assert len(sandbox.supplier_orders()) == 3
    assert Order.objects.get(pk=order.pk).status == Order.Status.SUCCESS
