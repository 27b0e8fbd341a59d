"""Which region a page or a read is about; the regions themselves stand in core.regions."""

from __future__ import annotations

from core import regions
from core.models import Region


def active_regions() -> list[Region]:
    """Where the shop sells, in the order in which it is shown."""
    return regions.regions()


def find_region(code: str) -> Region:
    """The active region of that code, whatever its case. Raises VALIDATION_ERROR (fields.region) or INVALID_REGION."""
    return regions.required(code.strip().upper())


def default_region() -> Region:
    """The region of a visitor of whom nothing is known."""
    return regions.default()
