"""Which tests stay together, and which go first, when several workers share the suite (`pytest -n 3`)."""

import re
from functools import cache

import pytest
from xdist.scheduler import LoadScopeScheduling

from supervisor.surroundings import ROOT

WHOLE_STORE = "whole store"
# What takes longest goes first, so that no worker is left alone with it at the end.
LONGEST_FIRST = (WHOLE_STORE, "tests/chaos/", "tests/ground/test_run.py", "tests/workers/", "tests/concurrency/")


@cache
def together(file: str) -> str:
    """Files with the same answer run one after the other in one worker: all those that need the one store."""
    return WHOLE_STORE if re.search(r"\bstore: Store\b", (ROOT / file).read_text()) else file


def group(item: pytest.Item) -> str:
    return together(item.path.relative_to(ROOT).as_posix())


def turn(group: str) -> int:
    """The lower, the earlier."""
    return next((turn for turn, name in enumerate(LONGEST_FIRST) if group.startswith(name)), len(LONGEST_FIRST))


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests go to one worker, as they share what stands for the length of a file."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid.partition("::")[0])
