"""Paid is never lost and never delivered twice, whatever fails outside and whoever is killed inside (F1 to F25).

The short form; the long one is `python -m tests.chaos --orders 5000`. A seed is printed: `STORM_SEED` repeats it.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos import weather
from tests.chaos.__main__ import SETTINGS
from tests.chaos.broken import sitecustomize as broken
from tests.chaos.storm import Place, Storm
from tests.conftest import RUN, Store, remove

Start = Callable[..., Storm]


@pytest.fixture
def storm() -> Iterator[Start]:
    """A storm over a store of its own: what happens to it must not happen to the others'."""
    data = Path(os.environ[RUN]).with_name(f"{os.getpid()}-storm")
    begun: list[Store] = []

    def start(*, without: tuple[str, ...] = ()) -> Storm:
        spoilt = {"STORM_WITHOUT": ",".join(without), "PYTHONPATH": str(Path(broken.__file__).parent)}
        store = Store(data, RATE_LIMITS="off", **SETTINGS, **(spoilt if without else {}))
        begun.append(store)
        store.start()
        assert store.process
        seed = int(os.environ.get("STORM_SEED", random.SystemRandom().randrange(10**6)))
        print(f"seed {seed}")
        return Storm(Place(store.url, store.sandbox.url, store.process.pid, store.env), seed=seed)

    yield start
    for store in begun:
        assert store.stop() == 0
    remove(data)


def test_every_paid_order_ends_once_while_everything_fails_and_everybody_is_killed(storm: Start) -> None:
    verdict = storm().run(40, settle_s=180, at_once=8, is_patient=False)
    print(verdict)
    assert verdict.problems == [], f"seed {verdict.seed}"
    assert verdict.findings.held == [], f"seed {verdict.seed}"
    assert sum(verdict.blows.values()) > 0
    assert verdict.findings.statuses["SUCCESS"] > 20


def test_the_oracle_sees_what_happens_without_the_guards(storm: Start) -> None:
    """An unknown outcome is sent again, and money counts each time it is seen: nobody has to be killed for that."""
    faults = weather.worse(weather.FAULTS, 2)
    verdict = storm(without=("unknown-outcome", "unique-capture")).run(
        20, faults=faults, kill_every_s=0, settle_s=8, at_once=8, is_patient=False
    )
    print(verdict)
    assert any("arrived 2 times" in problem or "arrived 3 times" in problem for problem in verdict.findings.doubled)
    assert any("we count" in problem for problem in verdict.findings.wrong)
