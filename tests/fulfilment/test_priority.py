"""ROYAL members' orders go through a queue of their own, and success counts for its buyer."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from fulfilment import pace, taking, tasks
from fulfilment.models import TopUp
from payments import settling
from payments.points import services as points
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.payments.cast import money, unplaced
from tests.payments.members import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    for module in (settling, tasks):
        monkeypatch.setattr(module, "wake", lambda *call: calls.append(call))
    monkeypatch.setattr(pace, "_seconds", 1.0)
    return calls


def paid(user: User | None) -> Order:
    order, payment = unplaced(user=user)
    settling.settle(payment.pk, money(ref=f"cptr-{order.number}"))
    return order


def test_money_of_a_royal_member_wakes_the_priority_queue(woken: list[tuple[Any, ...]]) -> None:
    paid(member("a", level="ROYAL"))
    assert woken == [("fulfilment.take", "priority", "ROYAL")]
    woken.clear()
    for user in (None, member("b", level="PRESTIGE")):
        paid(user)
    assert woken == [("fulfilment.take", "topups")] * 2


def test_what_the_priority_queue_takes_is_royal_and_goes_on_through_it(
    woken: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_send", lambda topup_id: None)
    royal = member("a", level="ROYAL")
    others = [paid(None) for _ in range(3)]
    mine = [paid(royal) for _ in range(4)]
    woken.clear()
    assert tasks.take("ROYAL") == 4
    taken = set(Order.objects.filter(status="PROCESSING").values_list("pk", flat=True))
    assert taken == {order.pk for order in mine}
    assert {call[:2] for call in woken} == {("fulfilment.send", "priority")} and len(woken) == 2
    assert tasks.take() == 3
    assert Order.objects.filter(status="PROCESSING", pk__in=[order.pk for order in others]).count() == 3


def test_a_full_hand_wakes_the_next_amid_its_own_sends(
    woken: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog that lost its messages (F3) goes on at once, not fifty orders at a tick of the clock."""
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 4)
    for _ in range(5):
        paid(None)
    woken.clear()
    assert tasks.take() == 4
    assert [call[:2] for call in woken] == [
        ("fulfilment.send", "topups"),
        ("fulfilment.take", "topups"),
        ("fulfilment.send", "topups"),
    ]
    sent = {topup for call in woken for topup in call[2:]}
    assert sent == set(TopUp.objects.values_list("pk", flat=True)) and len(sent) == 4
    monkeypatch.setattr(tasks, "_READY", 4)
    for _ in range(3):
        paid(None)
    woken.clear()
    monkeypatch.setattr(tasks, "_send", lambda topup_id: None)
    assert tasks.take() == 4
    assert "fulfilment.take" not in {call[0] for call in woken}, "so many are ready that nobody needs more"


def test_the_sweep_hands_out_royal_units_through_it_too(
    woken: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_send", lambda topup_id: None)
    monkeypatch.setattr(tasks, "_SENT_HERE", 0)
    for user in (member("a", level="ROYAL"), None):
        paid(user)
    tasks.take()
    TopUp.objects.update(not_before="2020-01-01T00:00:00Z")
    woken.clear()
    tasks.sweep()
    assert [call[:2] for call in woken] == [("fulfilment.send", "priority"), ("fulfilment.send", "topups")]


def test_success_earns_points_and_raises_the_level(supplier: Sandbox) -> None:
    user = member("a")
    order = desk.paid(user=user, unit_price_minor=5_000_000, list_price_minor=5_000_000, fee_minor=0)
    desk.work()
    assert Order.objects.get(pk=order.pk).status == "SUCCESS"
    user.refresh_from_db()
    # Points by the level before.
    assert (user.level, points.balance(user)) == ("PRESTIGE", 50_000)
