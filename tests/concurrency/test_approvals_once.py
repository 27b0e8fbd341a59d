"""Two who approve at once, and one who clicks twice, have it done once (F17, F18)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core.approvals import kinds, services
from core.approvals.models import Approval
from core.models import AuditEntry
from tests.concurrency.test_checkout_tokens import at_once
from tests.core.test_approvals import MAY, Person

pytestmark = pytest.mark.django_db(transaction=True)
WHO = (Person("dewi", MAY), Person("budi", MAY))


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def carry_out(approval: Approval, by: str, note: str) -> str:
        AuditEntry.objects.create(actor=by, action="it was done", subject=approval.subject)
        return ""

    monkeypatch.setattr(kinds, "_known", dict(kinds._known))
    kinds.register(kinds.Kind("test", "A test", MAY, carry_out))
    yield


def asked() -> Approval:
    return services.ask("test", "one", subject="core.region:ID", title="A region", by="sari", why="it is due")


def outcomes(approval: Approval, times: int) -> list[str]:
    told = at_once(lambda index: services.approve(approval.pk, WHO[index % 2], "yes"), times)
    return sorted(type(one).__name__ for one in told)


def done() -> int:
    return AuditEntry.objects.filter(action="it was done").count()


def test_f18_two_persons_and_double_clicks_do_it_once() -> None:
    assert outcomes(asked(), 6) == ["Approval"] + ["Refused"] * 5 and done() == 1


def test_without_the_lock_both_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    approval, both_have_read = asked(), threading.Barrier(2, timeout=10)

    def read(pk: int) -> Any:
        found = Approval.objects.get(pk=pk)
        both_have_read.wait()
        return found

    monkeypatch.setattr(services, "_locked", read)
    assert outcomes(approval, 2) == ["Approval", "Approval"] and done() == 2
