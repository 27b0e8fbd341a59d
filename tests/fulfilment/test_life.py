"""Whatever happens to a purchase, in whatever order: no unit arrives twice, none is paid back that may arrive, the
books hold after every step, and everything that was paid ends or stands in a case (F8: unknown is never "failed").

Hypothesis explores the acts of tests.fulfilment.life.walk: in ./test the same few hundred steps each time, with
LIFE_STEPS as many others as it says.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as explored
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from fulfilment import recording, suppliers
from fulfilment.models import Attempt, Route
from fulfilment.suppliers.base import Placed
from tests.fulfilment.life.chance import Clock, Dice
from tests.fulfilment.life.walk import ACTS, Walk
from tests.fulfilment.life.witness import Witness

STEPS = int(os.environ.get("LIFE_STEPS", "480"))
PER_EXAMPLE = 60
NUMBER = st.integers(0, 2**45)
# What moves purchases on comes more often than what disturbs them.
WORK = ["buy", "buy", "take", "take", "send", "send", "send", "sweep", "poll", "poll", "poll", "check", "wait", "wait"]
SUPPLIERS = ["finish", "finish", "finish", "callback", "webhook", "webhook", "weather", "take_back", "funds"]
SUPPLIERS += ["strangers_buy"]
PEOPLE = ["decide", "decide", "cancel", "correct", "correct", "look_now", "pay_again", "give_back", "wait_long"]
PEOPLE += ["account", "read_profiles", "read_catalogue"]
total: Counter[str] = Counter()
assert {*WORK, *SUPPLIERS, *PEOPLE} == ACTS.keys()


def opened(world: pytest.MonkeyPatch) -> tuple[Walk, Witness]:
    """A new shop with its suppliers and its clock, and who watches it."""
    clock = Clock()
    world.setattr(timezone, "now", clock)
    walk = Walk(clock)
    world.setitem(suppliers._WITH_HISTORY, "gemgo", walk.telling)
    world.setitem(suppliers._BY_REFERENCE, "digiflazz", walk.knowing)
    world.setitem(suppliers._CHECKERS, "gemgo", walk.telling)
    walk.open()
    return walk, Witness(walk)


class Life(RuleBasedStateMachine):
    """One shop; `world` is put in by the test."""

    world: pytest.MonkeyPatch

    @initialize(number=NUMBER)
    def open(self, number: int) -> None:
        self._inside = transaction.atomic()
        self._inside.__enter__()
        self._is_sound = False
        self.walk, self.witness = opened(self.world)
        self.step("weather", number)
        for at in range(1 + number % 3):
            self.step("buy", number >> 8 * at)

    @rule(act=st.sampled_from(WORK), number=NUMBER)
    def work(self, act: str, number: int) -> None:
        self.step(act, number)

    @rule(act=st.sampled_from(WORK), number=NUMBER)
    def work_on(self, act: str, number: int) -> None:
        self.step(act, number)

    @rule(act=st.sampled_from(SUPPLIERS), number=NUMBER)
    def suppliers_do(self, act: str, number: int) -> None:
        self.step(act, number)

    @rule(act=st.sampled_from(PEOPLE), number=NUMBER)
    def people_do(self, act: str, number: int) -> None:
        self.step(act, number)

    def step(self, name: str, number: int) -> None:
        self._is_sound = False
        self.walk.act(name, number)
        self.witness.look()
        self._is_sound = True

    def teardown(self) -> None:
        if not hasattr(self, "_inside"):
            return
        try:
            if self._is_sound:
                self.walk.come_to_rest()
                self.witness.look()
                self.witness.look_at_the_end()
                total.update(self.walk.did)
                total.update(calls=self.walk.outside.calls, overtaken=self.walk.between.struck)
        finally:
            transaction.set_rollback(True)
            self._inside.__exit__(None, None, None)


@pytest.fixture
def life(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Life]]:
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_OF = 4, 6
    monkeypatch.setattr(Life, "world", monkeypatch, raising=False)
    # A shop in small: pages and what counts as a short one shrink with it.
    monkeypatch.setattr("fulfilment.history.LEAST_LIMIT", 4)
    monkeypatch.setattr("fulfilment.history.DOCUMENTED_DEFAULT", 3)
    monkeypatch.setattr("fulfilment.history.MOST_LIMIT", 64)
    # Numbers that stand in whatever modules other tests have loaded would make each worker explore something else.
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    providers.CONSTANTS_CACHE.cache.clear()
    yield Life
    providers.CONSTANTS_CACHE.cache.clear()


def explore(life: type[Life], steps: int, **more: Any) -> None:
    run_state_machine_as_test(
        life,
        settings=explored(
            max_examples=max(1, steps // PER_EXAMPLE),
            stateful_step_count=PER_EXAMPLE,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            derandomize="LIFE_STEPS" not in os.environ,
            **more,
        ),
    )


def test_a_purchase_lives_through_whatever_happens(life: type[Life]) -> None:
    total.clear()
    explore(life, STEPS)
    print(dict(sorted(total.items())))


def _as_not_sent(attempt: Attempt, placed: Placed) -> None:
    recording._not_sent(attempt, placed)


def _at_once() -> timedelta:
    return timedelta()


@pytest.mark.parametrize(
    ("guard", "instead", "supplier"),
    [
        ("fulfilment.recording.unknown", _as_not_sent, "gemgo"),
        ("fulfilment.recording.unknown", _as_not_sent, "digiflazz"),
        ("fulfilment.clocks.recheck_pause", _at_once, "digiflazz"),
    ],
)
def test_the_witness_sees_what_happens_without_a_guard(
    life: type[Life], monkeypatch: pytest.MonkeyPatch, guard: str, instead: Any, supplier: str
) -> None:
    """An answer is lost, and a minute passes: with the guard all is well; without it the unit may arrive twice."""

    def walk_it() -> None:
        with transaction.atomic():
            walk, witness = opened(monkeypatch)
            Route.objects.exclude(product__account__code=supplier).delete()
            walk.poll(Dice(0))
            walk.buy(Dice(0))
            walk.outside.forced = ["reply lost"]
            walk.take(Dice(0))
            witness.look()
            walk.clock.let_pass(25)
            for act in ("sweep", "poll", "check", "sweep"):
                walk.act(act, 0)
                witness.look()
            transaction.set_rollback(True)

    walk_it()
    monkeypatch.setattr(guard, instead)
    with pytest.raises(AssertionError, match="may arrive twice"), transaction.atomic():
        walk_it()
