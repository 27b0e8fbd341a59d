"""Whether an error of the database speaks of the server (restarting, full, cut off) and not of what was asked of it."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

# SQLSTATE classes: connection lost, resources exhausted, ended by an operator.
_OF_THE_SERVER = ("08", "53", "57")
_STATEMENT_CANCELLED = "57014"


def is_of_the_server(problem: BaseException) -> bool:
    """True where the same request may do well in a few seconds; a deadlock or a time-out of ours is our mistake."""
    if not isinstance(problem, OperationalError | InterfaceError):
        return False
    state = getattr(problem.__cause__, "sqlstate", None)  # None: the server said nothing any more
    return state is None or (state.startswith(_OF_THE_SERVER) and state != _STATEMENT_CANCELLED)
