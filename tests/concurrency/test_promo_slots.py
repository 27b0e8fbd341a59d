"""F13, F14: a limited promo used by many at once. Threads with connections of their own, against real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import Refused
from storefront.promos import services
from storefront.promos.models import Promo, PromoSlot
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 50
SLOTS = 10


def all_at_once(act: Callable[[int], None], count: int) -> list[str]:
    """`act(0)` … `act(count - 1)`, each in a thread of its own, let go together; what each came to."""
    outcomes = [""] * count
    gate = threading.Barrier(count)

    def run(index: int) -> None:
        gate.wait()
        try:
            act(index)
            outcomes[index] = "taken"
        except Refused as refusal:
            outcomes[index] = refusal.code
        except Exception as problem:
            outcomes[index] = type(problem).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def take(promo: Promo, index: int, **same: str) -> None:
    who = {"target": f"target{index}", "device": f"device{index}", "address": f"address{index}"} | same
    services.take(promo.pk, f"HOLDER{index}", now=timezone.now(), **who)


def held(promo: Promo) -> int:
    return PromoSlot.objects.filter(promo=promo, released_at=None).count()


def test_fifty_buyers_for_the_last_ten_slots_ten_get_one() -> None:
    promo = factories.promo(max_usage=SLOTS)
    outcomes = all_at_once(lambda index: take(promo, index), BUYERS)
    assert outcomes.count("taken") == SLOTS
    assert outcomes.count("PROMO_LIMIT_REACHED") == BUYERS - SLOTS
    promo.refresh_from_db()
    assert (promo.used, held(promo)) == (SLOTS, SLOTS)


@pytest.mark.parametrize(
    ("cap", "same"),
    [
        ("max_daily_usage", {}),
        ("max_usage_per_id", {"target": "one player"}),
        ("max_usage_per_device", {"device": "one phone"}),
        ("max_usage_per_ip", {"address": "one network"}),
    ],
)
def test_each_cap_holds_when_all_come_at_once(cap: str, same: dict[str, str]) -> None:
    limit: dict[str, Any] = {cap: 3}
    promo = factories.promo(**limit)
    outcomes = all_at_once(lambda index: take(promo, index, **same), 20)
    assert outcomes.count("taken") == 3
    promo.refresh_from_db()
    assert (promo.used, held(promo)) == (3, 3)


def test_without_the_lock_more_get_one_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same race with the promo merely read must go wrong, or the tests above prove nothing."""
    everybody_has_counted = threading.Barrier(BUYERS)
    counted = services._counted

    def count_and_wait(*args: object) -> object:
        counts = counted(*args)
        everybody_has_counted.wait(timeout=30)
        return counts

    monkeypatch.setattr(services, "lock", lambda promo_id: Promo.objects.select_related("region").get(pk=promo_id))
    monkeypatch.setattr(services, "_counted", count_and_wait)
    promo = factories.promo(max_daily_usage=SLOTS)
    outcomes = all_at_once(lambda index: take(promo, index), BUYERS)
    assert outcomes.count("taken") > SLOTS


def test_the_same_order_asking_ten_times_at_once_holds_one_slot() -> None:
    promo = factories.promo(max_usage=SLOTS)
    outcomes = all_at_once(lambda index: take(promo, 0), 10)
    assert outcomes == ["taken"] * 10
    promo.refresh_from_db()
    assert (promo.used, held(promo)) == (1, 1)


def test_a_slot_released_ten_times_at_once_comes_back_once() -> None:
    promo = factories.promo(max_usage=SLOTS)
    take(promo, 0)
    take(promo, 1)
    freed: list[bool] = []
    all_at_once(lambda index: freed.append(services.release("HOLDER0")), 10)
    assert sorted(freed) == [False] * 9 + [True]
    promo.refresh_from_db()
    assert (promo.used, held(promo)) == (1, 1)


def test_released_slots_are_taken_by_those_who_wait_and_by_nobody_twice() -> None:
    promo = factories.promo(max_usage=SLOTS)
    for index in range(SLOTS):
        take(promo, index)

    def leave_or_come(index: int) -> None:
        if index < SLOTS:
            services.release(f"HOLDER{index}")
        else:
            take(promo, index)

    all_at_once(leave_or_come, 3 * SLOTS)
    promo.refresh_from_db()
    assert promo.used == held(promo) <= SLOTS


def test_a_budget_is_never_overspent_and_what_dies_gives_it_back() -> None:
    promo = factories.promo(budget_minor=SLOTS * 1000 + 999)
    outcomes = all_at_once(lambda index: spend(promo, index), BUYERS)
    assert outcomes.count("taken") == SLOTS
    assert outcomes.count("PROMO_LIMIT_REACHED") == BUYERS - SLOTS
    promo.refresh_from_db()
    assert (promo.used, promo.given_minor) == (SLOTS, SLOTS * 1000)
    holders = list(PromoSlot.objects.filter(promo=promo).values_list("holder", flat=True))
    all_at_once(lambda index: services.release(holders[index // 2]), 2 * len(holders[:3]))
    promo.refresh_from_db()
    assert (promo.used, promo.given_minor) == (SLOTS - 3, (SLOTS - 3) * 1000)
    services.retake(holders[0], timezone.now())
    promo.refresh_from_db()
    assert promo.given_minor == (SLOTS - 2) * 1000


def test_without_the_lock_a_budget_would_be_overspent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: merely read, everybody finds money left. What then stops them is the database's own constraint."""
    everybody_has_looked = threading.Barrier(BUYERS)
    looked = services._over

    def look_and_wait(*args: Any) -> str:
        reason = looked(*args)
        everybody_has_looked.wait(timeout=30)
        return reason

    monkeypatch.setattr(services, "lock", lambda promo_id: Promo.objects.select_related("region").get(pk=promo_id))
    monkeypatch.setattr(services, "_over", look_and_wait)
    promo = factories.promo(budget_minor=SLOTS * 1000)
    outcomes = all_at_once(lambda index: spend(promo, index), BUYERS)
    assert outcomes.count("PROMO_LIMIT_REACHED") == 0
    assert outcomes.count("IntegrityError") == BUYERS - SLOTS


def spend(promo: Promo, index: int) -> None:
    who = {"target": f"target{index}", "device": f"device{index}", "address": f"address{index}"}
    services.take(promo.pk, f"HOLDER{index}", now=timezone.now(), discount_minor=1000, **who)
