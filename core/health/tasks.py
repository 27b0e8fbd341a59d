"""What a worker tells of itself: that it takes what waits, from which queue, and that it was asked to end."""

from typing import Any

from celery import Task, shared_task
from celery.signals import task_postrun, task_prerun, task_revoked, worker_ready, worker_shutting_down

from core import stopping
from core.pulse import heartbeat


@shared_task(name="core.heartbeat")
def beat() -> None:
    """Nothing but a task: that it was taken is the sign."""


@worker_ready.connect
def _first_signs(sender: Any, **_: Any) -> None:
    # The clock's first tick may be seconds away.
    for queue in sender.task_consumer.queues:
        heartbeat.seen(queue.name)


# A tick that came too late to be carried out was taken all the same.
@task_prerun.connect
@task_postrun.connect
def _worked(task: Task[Any, Any], **_: Any) -> None:
    heartbeat.seen((task.request.delivery_info or {}).get("routing_key"))


@task_revoked.connect
def _passed_over(request: Any, **_: Any) -> None:
    heartbeat.seen((request.delivery_info or {}).get("routing_key"))


@worker_shutting_down.connect
def _asked_to_end(**_: Any) -> None:
    stopping.ask()
