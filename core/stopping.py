"""Whether this process was asked to end: whoever works off many rows looks between two of them.

The row in hand is finished; the others were not touched, or are handed back, and the next worker finds them.
"""

import threading

_asked = threading.Event()


def ask() -> None:
    """From now on no new row is begun here."""
    _asked.set()


def is_asked() -> bool:
    return _asked.is_set()
