"""How many units one message to a worker carries: what takes about half a second at the suppliers' pace.

A message costs as much of a worker's time as half a purchase. Where suppliers answer at once, several units share one;
where they take their time, two, so that no thread holds what another could send.
"""

from __future__ import annotations

FEWEST, MOST = 2, 8
#: After so many seconds whoever sends a message's units leaves the rest to the others.
LONGEST_S = 2.0
_WORTH_S = 0.5
_WEIGHT = 0.1
# Of this process's newest calls; slow until the first ones were made.
_seconds = _WORTH_S


def note(seconds: float) -> None:
    """A purchase was answered, or given up, after so long. A lost count among threads does no harm."""
    global _seconds
    _seconds += (seconds - _seconds) * _WEIGHT


def units() -> int:
    """So many go into one message now."""
    return max(FEWEST, min(MOST, int(_WORTH_S / max(_seconds, 0.001))))
