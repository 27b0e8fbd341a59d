"""The heartbeat travels the way all work travels: from the clock through the broker to a worker."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from core.health import heartbeat


@shared_task(name="core.heartbeat", queue="default")
def beat() -> None:
    heartbeat.beat()


@worker_ready.connect
def _first_beat(**_: Any) -> None:
    # The clock's first tick may be seconds away.
    heartbeat.beat()
