"""Time runs out, at every gateway alike."""

from sandbox.payables import parties
from sandbox.payables.rows import DUE_STATUSES
from sandbox.state import database

_OPEN = ", ".join(f"'{status}'" for status in DUE_STATUSES)


def expire_due(now: int) -> int | None:
    """Everything open past its time has expired, its webhooks under way; answers the next time (ms)."""
    due = database.rows(f"SELECT * FROM payables WHERE status IN ({_OPEN}) AND expires_ms <= ? LIMIT 200", (now,))  # noqa: S608
    if due:
        with database.transaction() as running:
            for row in due:
                party = parties.of(row)
                for event in party.apply(running, row, "expired"):
                    party.announce(running, event)
    soonest = database.one(f"SELECT MIN(expires_ms) FROM payables WHERE status IN ({_OPEN})")  # noqa: S608
    return None if soonest is None else soonest[0]
