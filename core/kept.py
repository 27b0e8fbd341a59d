"""Rows of the catalogue that every purchase reads and staff seldom change, kept in each process.

They are read once per version of the catalogue (core.web.prebuilt): `touch()`, which every change made by staff, an
import or a job calls, makes all processes read anew, and after MAX_AGE_S they do so in any case. For reads that may be
as old as a page the customer looks at; whoever decides about money that came in reads the table.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from core.web import prebuilt

Row = TypeVar("Row")
MAX_AGE_S = 60.0
MOST_ROWS = 5000
_rows: dict[Hashable, tuple[float, object]] = {}
_lock = threading.Lock()


def kept(key: Hashable, read: Callable[[], Row | None]) -> Row | None:
    """What `read` gave for `key` under the catalogue's present version; asked for now if it was not yet.

    None is never kept. What is returned is shared by threads: read it, do not change it. One round trip to Redis;
    while Redis is away each call reads.
    """
    # The version is asked for first: a change that commits between the two makes these rows unreachable, never late.
    place = (prebuilt.version(), key)
    found = _rows.get(place)
    if found is not None and found[0] > time.monotonic():
        return found[1]  # type: ignore[return-value]
    row = read()
    if row is not None:
        with _lock:
            if len(_rows) >= MOST_ROWS:
                _rows.clear()
            _rows[place] = (time.monotonic() + MAX_AGE_S, row)
    return row


def forget() -> None:
    """Nothing is kept any more in this process."""
    with _lock:
        _rows.clear()


prebuilt.on_renewal(forget)
