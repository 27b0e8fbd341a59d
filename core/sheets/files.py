"""CSV and XLSX as tables of text, within bounds, and tables as files. XLSX by openpyxl (decision 0022)."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain
from typing import IO
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from core.errors import Refused
from core.sheets.cells import harmless, text_of

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 6 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024
MOST_AROUND = 4 * 1024 * 1024  # of what is no row and no text: styles, names
MOST_IN_A_ROW = 40_000  # elements; the 16,384 cells that Excel has, each with its value
MOST_TEXTS = 3_000_000
MOST_PARTS = 500
MOST_LINES = 20_000
MOST_COLUMNS = 60
MOST_LETTERS = 20_000  # of one cell; Excel's own bound is 32,767
# The csv module's own bound (128 KB) is the process's; ours is held against each cell.
_SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True, slots=True)
class Table:
    """Heads, and (number of its line in the file, cells) of every line that is not empty; cells as typed."""

    heads: list[str]
    lines: list[tuple[int, list[str]]]


def read(content: bytes) -> Table:
    """The table in a CSV (UTF-8 or UTF-16; comma, semicolon or tab) or in the first sheet of an XLSX.

    Raises VALIDATION_ERROR with what to do for a file that is too large, damaged, or no such table.
    """
    if len(content) > MOST_BYTES:
        raise _unreadable(_("This file is larger than 6 MB. Split it."))
    rows = _rows_of_xlsx(content) if content[:4] == b"PK\x03\x04" else _rows_of_csv(content)
    heads: list[str] | None = None
    lines: list[tuple[int, list[str]]] = []
    for seen, (number, cells) in enumerate(rows):
        if seen > MOST_LINES * 2:  # empty ones and all
            raise _unreadable(_("This file has more than 20,000 lines. Split it."))
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS or any(len(cell) > MOST_LETTERS for cell in cells):
            raise _unreadable(_("Line %(line)d is too long for a line of a sheet.") % {"line": number})
        if heads is None:
            heads = [cell.strip().casefold() for cell in cells]
            continue
        if len(lines) >= MOST_LINES:
            raise _unreadable(_("This file has more than 20,000 lines. Split it."))
        lines.append((number, cells))
    if heads is None or not lines:
        raise _unreadable(_("There is no line under the heads in this file."))
    return Table(heads, lines)


def _rows_of_csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _unreadable(_("Save the file as “CSV UTF-8” first; letters would be lost.")) from problem
    if "\x00" in text:
        raise _unreadable(_("This is neither a CSV nor an XLSX file."))
    first, _end, rest = text.partition("\n")
    skipped = 0
    if first.strip().lower().startswith("sep="):
        text, first, skipped = rest, rest.partition("\n")[0], 1
    between = max(_SEPARATORS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        start = 1
        for cells in reader:
            yield start + skipped, [_unspaced(cell) for cell in cells]
            start = reader.line_num + 1
    except csv.Error as problem:
        raise _unreadable(
            _("A quotation mark is not closed, near line %(line)d.") % {"line": reader.line_num + skipped}
        ) from problem


def _unspaced(cell: str) -> str:
    return cell.replace("\r\n", "\n")


def _rows_of_xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The first sheet's rows."""
    try:
        _ensure_unpacks_small(content)
        # Formulas come as their text, "=A1*2", and are refused cell by cell: what one would give is not ours to trust.
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            if not book.worksheets:
                raise _unreadable(_("There is no sheet in this file."))
            sheet = book.worksheets[0]
            # What the file says of its own size may be wrong, or absurd.
            sheet.reset_dimensions()
            seen = 0
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                seen += len(row)
                if seen > MOST_LINES * MOST_COLUMNS * 2:
                    raise _unreadable(_("This file has more than 20,000 lines. Split it."))
                yield number, [_unspaced(text_of(value)) for value in row[: MOST_COLUMNS * 4]]
        finally:
            book.close()
    except Refused:
        raise
    except Exception as problem:  # a broken file breaks openpyxl in more ways than it names
        raise _unreadable(_("This XLSX file is damaged. Open and save it again, or save it as CSV UTF-8.")) from problem


def _ensure_unpacks_small(content: bytes) -> None:
    """Raises VALIDATION_ERROR for a workbook that fits into a file and not into memory: what it unpacks to is bounded
    before any of it is unpacked (`zipfile` hands out no more of a part than its own head promises, and those heads are
    added up here), and so is what openpyxl holds as a tree: all of a small part, a row, every text."""
    with zipfile.ZipFile(BytesIO(content)) as packed:
        parts = packed.infolist()
        is_large = len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED
        for part in parts if not is_large else ():
            if part.filename.startswith("xl/worksheets/"):
                is_large |= _has_more(packed.open(part), MOST_IN_A_ROW, anew_at="row")
            elif part.filename == "xl/sharedStrings.xml":
                is_large |= _has_more(packed.open(part), MOST_TEXTS)
            else:
                is_large |= part.file_size > MOST_AROUND
    if is_large:
        raise _unreadable(_("This file unpacks to more than a sheet of 20,000 lines can hold. Save it anew."))


def _has_more(part: IO[bytes], most: int, *, anew_at: str = "") -> bool:
    """Whether a part has more than so many elements, from one `anew_at` to the next where that is given."""
    count = 0

    def count_on(name: str, _attributes: object) -> None:
        nonlocal count
        count = 0 if anew_at and name.rpartition(":")[2] == anew_at else count + 1
        if count > most:
            raise OverflowError

    reader = expat.ParserCreate()
    reader.StartElementHandler = count_on
    with part:
        try:
            reader.ParseFile(part)
        except OverflowError:
            return True
    return False


def to_csv(heads: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> bytes:
    """A CSV that spreadsheets open without being told anything: UTF-8 with its mark, commas, every cell harmless."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([f"{cell:f}" if isinstance(cell, Decimal) else harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def to_xlsx(title: str, heads: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> bytes:
    """The same as a workbook: numbers as numbers, everything else as text, the heads kept in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    head_cells = []
    for head in heads:
        cell = WriteOnlyCell(sheet, value=head)
        cell.font = bold
        head_cells.append(cell)
    for row in chain([head_cells], ([_cell(value) for value in row] for row in rows)):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: str | Decimal) -> str | int | float | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return harmless(value) or None


def _unreadable(text: str) -> Refused:
    return Refused("VALIDATION_ERROR", text)
