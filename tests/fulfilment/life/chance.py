"""One number as a row of choices, time that passes when a test says so, and what may happen between two statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")


class Dice:
    """Choices taken from a number; 0, and a number that is used up, choose the first of everything."""

    def __init__(self, number: int) -> None:
        # Small numbers, which hypothesis likes best, choose as widely as large ones.
        self._left = number * 0x9E3779B97F4A7C15 % 2**64

    def of(self, options: Sequence[T]) -> T:
        self._left, at = divmod(self._left, len(options))
        return options[at]

    def below(self, end: int) -> int:
        self._left, at = divmod(self._left, end)
        return at


class Clock:
    """Stands in for `timezone.now`. No two readings are the same."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=500)
        return self._now

    def let_pass(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Died(BaseException):
    """The worker is gone, as by kill -9: no handler of the store's sees it."""


class Between:
    """Every statement outside a transaction is a place where a worker may die or be overtaken; so is every commit.

    The test itself runs in a transaction that is rolled back, so that the store's are savepoints: one that is released
    at the outermost level is a commit.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._left = 0
        self._then: Callable[[], None] | None = None
        self.struck = 0

    @contextmanager
    def at(self, number: int, then: Callable[[], None] | None) -> Iterator[None]:
        """`then` happens once, after the `number`-th statement from now that can be seen from outside."""
        self._depth, self._left, self._then = 0, number, then
        try:
            with connection.execute_wrapper(self._watch):
                yield
        finally:
            self._then = None

    def _watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if self._then is None:
            return result
        if sql.startswith("SAVEPOINT"):
            self._depth += 1
        elif sql.startswith("RELEASE SAVEPOINT"):
            self._depth -= 1
        if self._depth == 0:
            self._left -= 1
            if self._left <= 0:
                then, self._then = self._then, None
                self.struck += 1
                then()
        return result
