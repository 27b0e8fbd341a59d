"""Each of the twenty-five failure stories has its tests, and tests/README.md says truly which."""

from __future__ import annotations

import re

from supervisor.surroundings import ROOT

TESTS = ROOT / "tests"
_ROW = re.compile(r"^\| F(\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)


def test_every_story_is_answered_where_the_table_says() -> None:
    rows = [(int(number), files.split(", ")) for number, files in _ROW.findall((TESTS / "README.md").read_text())]
    assert [number for number, _ in rows] == list(range(1, 26))
    silent = [(f"F{number}", file) for number, files in rows for file in files if not names(number, file)]
    assert silent == []


def names(number: int, file: str) -> bool:
    """Whether a test's name (test_F5_…) or a docstring (F5) of that file carries the story's number."""
    return bool(re.search(rf"(?:test_|_|\b)[fF]0?{number}(?:_|\b)", (TESTS / file).read_text()))
