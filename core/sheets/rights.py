"""Who may take rows of a sheet out of the shop, read a file in, publish and undo it: as in the rows' own list."""

from __future__ import annotations

from typing import Protocol

from core.sheets.models import SheetImport
from core.sheets.sheet import Sheet


class Person(Protocol):
    """A member of staff, or a token that one of them made."""

    def has_perm(self, perm: str) -> bool: ...


def named(verb: str, sheet: Sheet) -> str:
    """The permission for `verb` (view, add, change) of the sheet's table."""
    return f"{sheet.model._meta.app_label}.{verb}_{sheet.model._meta.model_name}"


def may(person: Person, verb: str, sheet: Sheet) -> bool:
    return bool(person.has_perm(named(verb, sheet)))


def may_publish(person: Person, one: SheetImport, sheet: Sheet) -> bool:
    """New rows are more than changed ones."""
    verbs = ["change", "add"] if one.new else ["change"]
    return bool(person.has_perm("core.publish_sheet")) and all(may(person, verb, sheet) for verb in verbs)


def may_undo(person: Person, sheet: Sheet) -> bool:
    return bool(person.has_perm("core.undo_sheet")) and may(person, "change", sheet)
