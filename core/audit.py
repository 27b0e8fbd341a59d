"""The audit trail: append-only rows of who changed what, and why."""

from __future__ import annotations

from typing import Any

from core.models import AuditEntry


def record(actor: str, action: str, subject: str, *, before: Any = None, after: Any = None, why: str = "") -> None:
    """One more row; written in the caller's transaction, so that no change stands without its entry."""
    AuditEntry.objects.create(actor=actor, action=action, subject=subject, before=before, after=after, why=why)
