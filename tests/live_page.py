"""What the live page of operations tells whoever reads it."""

from __future__ import annotations

import re


def row(page: str, first: str) -> list[str]:
    """The words of the table row that begins so."""
    for one in re.findall(r"<tr class=\"data-row.*?</tr>", page, re.DOTALL):
        cells = [_words(cell) for cell in re.findall(r"<td.*?</td>", one, re.DOTALL)]
        if cells and cells[0] == first:
            return cells
    raise AssertionError(f"no row {first}")


def card(page: str, title: str) -> tuple[str, str]:
    """The figure under that title, and the note below it."""
    found = re.search(rf">{title}</p><p[^>]*>([^<]*)</p><p[^>]*>([^<]*)</p>", page)
    assert found, title
    return found[1].strip(), found[2].strip()


def seconds(age: str) -> float:
    """An age as the page writes it."""
    found = re.fullmatch(r"(\d+) (s|min|h)", age)
    assert found, age
    return int(found[1]) * {"s": 1, "min": 60, "h": 3600}[found[2]]


def _words(cell: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", cell).strip()
