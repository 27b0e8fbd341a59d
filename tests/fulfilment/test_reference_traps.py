"""When the same call is a new order: asked too soon, or too late. Each shown with its guard removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfilment import checking, clocks, evidence
from fulfilment.models import Attempt
from payments.models import Refund
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import cases, paid

pytestmark = pytest.mark.django_db


def test_a_repetition_within_a_minute_would_be_a_second_order(digiflazz, settings):
    """The documented race, shown with the guard removed; with it nobody gets there."""
    traps = {"digiflazz": {"race_ms": 60_000}} | desk.PENDING
    digiflazz.faults(**traps)
    attempt = desk.buy(paid())
    for _ in range(5):
        checking.look_due()
        checking.look(attempt.pk)
    assert len(digiflazz.supplier_orders()) == 1
    settings.DIGIFLAZZ_RECHECK_SECONDS = 0.1
    Attempt.objects.update(next_look_at=timezone.now())
    assert checking.look(attempt.pk)
    assert len(digiflazz.supplier_orders()) == 2, "the control: without the pause it is bought twice"


def test_a_reference_older_than_sixty_days_is_never_asked_for(digiflazz, monkeypatch):
    """The trap behind it: after 90 days the same call is a new order. Shown with the guard removed."""
    digiflazz.faults(digiflazz={"forget_after_ms": 0}, **desk.PENDING)
    order = paid()
    attempt = desk.buy(order)
    desk.pass_time(61 * 86400)
    assert checking.look_due() == 0 and not checking.look(attempt.pk)
    assert len(digiflazz.supplier_orders()) == 1
    with monkeypatch.context() as patched:
        patched.setattr(evidence, "report", lambda *told: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            checking.retire_old()
    assert not cases("reference_too_old"), "whoever writes the case dies, and the next one does it"
    checking.retire_old()
    attempt.refresh_from_db()
    assert attempt.next_look_at is None and attempt.state == "ACCEPTED"
    [case] = cases("reference_too_old")
    assert case.about == order.number and not Refund.objects.exists()
    Attempt.objects.update(next_look_at=timezone.now())
    monkeypatch.setattr(clocks, "REFERENCE_HOLDS", timedelta(days=999))
    assert checking.look(attempt.pk)
    assert len(digiflazz.supplier_orders()) == 2, "the control: without the limit it is bought twice"


def test_looks_become_rarer(digiflazz):
    digiflazz.faults(**desk.PENDING)
    attempt = desk.buy(paid())
    desk.pass_time(86400)
    checking.look_due()
    attempt.refresh_from_db()
    assert timedelta(minutes=59) < attempt.next_look_at - timezone.now() <= timedelta(hours=1)
