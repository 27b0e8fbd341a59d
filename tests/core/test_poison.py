"""Rows whose work keeps failing: ever later, set aside with a reason, and on again when staff say so."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from core import poison
from core.models import AuditEntry, MailMessage, PoisonRow, StaffCase

pytestmark = pytest.mark.django_db


def fail(row_id: int = 7) -> None:
    try:
        raise ValueError("no such column")
    except ValueError as problem:
        poison.failed(MailMessage, row_id, problem, about="GATE1")


def rests(row_id: int = 7) -> bool:
    return row_id in poison.resting(MailMessage)


def set_aside() -> StaffCase:
    for _ in range(poison.MOST_FAILURES):
        fail()
    return StaffCase.objects.get()


def test_each_failure_makes_the_rest_longer_and_nobody_else_s() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for pause in (2, 4, 8, 16):
            fail()
            clock.shift(pause - 0.5)
            assert rests() and not rests(8)
            clock.shift(1)
            assert not rests()
    assert not StaffCase.objects.exists()


def test_what_always_fails_is_set_aside_once_with_its_reason() -> None:
    case = set_aside()
    assert (case.kind, case.about) == ("set-aside", "GATE1")
    assert case.evidence["row"] == "core.mailmessage:7" and "no such column" in case.evidence["error"]
    fail()  # somebody held it already when it was set aside
    with time_machine.travel(timezone.now() + timedelta(days=300)):
        assert rests()
        assert poison.forget_old() == 0
    assert StaffCase.objects.count() == 1


def test_staff_have_it_tried_again_from_the_start_and_only_once(admin_client: Client) -> None:
    case = set_aside()
    page = f"/admin/core/staffcase/{case.pk}"
    assert f"{page}/try_again/" in admin_client.get(f"{page}/change/").content.decode()
    for _ in range(2):
        admin_client.post(f"{page}/try_again/", {"_form_submitted": "True", "reason": "the column is back"})
    assert not rests()
    case.refresh_from_db()
    assert (case.state, PoisonRow.objects.get().failures) == ("RESOLVED", 0)
    assert AuditEntry.objects.get(action="row tried again").why == "the column is back"
    assert f"{page}/try_again/" not in admin_client.get(f"{page}/change/").content.decode()
    for _ in range(poison.MOST_FAILURES):
        fail()
    assert StaffCase.objects.filter(state="OPEN").count() == 1, "what fails after that is a case of its own"


def test_servers_that_are_away_are_not_the_row_s_fault() -> None:
    poison.failed(MailMessage, 7, OperationalError("the server closed the connection"))
    assert not PoisonRow.objects.exists()


def test_failures_a_day_apart_do_not_add_up() -> None:
    for day in range(poison.MOST_FAILURES + 1):
        with time_machine.travel(timezone.now() + timedelta(days=2 * day)):
            fail()
    assert PoisonRow.objects.get().failures == 1
