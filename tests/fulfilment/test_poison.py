"""A unit whose sending raises holds nobody up, is set aside with a reason, and is delivered once staff let it go on."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from core import poison
from core.models import StaffCase
from fulfilment import sending, taking, tasks
from fulfilment.models import TopUp
from tests.conftest import Sandbox
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db


def test_a_poison_unit_is_set_aside_while_the_others_arrive(
    supplier: Sandbox, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.look()
    orders = [desk.paid() for _ in range(3)]
    (poisoned,), *_ = taking.take()
    send = sending.send

    def stumble(topup_id: int) -> None:
        if topup_id == poisoned:
            raise KeyError("a snapshot of another age")
        send(topup_id)

    monkeypatch.setattr(sending, "send", stumble)
    begun = timezone.now()
    for minutes in range(0, 120, 5):
        with time_machine.travel(begun + timedelta(minutes=minutes), tick=True):
            tasks.sweep()
    assert len(supplier.supplier_orders()) == 2
    case = StaffCase.objects.get(kind=poison.CASE)
    assert case.evidence["row"] == f"fulfilment.topup:{poisoned}" and "another age" in case.evidence["error"]
    assert case.evidence["failures"] == poison.MOST_FAILURES
    assert TopUp.objects.get(pk=poisoned).state == TopUp.State.QUEUED, "nothing was undone"

    monkeypatch.setattr(sending, "send", send)
    admin_client.post(
        f"/admin/core/staffcase/{case.pk}/try_again/", {"_form_submitted": "True", "reason": "snapshot mended"}
    )
    TopUp.objects.filter(pk=poisoned).update(not_before=timezone.now())
    tasks.sweep()
    assert len(supplier.supplier_orders()) == len(orders)
