"""Many processes look at the same moment, all of them seeing that something is wrong and nothing of it told yet."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.db import connection, connections
from django.utils import timezone

from core import cases
from core.alerts import telling, watching
from core.alerts.models import AlertAddress, AlertRule, Incident
from core.models import MailMessage

pytestmark = pytest.mark.django_db(transaction=True)
LOOKERS = 8


@pytest.fixture
def wrong(transactional_db, services, settings) -> None:
    """A rule that is broken at once, and somebody to be told."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outbox.outbox = []
    watching.ensure_rules()
    AlertRule.objects.exclude(name="WorkGivenUp").update(is_on=False)
    AlertRule.objects.update(for_seconds=0, calm_seconds=0)
    AlertAddress.objects.create(channel="MAIL", address="ops@example.com", language="en")
    cases.open_case("mail", "mail:1", "stuck")


def all_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begin = threading.Barrier(LOOKERS), watching._begin

    def all_have_seen_that_there_is_none(*words):
        gate.wait(30)
        return begin(*words)

    monkeypatch.setattr(watching, "_begin", all_have_seen_that_there_is_none)

    def run() -> None:
        try:
            watching.look()
            telling.tell_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(LOOKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_incident_and_one_message(wrong, monkeypatch) -> None:
    all_look_at_once(monkeypatch)
    incident = Incident.objects.get()
    assert incident.state == "OPEN" and incident.told_at is not None
    assert MailMessage.objects.count() == len(outbox.outbox) == 1
    telling.tell_due(timezone.now() + timedelta(hours=1))
    assert len(outbox.outbox) == 1


def test_without_the_constraint_everybody_tells(wrong, monkeypatch) -> None:
    """The control: where nothing says that there is one, each makes an incident of his own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'one_incident_at_a_time'")
        (again,) = cursor.fetchone()
        cursor.execute("DROP INDEX one_incident_at_a_time")
    try:
        monkeypatch.setattr(watching, "_begin", _without_a_guard)
        all_look_at_once(monkeypatch)
        assert Incident.objects.count() == len(outbox.outbox) == LOOKERS
    finally:
        Incident.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(again)


def _without_a_guard(rule, kind, value, now) -> Incident:
    return Incident.objects.create(rule=rule, kind=kind, value=value, worst=value, began_at=now)
