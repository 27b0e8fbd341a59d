"""Webhooks that are dropped, doubled or late as the faults say, at every gateway alike."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sandbox.state import database, faults, schedule
from sandbox.wire import now_ms, pause


class Named(Protocol):
    """A gateway's event."""

    @property
    def name(self) -> str: ...


_Event = TypeVar("_Event", bound=Named)


def announce(running: database.Transaction, kind: str, payload: dict[str, Any]) -> None:
    """A job `kind` is under way once the transaction is committed: or none, or two, or late. Its payload says with
    `first_ms` when it is first due."""
    due_ms = now_ms() + int(faults.number("webhook", "delay_ms"))
    for _ in range(_copies()):
        schedule.add(running, due_ms, kind, payload | {"first_ms": due_ms})


def deliver(events: Sequence[_Event], repeat: int, post: Callable[[_Event], int]) -> list[tuple[str, int]]:
    """Posts each event `repeat` times, now and in turn; answers (event, HTTP status), 0 where nobody answered.

    A dropped one is missing from the answer, a doubled one stands in it twice.
    """
    told = []
    for _ in range(repeat):
        for event in events:
            for _ in range(_copies()):
                pause(faults.number("webhook", "delay_ms"))
                told.append((event.name, post(event)))
    return told


def _copies() -> int:
    if faults.happens("webhook", "drop"):
        return 0
    return 2 if faults.happens("webhook", "duplicate") else 1
