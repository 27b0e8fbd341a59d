"""Staff cases: opened once per key, with evidence and the actions open to a person."""

from __future__ import annotations

from typing import Any

from core.models import StaffCase


def open_case(
    kind: str, key: str, title: str, *, about: str = "", evidence: dict[str, Any] | None = None, actions: str = ""
) -> bool:
    """A case stands under `key`; True if it was opened just now. Safe to call again and at once from two places."""
    made = StaffCase.objects.bulk_create(
        [StaffCase(kind=kind, key=key, title=title[:200], about=about, evidence=evidence or {}, actions=actions)],
        ignore_conflicts=True,
    )
    return bool(made and made[0].pk)
