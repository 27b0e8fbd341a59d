"""A sheet: which rows of which table a file holds, in which columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import QuerySet

from core.sheets.columns import Column, Line
from core.sheets.links import Link, Loader

#: (name of a column, what is wrong with it) of a row as it would stand afterwards.
Rule = Callable[[Any, Line], Iterable[tuple[str, str]]]


def no_rule(row: Any, line: Line) -> Iterable[tuple[str, str]]:
    return ()


#: Cells that follow from those that change, by column, unless the file has them: (names that change, the line).
Implied = Callable[[Sequence[str], Line], Mapping[str, str]]


def nothing_implied(moved: Sequence[str], line: Line) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Sheet:
    """`key` names the columns that tell rows apart; `narrow` is the lookup by the first of them; `links` finds the rows
    that codes in a column stand for. `rows` gives all rows as an export has them, related ones at hand. `is_money`: who
    publishes has confirmed who they are a moment ago."""

    code: str
    title: Any
    model: type[models.Model]
    key: tuple[str, ...]
    narrow: str
    columns: Sequence[Column]
    rows: Callable[[], QuerySet[Any]]
    links: Mapping[str, Loader] = field(default_factory=dict)
    rule: Rule = no_rule
    implied: Implied = nothing_implied
    is_money: bool = False

    def column(self, name: str) -> Column:
        return self.named[name]

    @property
    def named(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def heads(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def has_codes(self) -> bool:
        """Whether rows are known by codes of their own; else by the number that the shop gave them."""
        return self.key != ("id",)

    def key_of(self, row: Any) -> tuple[str, ...]:
        return tuple(self.column(name).written(row) for name in self.key)

    def table(self, rows: Iterable[Any] | None = None) -> Iterable[list[str | Decimal]]:
        """The cells of these rows, of all of them if none are given."""
        columns = list(self.columns)
        for row in self.rows() if rows is None else rows:
            yield [column.sheet_value(row) for column in columns]

    def linking(self) -> list[Link]:
        return [column for column in self.columns if isinstance(column, Link)]


def by_code(rows: Callable[[], QuerySet[Any]], lookup: str = "code") -> Loader:
    """Rows found by the last part of what a cell names."""

    def load(codes: set[tuple[str, ...]]) -> Iterable[Any]:
        return rows().filter(**{f"{lookup}__in": {code[-1] for code in codes}})

    return load
