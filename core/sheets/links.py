"""Columns whose cells name rows of other tables: how such a row is called in a cell, and found again by that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.sheets.cells import Wrong
from core.sheets.columns import Column, Line

#: The rows that these codes stand for.
Loader = Callable[[set[tuple[str, ...]]], Iterable[Any]]


@dataclass(frozen=True)
class Link(Column):
    """A row of another table by its code; `by` names the columns that make the code, its own the last."""

    by: tuple[str, ...] = ()
    path: tuple[str, ...] = ("code",)  # where the linked row keeps the parts of its code
    may_be_empty: bool = False
    unknown: Any = ""

    def written(self, row: Any) -> str:
        found = getattr(row, self.target)
        return "" if found is None else str(self.code_of(found)[-1])

    def code_of(self, linked: Any) -> tuple[str, ...]:
        parts = []
        for dotted in self.path:
            value = linked
            for name in dotted.split("."):
                value = getattr(value, name)
            parts.append(str(value))
        return tuple(parts)

    def code(self, cell: str, line: Line, columns: Mapping[str, Column]) -> tuple[str, ...]:
        """The parts of the code a cell stands for: the other columns' as typed, or as the row has them."""
        others = []
        for name in self.by[:-1]:
            typed = line.cells.get(name)
            others.append(typed if typed else columns[name].written(line.row) if line.row is not None else "")
        return (*others, cell)

    def find(self, code: tuple[str, ...], line: Line) -> Any:
        """The row of that code. Raises Wrong."""
        if not code[-1]:
            if self.may_be_empty:
                return None
            raise Wrong(_("This cell is empty. Fill it in."))
        found = line.links.get(self.name, {}).get(code)
        if found is None:
            text = _("The shop does not know “%(code)s”. Look how it is written, or add it first.")
            raise Wrong(text % {"code": " ".join(code)})
        return found


@dataclass(frozen=True)
class Links(Link):
    """Several rows of another table, their codes separated by semicolons; kept in a table between the two."""

    def written(self, row: Any) -> str:
        return "; ".join(sorted(str(self.code_of(one)[-1]) for one in getattr(row, self.target).all()))

    def put(self, row: Any, value: Any) -> None:
        pass  # set after the row itself is written
