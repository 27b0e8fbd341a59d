"""Columns of a sheet: how a row's value is written into a cell, read back from one, and put into the row.

A cell is text in both directions, and what is written is read back as the same value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from core.models import Region
from core.money import Money
from core.sheets.cells import Wrong, amount, number
from core.translated import TranslatedField, TranslatedListField, languages

YES = {"yes", "y", "true", "1", "ya", "on", "benar"}
NO = {"no", "n", "false", "0", "tidak", "off", "salah"}


@dataclass(slots=True)
class Line:
    """One line of a file on its way into a row: its cells by column, the row it names (None: a new one), what has been
    read of it so far, and rows of other tables by what they are called in cells."""

    cells: Mapping[str, str]
    row: models.Model | None
    links: Mapping[str, Mapping[tuple[str, ...], Any]]
    values: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str, attribute: str | None = None) -> Any:
        """What column `name` will hold: as read from this line, or as the row has it."""
        if name in self.values:
            return self.values[name]
        return getattr(self.row, attribute or name, None) if self.row is not None else None


@dataclass(frozen=True)
class Column:
    """`attribute` is the row's; `needed`: a new row cannot do without; `told`: what a cell holds, for the guide."""

    name: str
    attribute: str = ""
    needed: bool = False
    is_key: bool = False
    told: Any = ""

    @property
    def target(self) -> str:
        return self.attribute or self.name

    @property
    def is_read(self) -> bool:
        return True

    def written(self, row: Any) -> str:
        """The row's value as a cell."""
        return str(getattr(row, self.target))

    def sheet_value(self, row: Any) -> str | Decimal:
        """The same for a file that is to be reckoned with: numbers stay numbers."""
        return self.written(row)

    def read(self, cell: str, line: Line) -> Any:
        """The value a cell stands for. Raises Wrong. Nobody calls it of an `Info`, nor of a `Link`, which is found."""
        raise NotImplementedError

    def put(self, row: Any, value: Any) -> None:
        setattr(row, self.target, value)


class Info(Column):
    """Written for whoever edits the file, and passed over when it comes back."""

    @property
    def is_read(self) -> bool:
        return False

    def written(self, row: Any) -> str:
        value = row
        for name in self.target.split("."):
            value = getattr(value, name)
        return str(value)


class Part(Info):
    """A part of another column's code: written to be read, read to find that other row, and put nowhere itself."""

    @property
    def is_read(self) -> bool:
        return True

    def read(self, cell: str, line: Line) -> str:
        return cell

    def put(self, row: Any, value: Any) -> None:
        pass


@dataclass(frozen=True)
class Text(Column):
    most: int = 0
    may_be_empty: bool = True

    def read(self, cell: str, line: Line) -> str:
        if not cell and not self.may_be_empty:
            raise Wrong(_("This cell is empty. Fill it in."))
        if self.most and len(cell) > self.most:
            raise Wrong(_("At most %(most)d characters.") % {"most": self.most})
        return cell


class RowNumber(Column):
    """The number under which the shop knows a row that has no code; empty: a new one."""

    def written(self, row: Any) -> str:
        return str(row.pk or "")

    def read(self, cell: str, line: Line) -> int | None:
        return int(cell) if cell else None

    def put(self, row: Any, value: Any) -> None:
        pass


class Flag(Column):
    def written(self, row: Any) -> str:
        return "yes" if getattr(row, self.target) else "no"

    def read(self, cell: str, line: Line) -> bool:
        if cell.casefold() in YES | NO:
            return cell.casefold() in YES
        raise Wrong(_("Write yes or no."))


@dataclass(frozen=True)
class Number(Column):
    """A number of at most `digits` decimals; `most` 0: as large as the database takes."""

    digits: int = 0
    most: int = 0
    may_be_empty: bool = False

    def written(self, row: Any) -> str:
        value = getattr(row, self.target)
        return "" if value is None else f"{Decimal(value):f}"

    def sheet_value(self, row: Any) -> str | Decimal:
        value = getattr(row, self.target)
        return "" if value is None else Decimal(value)

    def read(self, cell: str, line: Line) -> Decimal | int | None:
        if not cell and self.may_be_empty:
            return None
        if not self.digits and re.fullmatch(r"[1-9][0-9]{0,2}([.,][0-9]{3})+", cell):
            raise Wrong(_("This can be read in two ways. Write 1234 or 1234.00."))
        found = number(cell) if cell else None
        if found is None:
            raise Wrong(_("This cell is empty. Write a number, 0 if there is none."))
        if found < 0 or (self.most and found > self.most):
            raise Wrong(_("A number from 0 to %(most)d.") % {"most": self.most or 32767})
        if found != round(found, self.digits):
            raise Wrong(_("At most %(digits)d decimals.") % {"digits": self.digits})
        return found.quantize(Decimal(1).scaleb(-self.digits)) if self.digits else int(found)


def _region_of(line: Line) -> Region | None:
    found = line.value("region")
    return found if isinstance(found, Region) else None


@dataclass(frozen=True)
class Amount(Column):
    """An amount in the units of the row's region, kept in minor units. `guards`: never nothing, and a change of more
    than the shop's limit is a jump, which staff have to tick."""

    guards: bool = False

    def written(self, row: Any) -> str:
        return str(self._money(row).major)

    def sheet_value(self, row: Any) -> str | Decimal:
        return self._money(row).major

    def _money(self, row: Any) -> Money:
        return Money(getattr(row, self.target), row.region.currency)

    def read(self, cell: str, line: Line) -> int:
        region = _region_of(line)
        if region is None:
            raise Wrong(_("Without a region nobody knows which currency this is."))
        if not cell:
            text = _("This cell is empty. Write the price; to stop selling it, write no under available.")
            raise Wrong(text if self.guards else _("This cell is empty. Write an amount, 0 if there is none."))
        found = amount(cell, region.currency).minor
        if self.guards and found == 0:
            raise Wrong(_("A price is more than nothing. To stop selling it, write no under available."))
        return found


@dataclass(frozen=True)
class Currency(Column):
    """The currency of the row's region: written to be read, and held against the region when it comes back."""

    def written(self, row: Any) -> str:
        return str(row.region.currency)

    def read(self, cell: str, line: Line) -> None:
        region = _region_of(line)
        if cell and region is not None and cell.upper() != region.currency:
            words = {"region": region.code, "currency": region.currency}
            raise Wrong(_("Prices in %(region)s are in %(currency)s.") % words)

    def put(self, row: Any, value: Any) -> None:
        pass


@dataclass(frozen=True)
class Choice(Column):
    choices: tuple[str, ...] = ()

    def read(self, cell: str, line: Line) -> str:
        for choice in self.choices:
            if cell.casefold() == choice.casefold():
                return choice
        raise Wrong(_("One of: %(choices)s.") % {"choices": ", ".join(self.choices)})


def _zone(region: Region | None) -> ZoneInfo:
    return ZoneInfo(region.time_zone if region is not None else settings.TIME_ZONE)


class Moment(Column):
    """A moment with its offset; without one by the clocks of the row's region, of the shop where it has none."""

    def written(self, row: Any) -> str:
        value = getattr(row, self.target)
        if value is None:
            return ""
        local = value.astimezone(_zone(getattr(row, "region", None)))
        return str(local.isoformat(sep=" ", timespec="minutes" if not (local.second or local.microsecond) else "auto"))

    def read(self, cell: str, line: Line) -> datetime | None:
        if not cell:
            return None
        try:
            found = datetime.fromisoformat(re.sub(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", "", cell))
        except ValueError as problem:
            raise Wrong(_("Write a moment like 2026-03-31 23:59.")) from problem
        if not MINYEAR < found.year < MAXYEAR:  # nor could it be told in another zone
            raise Wrong(_("Write a moment like 2026-03-31 23:59."))
        return found if found.tzinfo else found.replace(tzinfo=_zone(_region_of(line)))


class Clock(Column):
    """A time of day."""

    def written(self, row: Any) -> str:
        value = getattr(row, self.target)
        return "" if value is None else value.isoformat("minutes" if not value.second else "auto")

    def read(self, cell: str, line: Line) -> time | None:
        if not cell:
            return None
        try:
            found = time.fromisoformat(cell.zfill(5).replace(".", ":"))
        except ValueError as problem:
            raise Wrong(_("Write a time of day like 23:30.")) from problem
        if found.tzinfo:  # it is one by the clocks of each region
            raise Wrong(_("Write a time of day like 23:30."))
        return found


@dataclass(frozen=True)
class Words(Column):
    """Words kept as a list, separated by semicolons; of `choices` alone, where there are any, and in their order."""

    choices: tuple[str, ...] = ()

    def written(self, row: Any) -> str:
        return "; ".join(str(word) for word in getattr(row, self.target))

    def read(self, cell: str, line: Line) -> list[str]:
        words = [word.strip() for word in cell.split(";") if word.strip()]
        if not self.choices:
            return words
        chosen = {word.upper() for word in words}
        if chosen - set(self.choices):
            raise Wrong(_("One of: %(choices)s.") % {"choices": "; ".join(self.choices)})
        return [word for word in self.choices if word in chosen]


def _no_number(name: str) -> None:
    """NaN and Infinity, which only Python's own JSON has."""
    raise ValueError(name)


class Json(Column):
    """What has a shape of its own, as JSON."""

    def written(self, row: Any) -> str:
        value = getattr(row, self.target)
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""

    def read(self, cell: str, line: Line) -> Any:
        try:
            value = json.loads(cell, parse_constant=_no_number) if cell else type(self.empty)()
            json.dumps(value, ensure_ascii=False).encode()  # half a letter, written as \\ud83d, is none
        except (ValueError, RecursionError) as problem:
            raise Wrong(_("This is no JSON. Export a row like it to see the form.")) from problem
        if not isinstance(value, type(self.empty)):
            raise Wrong(_("This is not the form of this column. Export a row like it to see it."))
        return value

    empty: Any = ()


class JsonList(Json):
    empty: Any = []


class JsonObject(Json):
    empty: Any = {}


@dataclass(frozen=True)
class Translated(Column):
    """One language of a translated text; `is_list`: its lines are the list's."""

    language: str = "en"
    is_list: bool = False

    def written(self, row: Any) -> str:
        text = (getattr(row, self.target) or {}).get(self.language) or ""
        return "\n".join(str(one) for one in text) if isinstance(text, list) else str(text)

    def read(self, cell: str, line: Line) -> Any:
        return [one.strip() for one in cell.split("\n") if one.strip()] if self.is_list else cell

    def put(self, row: Any, value: Any) -> None:
        texts = {key: text for key, text in (getattr(row, self.target) or {}).items() if key != self.language}
        setattr(row, self.target, texts | ({self.language: value} if value else {}))


def of_model(model: type[models.Model], *names: str, **told: Any) -> list[Column]:
    """Columns for plain fields of a model, in that order: the field's type decides; `told` as in Column."""
    made: list[Column] = []
    for name in names:
        made += list(_of_field(model._meta.get_field(name), told.get(name, "")))
    return made


def _of_field(found: Any, told: Any) -> Iterable[Column]:
    name = found.name
    is_needed = not (found.blank or found.has_default() or found.null)
    if isinstance(found, TranslatedField):
        is_list = isinstance(found, TranslatedListField)
        for language in languages():
            yield Translated(f"{name}_{language}", name, language=language, is_list=is_list, told=told)
    elif isinstance(found, models.BooleanField):
        yield Flag(name, told=told)
    elif isinstance(found, models.DecimalField):
        most = 10 ** (found.max_digits - found.decimal_places) - 1
        yield Number(name, digits=found.decimal_places, most=most, needed=is_needed, told=told)
    elif isinstance(found, models.IntegerField):
        most = 32767 if "Small" in type(found).__name__ else 2147483647
        yield Number(name, most=most, needed=is_needed, told=told)
    elif isinstance(found, models.DateTimeField):
        yield Moment(name, told=told)
    elif isinstance(found, models.TimeField):
        yield Clock(name, told=told)
    elif isinstance(found, models.JSONField):
        yield (JsonObject if found.default is dict else JsonList)(name, told=told)
    elif found.choices:
        yield Choice(name, choices=tuple(str(code) for code, _label in found.choices), needed=is_needed, told=told)
    else:
        yield Text(name, most=found.max_length or 0, may_be_empty=found.blank, needed=is_needed, told=told)
