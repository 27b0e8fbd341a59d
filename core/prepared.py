"""Statements of the busiest paths, written as querysets and compiled once per process.

Django builds and compiles a queryset anew each time it is asked. For a row that is read by its key that takes several
times as long as PostgreSQL needs to find it. What is kept here is the text alone: every run asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Model, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.sql import UpdateQuery


@dataclass(frozen=True, slots=True)
class _Place:
    """Stands among a text's parameters where a value of that name belongs."""

    name: str


def given(name: str) -> Value:
    """A value that each run of the statement is told under this name, in the type its column has; never None in a
    comparison, which NULL does not answer."""
    return Value(_Place(name))


class _Statement:
    """`build` is called once, at the first run: models are not ready while modules are read."""

    def __init__(self, build: Callable[[], tuple[str, Sequence[Any]]]) -> None:
        self._build = build

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[Any]]:
        return self._build()

    @contextmanager
    def _run(self, values: dict[str, Any]) -> Iterator[CursorWrapper]:
        text, places = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(text, [values[place.name] if isinstance(place, _Place) else place for place in places])
            yield cursor


class Select(_Statement):
    """`columns` of `rows`, a queryset in which `given` names stand. They come as the driver reads them, so that none of
    them may be a JSON field."""

    def __init__(self, rows: Callable[[], QuerySet[Any]], *columns: str | Combinable) -> None:
        def build() -> tuple[str, Sequence[Any]]:
            # As expressions: a column's path would be its alias, and the driver parses texts anew that are so long.
            told = (F(column) if isinstance(column, str) else column for column in columns)
            return rows().values_list(*told).query.sql_with_params()

        super().__init__(build)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        with self._run(values) as cursor:
            return list(cursor.fetchall())

    def row(self, **values: Any) -> tuple[Any, ...] | None:
        """The first one."""
        with self._run(values) as cursor:
            found: tuple[Any, ...] | None = cursor.fetchone()
        return found


class Update(_Statement):
    """`rows` get the values of `to`; `given` names may stand in both."""

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]], to: Callable[[], dict[str, Any]]) -> None:
        def build() -> tuple[str, Sequence[Any]]:
            query: UpdateQuery = rows().query.chain(UpdateQuery)  # type: ignore[assignment]
            query.add_update_values(to())
            query.clear_select_clause()
            text, places = query.get_compiler(connection=connection).as_sql()
            return text, places

        super().__init__(build)

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        with transaction.mark_for_rollback_on_error(using=connection.alias), self._run(values) as cursor:
            return int(cursor.rowcount)


class Insert(_Statement):
    """One row of a model, with all its columns but `id`, which the database gives."""

    def __init__(self, model: type[Model]) -> None:
        self._fields = [field for field in model._meta.concrete_fields if not field.primary_key]

        def build() -> tuple[str, Sequence[Any]]:
            quoted = connection.ops.quote_name
            table, columns = quoted(model._meta.db_table), ", ".join(quoted(str(one.column)) for one in self._fields)
            values = ", ".join(["%s"] * len(self._fields))
            text = f"INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id"  # noqa: S608 (names of our models)
            return text, [_Place(field.attname) for field in self._fields]

        super().__init__(build)

    def run(self, row: Model) -> None:
        """`row` stands in the table, as `save(force_insert=True)` leaves it; nobody is signalled."""
        values = {
            field.attname: field.get_db_prep_save(getattr(row, field.attname), connection) for field in self._fields
        }
        with transaction.mark_for_rollback_on_error(using=connection.alias), self._run(values) as cursor:
            (row.pk,) = cursor.fetchone()
        row._state.adding, row._state.db = False, connection.alias


def names(model: type[Model]) -> tuple[str, ...]:
    """All columns of a model, as `Model.from_db` wants them named."""
    return tuple(field.attname for field in model._meta.concrete_fields)
