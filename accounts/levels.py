"""Membership levels: from which paid volume, and what they give (API document, "Membership Levels")."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext_lazy as _

from accounts.models import Benefit, Level
from core.errors import Text
from core.money import Money
from core.translated import pick

CURRENCY = "IDR"


@dataclass(frozen=True, slots=True)
class Terms:
    """`from_minor` of paid volume within 90 days in IDR; points as a share of what was paid, in percent; a member
    discount never above `discount_cap` percent."""

    from_minor: int
    points_percent: int
    discount_cap: int
    benefits: tuple[Text, ...]


TERMS: dict[str, Terms] = {
    Level.CLASSIC: Terms(0, 1, 0, (_("Standard transactions"), _("Support around the clock"), _("1% bonus points"))),
    Level.PRESTIGE: Terms(
        5_000_000,
        3,
        5,
        (
            _("Exclusive discounts of up to 5%"),
            _("Priority customer support"),
            _("3% bonus points"),
            _("Access to premium promos"),
        ),
    ),
    Level.ROYAL: Terms(
        10_000_000,
        5,
        10,
        (
            _("Exclusive discounts of up to 10%"),
            _("A manager of your own"),
            _("5% bonus points"),
            _("Access to VIP promos"),
            _("Your orders go first"),
        ),
    ),
}
_ORDER = (Level.CLASSIC, Level.PRESTIGE, Level.ROYAL)


def level_of(volume: Money) -> Level:
    """The highest level that the paid volume (IDR) reaches."""
    return next(level for level in reversed(_ORDER) if volume.minor >= TERMS[level].from_minor)


def next_level(level: str) -> Level | None:
    at = _ORDER.index(Level(level))
    return _ORDER[at + 1] if at + 1 < len(_ORDER) else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is to the next level, in IDR; at the highest level 100 percent and no next one."""

    current: Money
    target: Money
    percentage: Decimal
    next_level: Level | None


def progress(level: str, volume: Money) -> Progress:
    above = next_level(level)
    target = Money(TERMS[above or level].from_minor, CURRENCY)
    if above is None:
        return Progress(volume, target, Decimal(100), None)
    share = Decimal(volume.minor) * 100 / target.minor
    return Progress(volume, target, min(share.quantize(Decimal("0.1"), ROUND_DOWN), Decimal(100)), above)


def benefits(level: str, language: str) -> list[str]:
    """What the level gives, line by line: as staff wrote it, else as the shop began; in the active language."""
    written = [pick(row.text, language) for row in Benefit.objects.filter(level=level)]
    return written or [str(text) for text in TERMS[level].benefits]
