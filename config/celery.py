"""The Celery application and its clock. Tasks only wake somebody up: the rows say what there is to do."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, task_prerun
from django.conf import settings
from django.db import close_old_connections

from core import following
from core.pulse import clock, counting, queues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The queue in which a task waits, unless whoever wakes it names another; what is not listed waits in "default".
QUEUE_OF = {
    **dict.fromkeys(("fulfilment.take", "fulfilment.send", "fulfilment.sweep", "fulfilment.inbox"), "topups"),
    **dict.fromkeys(("fulfilment.poll", "fulfilment.poll_wanted", "fulfilment.check"), "polls"),
    **dict.fromkeys(("fulfilment.catalogues", "fulfilment.supplier_profile", "payments.poll"), "polls"),
    "fulfilment.reprice": "polls",
    **dict.fromkeys(("storefront.levels", "payments.prove", "core.tidy"), "polls"),
    **dict.fromkeys(("payments.reconcile", "payments.reconcile_day", "fulfilment.reconcile"), "polls"),
    **dict.fromkeys(("fulfilment.numbers", "fulfilment.prove_numbers", "fulfilment.forget"), "polls"),
    **dict.fromkeys(("core.send_mail", "core.send_messages"), "mail"),
    "core.watch": "default",
}

app = Celery("gerbang")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    # A message that a killed worker took comes back after this many seconds; sweeps over the rows are usually faster.
    broker_transport_options={"visibility_timeout": 300, "socket_keepalive": True, "health_check_interval": 15},
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue="default",
    task_routes={task: {"queue": queue} for task, queue in QUEUE_OF.items()},
    task_create_missing_queues=True,
    # Publishing must not hang a request while Redis is away: the row is there, the sweep finds it.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1},
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=settings.CELERY_EVENTS,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=3.0,
    timezone=settings.TIME_ZONE,
    enable_utc=True,
)
# Celery would close every thread's database connection around every task. They are kept, and looked at
# as a request's would be.
app.conf["CELERY_DB_REUSE_MAX"] = 10**12
task_prerun.connect(lambda **_: close_old_connections(), weak=False)
for part in (following, queues, counting, clock):
    part.connect()
# Celery would set levels and handlers of its own. LOGGING says what a worker's lines look like, as everywhere else.
setup_logging.connect(lambda **_: None, weak=False)

app.autodiscover_tasks()
app.autodiscover_tasks(["core.health"])


def every(seconds: float, task: str, queue: str) -> dict[str, Any]:
    """An entry of the clock. A tick nobody took in time is void, so none pile up while the workers are away."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(2 * seconds, 5)}}


def nightly(hour: int, minute: int, task: str) -> dict[str, Any]:
    """An entry of the clock for once a night. One that nobody took within the hour waits for the next night."""
    return {"task": task, "schedule": crontab(hour=hour, minute=minute), "options": {"queue": "polls", "expires": 3600}}


app.conf.beat_schedule = {
    "take paid orders": every(2, "fulfilment.take", "topups"),
    "poll the supplier": every(settings.GEMGO_POLL_SECONDS, "fulfilment.poll", "polls"),
    "ask by reference": every(5, "fulfilment.check", "polls"),
    "work off suppliers' webhooks": every(5, "fulfilment.inbox", "topups"),
    "read changing prices": every(600, "fulfilment.catalogues", "polls"),
    "look at costs, rates and prices": every(300, "fulfilment.reprice", "polls"),
    "sweep top-ups": every(5, "fulfilment.sweep", "topups"),
    "read the supplier's profile": every(60, "fulfilment.supplier_profile", "polls"),
    "reconcile with the suppliers": every(120, "fulfilment.reconcile", "polls"),
    "sum the days": every(60, "fulfilment.numbers", "polls"),
    "count the stocks": every(60, "fulfilment.stocks", "default"),
    "expire unpaid orders": every(5, "payments.expire", "default"),
    "poll the gateway": every(10, "payments.poll", "polls"),
    "work off the inbox": every(5, "payments.inbox", "default"),
    "carry out refunds": every(10, "payments.refunds", "default"),
    "remind of refunds to be claimed": every(300, "payments.claims", "default"),
    "reconcile with the gateways": every(120, "payments.reconcile", "polls"),
    "send mail": every(5, "core.send_mail", "mail"),
    "send messages": every(10, "core.send_messages", "mail"),
    "end approvals nobody gave": every(60, "core.approvals", "default"),
    # Twice, by queues of different workers: a dead one has to be seen by the other.
    "look for what is wrong": every(settings.ALERT_SECONDS, "core.watch", "default"),
    "look for what is wrong, beside": every(settings.ALERT_SECONDS, "core.watch", "priority"),
    "tidy up sign-ins": every(3600, "accounts.tidy", "default"),
    "read orders for staff's search": every(10, "storefront.search", "default"),
    # By Jakarta's clocks, when few are buying.
    "lower membership levels": nightly(3, 10, "storefront.levels"),
    "forget old messages": nightly(4, 20, "core.tidy"),
    "prove the ledger": nightly(3, 40, "payments.prove"),
    "reconcile the week with the gateways": nightly(4, 0, "payments.reconcile_day"),
    "prove the sums of days": nightly(4, 40, "fulfilment.prove_numbers"),
    "forget erased customers' purchases": every(3600, "fulfilment.forget", "polls"),
} | {
    f"sign of life: {queue}": every(min(5, settings.WORKER_SILENT_SECONDS / 4), "core.heartbeat", queue)
    for queue in settings.CELERY_QUEUES
}
