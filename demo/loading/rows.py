"""Many rows in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def upsert(rows: Sequence[Row], unique: Sequence[str], update: Sequence[str]) -> list[Row]:
    """The rows stand: new ones inserted, those equal in `unique` brought up to date in `update`. All get keys."""
    if not rows:
        return []
    return type(rows[0])._default_manager.bulk_create(
        list(rows), update_conflicts=True, unique_fields=list(unique), update_fields=list(update)
    )
