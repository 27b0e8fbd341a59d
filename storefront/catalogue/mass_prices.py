"""How many prices one person changes alone: within a day and by all doors together, files, drafts and typed ones.

The limits are core.approvals' (kind "prices"), which owners change. Counted by day, because a limit of one file, or of
one draft, is none for whoever makes small ones of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.approvals import limits
from core.errors import Refused
from core.staff_tokens.services import person_behind
from storefront.catalogue.models import PricesSetAlone

KIND = "prices"
JUMPS, PRICES = "JUMPS", "PRICES"  # prices that move by more than PRICE_JUMP_PERCENT, and all that move
DEFAULTS = {JUMPS: 20, PRICES: 5_000}
COUNTED = timedelta(hours=24)


def may_alone(by: str, prices: int, jumps: int) -> bool:
    """Whether `by` may change so many more, `jumps` of them far, with nobody else. What they set alone in the last 24
    hours counts, and nobody sets more in their name before the caller's transaction (there has to be one) ends."""
    person = person_behind(by)
    with connection.cursor() as cursor:
        # Of two files published at once each would not see the other's.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"prices set alone by {person}"])
    told = _since(person, timezone.now() - COUNTED).aggregate(prices=Sum("prices"), jumps=Sum("jumps"))
    wanted = {PRICES: (told["prices"] or 0) + prices, JUMPS: (told["jumps"] or 0) + jumps}
    most = limits.of(KIND)
    return all(unit in most and number <= most[unit] for unit, number in wanted.items())


def set_alone(by: str, prices: int, jumps: int) -> None:
    """So many more are counted; in the transaction that changes them."""
    if prices == 0:
        return
    person, now = person_behind(by), timezone.now()
    PricesSetAlone.objects.filter(person=person, at__lt=now - COUNTED).delete()
    PricesSetAlone.objects.create(person=person, at=now, prices=prices, jumps=jumps)


@transaction.atomic
def ensure_typed(by: str, prices: int, jumps: int) -> None:
    """Prices that somebody types are counted. Raises VALIDATION_ERROR, nothing counted, beyond what they may set alone:
    there is nothing to keep a typed price in until a second person has looked at it, as there is for a file."""
    if not may_alone(by, prices, jumps):
        raise Refused(
            "VALIDATION_ERROR",
            _(
                "Nothing is saved: within 24 hours one person changes only so many prices alone, and you have. Put "
                "them into a file under Import and export: a second person approves it."
            ),
        )
    set_alone(by, prices, jumps)


def _since(person: str, moment: datetime) -> QuerySet[PricesSetAlone]:
    return PricesSetAlone.objects.filter(person=person, at__gte=moment)
