"""What Prometheus and the alerts are told about the machinery, computed when they ask."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count

from core import poison
from core.alerts import watching
from core.figures import gauge
from core.models import AlertRule, Incident, StaffCase
from core.pulse import clock, counting, heartbeat, queues

#: Kinds of cases behind which stands work that is not tried again by itself.
GIVEN_UP = (poison.CASE, "inbox", "mail", "messenger")


def given_up() -> Mapping[str, float]:
    """What waits for staff because its work failed for good, by kind of case."""
    open_ones = StaffCase.objects.filter(state=StaffCase.State.OPEN, kind__in=GIVEN_UP)
    counted = dict(open_ones.values_list("kind").annotate(Count("pk")).order_by())
    return {kind: float(counted.get(kind, 0)) for kind in GIVEN_UP}


def incidents() -> Mapping[str, float]:
    """Incidents that are open, by severity."""
    open_ones = Incident.objects.filter(state=Incident.State.OPEN, ended_at=None)
    counted = dict(open_ones.values_list("rule__severity").annotate(Count("pk")).order_by())
    return {severity: float(counted.get(severity, 0)) for severity in AlertRule.Severity.values}


def register() -> None:
    gauge("gerbang_queue_length", "Messages that wait for a worker, by queue.", queues.lengths)
    gauge("gerbang_queue_age_seconds", "How long the next message of a queue has waited, by queue.", queues.oldest)
    gauge("gerbang_heartbeat_age_seconds", "Seconds since a worker last took from a queue, by queue.", heartbeat.ages)
    gauge("gerbang_clock_age_seconds", "Seconds since the clock last sent anything.", clock.silence_s)
    gauge("gerbang_tasks_per_minute", "Runs a minute in the last five minutes, by task.", counting.per_minute)
    gauge("gerbang_task_failures", "Runs of the last ten minutes that ended in an error, by task.", counting.failures)
    gauge("gerbang_given_up", "Work that is not tried again before staff say so, by kind of case.", given_up)
    gauge("gerbang_incidents_open", "Incidents of the store's own alerts that are open, by severity.", incidents)
    gauge("gerbang_alerts_age_seconds", "Since the store last looked whether anything is wrong.", watching.age_s)
