"""What one asks for and another approves is done once, by two different persons, or not at all (F17, F18)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.approvals import kinds, limits, services
from core.approvals.models import Approval, ApprovalLimit
from core.errors import Refused
from core.models import AuditEntry, Region, StaffCase
from core.money import Money
from tests.staff import enter

pytestmark = pytest.mark.django_db
MAY = "core.add_region"


class Person:
    def __init__(self, name: str, *rights: str) -> None:
        self.name, self.rights = name, rights

    def get_username(self) -> str:
        return self.name

    def has_perm(self, perm: str) -> bool:
        return perm in self.rights


SARI, DEWI, EYES = Person("sari", MAY), Person("dewi", MAY), Person("eyes")


def done() -> int:
    return AuditEntry.objects.filter(action="it was done").count()


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    given_up: list[str] = []

    def carry_out(approval: Approval, by: str, note: str) -> str:
        if approval.payload.get("is_odd"):
            raise Refused("VALIDATION_ERROR", "It cannot be done now.")
        AuditEntry.objects.create(actor=by, action="it was done", subject=approval.subject)
        return "one row"

    def give_up(approval: Approval, by: str, why: str) -> None:
        given_up.append(f"{by}: {why}")

    monkeypatch.setattr(kinds, "_known", dict(kinds._known))
    kinds.register(kinds.Kind("test", "A test", MAY, carry_out, give_up, lambda: {"IDR": 1_000, "PERCENT": 5}))
    yield given_up


def asked(key: str = "one", **payload: Any) -> Approval:
    return services.ask(
        "test", key, subject="core.region:ID", title="A region", by="sari", why="it is due", payload=payload
    )


def test_another_person_approves_and_it_is_done_once() -> None:
    approval = asked()
    assert asked().pk == approval.pk and services.waiting("core.region:ID") == approval
    for person in (SARI, EYES):
        with pytest.raises(Refused):
            services.approve(approval.pk, person, "me")
    assert (done(), Approval.objects.get().state) == (0, "WAITING")
    told = services.approve(approval.pk, DEWI, "looked at it")
    assert (told.state, told.outcome, told.decided_by, done()) == ("DONE", "one row", "dewi", 1)
    for decide in (services.approve, services.refuse):
        with pytest.raises(Refused):
            decide(approval.pk, DEWI, "again")
    assert done() == 1 and services.waiting("core.region:ID") is None
    trail = AuditEntry.objects.filter(subject="core.region:ID").order_by("id").values_list("actor", "action", "why")
    assert list(trail) == [
        ("sari", "test: asked", "it is due"),
        ("dewi", "it was done", ""),
        ("dewi", "test: done", "looked at it"),
    ]


def test_the_database_wants_two_persons_too() -> None:
    approval = asked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(state="DONE", decided_by="sari")


def test_what_cannot_be_done_waits_on() -> None:
    approval = asked(is_odd=True)
    with pytest.raises(Refused, match="cannot be done"):
        services.approve(approval.pk, DEWI, "yes")
    assert (done(), Approval.objects.get().state) == (0, "WAITING")


def test_refused_taken_back_or_lapsed_it_is_given_up(kind: list[str]) -> None:
    with pytest.raises(Refused):
        services.refuse(asked("a").pk, EYES, "no")
    services.refuse(asked("a").pk, DEWI, "too much")
    services.refuse(asked("b").pk, SARI, "my mistake")
    late = asked("c")
    assert services.lapse_due() == 0
    Approval.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused):
        services.approve(late.pk, DEWI, "late")
    assert (services.lapse_due(), services.lapse_due()) == (1, 0)
    assert kind == ["dewi: too much", "sari: my mistake", ": nobody decided in time"]
    assert list(Approval.objects.order_by("id").values_list("state", flat=True)) == ["REFUSED", "REFUSED", "LAPSED"]
    assert StaffCase.objects.get().kind == "approval-lapsed" and done() == 0


def test_limits_are_rows_that_stand_instead_of_the_default() -> None:
    assert limits.allows("test", Money(1_000, "IDR")) and not limits.allows("test", Money(-1_001, "IDR"))
    assert not limits.allows("test", Money(1, "MYR")) and limits.allows_units("test", "PERCENT", 5)
    ApprovalLimit.objects.create(kind="test", unit="MYR", most=100)
    ApprovalLimit.objects.create(kind="test", unit="IDR", most=0)
    assert limits.allows("test", Money(100, "MYR")) and not limits.allows("test", Money(1, "IDR"))


def test_the_back_office_decides_and_sets_limits(admin_client: Client, admin_user: Any, indonesia: Region) -> None:
    approval = asked()
    page = reverse("admin:core_approval_change", args=[approval.pk])
    shown = admin_client.get(page).content.decode()
    assert "A region" in shown and reverse("admin:core_region_change", args=["ID"]) in shown
    said = {"_form_submitted": "True", "reason": "looked at it"}
    enter(stale := Client(), admin_user, fresh=False)
    stale.post(page.replace("change", "approve"), said)
    assert done() == 0
    for _click in range(2):
        admin_client.post(page.replace("change", "approve"), said)
    assert done() == 1
    assert admin_client.get(reverse("admin:core_approval_changelist")).status_code == 200
    add = reverse("admin:core_approvallimit_add")
    assert admin_client.post(add, {"kind": "test", "unit": "myr", "most": "12.50"}).status_code == 302
    assert admin_client.post(add, {"kind": "test", "unit": "IDR", "most": "12.50"}).status_code == 200
    assert ApprovalLimit.objects.get().most == 1250
    assert AuditEntry.objects.filter(action="added", subject__startswith="core.approvallimit").exists()
    assert "RM12.50" in admin_client.get(reverse("admin:core_approvallimit_changelist")).content.decode()
