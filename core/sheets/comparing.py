"""What lines of a file would change: each compared with its row, nothing written. As many statements as there are
linked tables, however many lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from core.errors import Refused
from core.sheets.cells import Wrong, plain
from core.sheets.columns import Amount, Column, Currency, Line, RowNumber
from core.sheets.files import Table
from core.sheets.links import Link, Links
from core.sheets.models import SheetRow
from core.sheets.sheet import Sheet

Kind = SheetRow.Kind


@dataclass(slots=True)
class Outcome:
    """What one line comes to. `row` already holds the new values, unsaved; `linked` what goes into tables between."""

    line: int
    key: tuple[str, ...]
    row: Any = None
    kind: str = Kind.SAME
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    is_jump: bool = False
    linked: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.kind in (Kind.NEW, Kind.CHANGED)


def digest(sheet: Sheet, outcomes: Iterable[Outcome]) -> str:
    """Stands for everything that publishing these outcomes would change."""
    told = [[one.line, one.kind, one.key, one.before, one.after] for one in outcomes if one.is_good]
    return hashlib.sha256(json.dumps([sheet.code, told], sort_keys=True).encode()).hexdigest()


def of_table(sheet: Sheet, table: Table) -> list[Outcome]:
    """What the lines of a file come to. Raises VALIDATION_ERROR for heads that are not this sheet's."""
    columns = _columns(sheet, table.heads)
    typed: list[tuple[int, dict[str, str]]] = []
    problems: dict[int, list[tuple[str, str]]] = {}
    for number, cells in table.lines:
        found: dict[str, str] = {}
        for column, cell in zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=False):
            try:
                if column.is_read:
                    found[column.name] = plain(cell)
            except Wrong as problem:
                problems.setdefault(number, []).append((column.name, str(problem)))
                found[column.name] = ""
        if len(cells) > len(columns):
            text = _("This line has more cells than there are heads. A cell with a comma in it needs quotation marks.")
            problems.setdefault(number, []).append(("", text))
        typed.append((number, found))
    return compare(sheet, typed, problems)


def _columns(sheet: Sheet, heads: Sequence[str]) -> list[Column]:
    unknown = [head for head in heads if head not in sheet.named]
    missing = [name for name in sheet.key if name not in heads]
    if unknown or missing or len(set(heads)) < len(heads):
        words = {"unknown": ", ".join(unknown) or "–", "missing": ", ".join(missing) or "–"}
        words["known"] = ", ".join(sheet.heads)
        text = _(
            "These are not the heads of this kind of file. Unknown: %(unknown)s. Missing: %(missing)s. "
            "Each may stand once: %(known)s."
        )
        raise Refused("VALIDATION_ERROR", text % words)
    return [sheet.column(head) for head in heads]


def compare(
    sheet: Sheet,
    typed: Sequence[tuple[int, Mapping[str, str]]],
    known: Mapping[int, list[tuple[str, str]]] | None = None,
) -> list[Outcome]:
    """What (number, cells by column) come to; `known` are problems found before. Columns that are not there stay."""
    keys = {number: tuple(cells.get(name, "") for name in sheet.key) for number, cells in typed}
    existing = _existing(sheet, set(keys.values()))
    lines = {number: Line(cells, existing.get(keys[number]), {}) for number, cells in typed}
    links = _linked(sheet, lines.values())
    outcomes: list[Outcome] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, _cells in typed:
        line, key = lines[number], keys[number]
        line.links = links
        outcome = Outcome(number, key, problems=list((known or {}).get(number, ())))
        outcomes.append(outcome)
        if key in seen and any(key):
            outcome.problems.append((sheet.key[0], _("The same row as in line %(line)d.") % {"line": seen[key]}))
        elif not outcome.problems:
            _read(sheet, line, outcome)
        seen.setdefault(key, number)
        if outcome.problems:
            outcome.kind, outcome.row = Kind.WRONG, None
    _refuse_taken(sheet, outcomes)
    return outcomes


def _existing(sheet: Sheet, keys: set[tuple[str, ...]]) -> dict[tuple[str, ...], Any]:
    first = askable(sheet, (key[0] for key in keys))
    if not first:
        return {}
    return {sheet.key_of(row): row for row in sheet.rows().filter(**{sheet.narrow: first})}


def askable(sheet: Sheet, first: Iterable[str]) -> set[str]:
    """Of what cells say in the first column of the key, what the database can be asked for."""
    return {text for text in first if text and (sheet.has_codes or is_number(text))}


def is_number(text: str) -> bool:
    """Whether the text is a number as rows have one."""
    return text.isascii() and text.isdigit() and len(text) < 18


def _linked(sheet: Sheet, lines: Iterable[Line]) -> dict[str, dict[tuple[str, ...], Any]]:
    """For each linking column the rows that the lines name; one statement each."""
    found: dict[str, dict[tuple[str, ...], Any]] = {}
    named = sheet.named
    lines = list(lines)
    for column in sheet.linking():
        codes: set[tuple[str, ...]] = set()
        for line in lines:
            if column.name in line.cells:
                codes |= set(_codes(column, line, named))
        rows = sheet.links[column.name](codes) if codes else ()
        found[column.name] = {column.code_of(row): row for row in rows}
    return found


def _codes(column: Link, line: Line, named: Mapping[str, Column]) -> list[tuple[str, ...]]:
    cell = line.cells[column.name]
    cells = [one.strip() for one in cell.split(";")] if isinstance(column, Links) else [cell]
    return [column.code(one, line, named) for one in cells if one]


def _read(sheet: Sheet, line: Line, outcome: Outcome) -> None:
    """The line's values stand in the outcome's row, unsaved, with what differs; or its problems do."""
    row = line.row
    if row is None and not sheet.has_codes and outcome.key[0]:
        outcome.problems.append(("id", _("The shop has no row of this number. Leave the cell empty to add one.")))
        return
    is_new = row is None
    if row is None:
        # A code that nobody knows is the reason why the row looks new: say that first.
        for link in sheet.linking():
            try:
                if link.is_key:
                    link.find(link.code(line.cells[link.name], line, sheet.named), line)
            except Wrong as problem:
                outcome.problems.append((link.name, str(problem)))
        if outcome.problems:
            return
        outcome.problems += [
            (column.name, _("A new row cannot do without this column."))
            for column in sheet.columns
            if (column.needed or column.is_key) and not line.cells.get(column.name) and column.is_read
            if not isinstance(column, RowNumber) and not (isinstance(column, Link) and column.may_be_empty)
        ]
        if outcome.problems:
            return
        row = sheet.model()
    columns = [column for column in sheet.columns if column.name in line.cells and column.is_read]
    before = {} if is_new else {column.name: column.written(row) for column in columns}
    # What is as it was needs no reading, and is not held against rules that may be younger than the row.
    columns = [column for column in columns if is_new or line.cells[column.name] != before[column.name]]
    minor = {column.name: getattr(row, column.target) for column in columns if isinstance(column, Amount)}
    # Links first: amounts and moments need the row's region.
    for column in sorted(columns, key=lambda one: not isinstance(one, Link)):
        if isinstance(column, Amount | Currency) and any(name == "region" for name, _text in outcome.problems):
            continue  # of which currency nobody knows
        try:
            _put(column, line, row, outcome, sheet.named)
        except Wrong as problem:
            outcome.problems.append((column.name, str(problem)))
    if not outcome.problems:
        outcome.problems += _rules_broken(sheet, row, line, columns)
    if outcome.problems:
        return
    outcome.row = row
    after = {
        column.name: "; ".join(sorted(column.code_of(one)[-1] for one in outcome.linked[column.name]))
        if isinstance(column, Links)
        else column.written(row)
        for column in columns
    }
    moved = [name for name in after if is_new or before[name] != after[name]]
    for name, cell in sheet.implied(moved, line).items():
        column = sheet.column(name)
        if name in line.cells:
            continue
        before[name] = column.written(row)
        column.put(row, column.read(cell, line))
        after[name] = column.written(row)
        moved += [name] if before[name] != after[name] else []
    outcome.before = {} if is_new else {name: before[name] for name in moved}
    outcome.after = {name: after[name] for name in moved if after[name] or not is_new}
    outcome.kind = Kind.NEW if is_new else Kind.CHANGED if moved else Kind.SAME
    outcome.is_jump = not is_new and any(
        column.guards and is_jump(minor[column.name], getattr(row, column.target))
        for column in columns
        if isinstance(column, Amount)
    )


def _put(column: Column, line: Line, row: Any, outcome: Outcome, named: Mapping[str, Column]) -> None:
    if isinstance(column, Links):
        found = [column.find(code, line) for code in _codes(column, line, named)]
        outcome.linked[column.name] = found
        line.values[column.name] = found
        return
    if isinstance(column, Link):
        value = column.find(column.code(line.cells[column.name], line, named), line)
    else:
        value = column.read(line.cells[column.name], line)
    line.values[column.name] = value
    column.put(row, value)


def is_jump(before: int, after: int) -> bool:
    """Whether an amount moves by more percent than goes unasked."""
    return abs(after - before) * 100 > settings.PRICE_JUMP_PERCENT * before


def _rules_broken(sheet: Sheet, row: Any, line: Line, columns: Iterable[Column]) -> list[tuple[str, str]]:
    """What the model's own fields and the sheet's rule say against the row as it would stand."""
    by_attribute = {column.target: column.name for column in reversed(list(columns))}
    # Relations were looked up already, and Django would ask the database for each again.
    left = [
        one.name
        for one in row._meta.concrete_fields
        if one.name not in by_attribute or one.is_relation or one.primary_key
    ]
    found: list[tuple[str, str]] = []
    try:
        row.clean_fields(exclude=left)
    except ValidationError as problem:
        for attribute, texts in problem.message_dict.items():
            found += [(by_attribute.get(attribute, attribute), text) for text in texts]
    return found + list(sheet.rule(row, line))


def _refuse_taken(sheet: Sheet, outcomes: list[Outcome]) -> None:
    """What has to be unique beside the key (a product's address) and is another row's is refused."""
    for column in sheet.columns:
        if column.is_key or not _is_unique(sheet.model, column.target):
            continue
        wanted: dict[str, Outcome] = {}
        for outcome in outcomes:
            text = outcome.after.get(column.name)
            if not text or not outcome.is_good:
                continue
            if text in wanted:
                _refuse(outcome, column.name, _("The same as in line %(line)d.") % {"line": wanted[text].line})
            else:
                wanted[text] = outcome
        taken = sheet.model._default_manager.filter(**{f"{column.target}__in": list(wanted)}) if wanted else ()
        for row in taken:
            outcome = wanted[str(getattr(row, column.target))]
            if outcome.row is not None and outcome.row.pk != row.pk:
                _refuse(outcome, column.name, _("This is taken by “%(row)s”.") % {"row": str(row)})


def _is_unique(model: type[models.Model], attribute: str) -> bool:
    return any(one.name == attribute and one.unique and not one.primary_key for one in model._meta.concrete_fields)


def _refuse(outcome: Outcome, column: str, text: str) -> None:
    outcome.problems.append((column, text))
    outcome.kind, outcome.row = Kind.WRONG, None
