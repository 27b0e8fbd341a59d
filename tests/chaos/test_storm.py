"""Paid is never lost and never delivered twice, while answers are lost, callbacks double and the worker is killed.

This is the short form; the long one is `python -m tests.chaos --orders 200`.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.storm import Storm
from tests.conftest import RUN, Store, remove


@pytest.fixture
def battered() -> Iterator[Store]:
    """A store of its own: what happens to it must not happen to the others'."""
    data = Path(os.environ[RUN]).with_name(f"{os.getpid()}-storm")
    running = Store(
        data,
        GEMGO_POLL_SECONDS="0.5",
        GEMGO_SETTLE_SECONDS="4",
        GEMGO_TIMEOUT_SECONDS="2",
        DIGIFLAZZ_RECHECK_SECONDS="2",
        DIGIFLAZZ_TIMEOUT_SECONDS="2",
        RATE_LIMITS="off",
    )
    running.start()
    yield running
    assert running.stop() == 0
    remove(data)


def test_every_paid_order_ends_once_while_the_worker_is_killed(battered: Store) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    assert battered.process
    storm = Storm(battered.url, battered.sandbox.url, battered.process.pid, battered.env, seed=seed)
    verdict = storm.run(25, kill_every_s=3, settle_s=90)
    assert verdict.wrong == [], f"seed {seed}"
    assert verdict.kills > 0
    assert verdict.statuses["SUCCESS"] > 0
    assert sum(verdict.statuses.values()) == 25
