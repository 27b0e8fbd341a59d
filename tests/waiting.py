"""Waiting for what another process does: by looking, never by a fixed time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
_pause = threading.Event()


def wait_until(look: Callable[[], Found], within: float = 60, every: float = 0.05) -> Found:
    """The first truthy thing that `look` gives; fails when there is none in time (seconds)."""
    until = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < until, f"not within {within} s"
        _pause.wait(every)
    return found
