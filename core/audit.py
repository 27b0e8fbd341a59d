"""The audit trail: append-only rows of who changed what, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.models import AuditEntry


def record(actor: str, action: str, subject: str, *, before: Any = None, after: Any = None, why: str = "") -> None:
    """One more row; written in the caller's transaction, so that no change stands without its entry."""
    AuditEntry.objects.create(actor=actor, action=action, subject=subject, before=before, after=after, why=why)


def record_all(actor: str, action: str, changes: Iterable[tuple[str, Any, Any]], *, why: str = "") -> None:
    """One row for each (subject, before, after) of something that changed many things at once; few statements."""
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(actor=actor, action=action, subject=subject, before=before, after=after, why=why)
            for subject, before, after in changes
        ),
        batch_size=1000,
    )
