"""Which region a request is about."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import Refused, invalid
from core.models import Region


def active_regions() -> list[Region]:
    """Where the shop sells, in the order in which it is shown."""
    return list(Region.objects.filter(is_active=True))


def find_region(code: str) -> Region:
    """The active region of that code, whatever its case.

    Raises VALIDATION_ERROR (fields.region) where no code is given, INVALID_REGION where the shop does not sell.
    """
    wanted = code.strip().upper()
    if not wanted:
        raise invalid({"region": _("Tell us the region, for example ID.")})
    regions = active_regions()
    for region in regions:
        if region.code == wanted:
            return region
    raise Refused(
        "INVALID_REGION",
        _("That region is not one of ours."),
        # For whoever writes the client: in English in every language, as API document §4 shows it.
        details=f"Region code must be one of: {', '.join(region.code for region in regions)}",
    )


def default_region() -> Region:
    """The region of a visitor of whom nothing is known."""
    region = Region.objects.filter(is_active=True).order_by("-is_default", "position").first()
    if region is None:
        raise Refused("INVALID_REGION", _("The shop is not selling anywhere yet."))
    return region
