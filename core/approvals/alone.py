"""What one person does alone under a kind's limits: all of it within a day together, by hand and by tokens of theirs.

Counted by day, because a limit of one file, or of one wish, is none for whoever makes small ones of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from core.approvals import limits
from core.approvals.models import DoneAlone
from core.staff_tokens.services import person_behind

COUNTED = timedelta(hours=24)


def may(code: str, by: str, wanted: Mapping[str, int]) -> bool:
    """Whether `by` may do so much more of that kind, by unit, with nobody else; a unit without a limit allows nothing.

    What they did alone in the last 24 hours counts, and nobody does more in their name before the caller's transaction
    (there has to be one) ends.
    """
    person = person_behind(by)
    with connection.cursor() as cursor:
        # Of two at once each would not see the other's.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{code} done alone by {person}"])
    done = DoneAlone.objects.filter(kind=code, person=person, at__gte=timezone.now() - COUNTED)
    so_far = dict(done.values_list("unit").annotate(Sum("number")))
    most = limits.of(code)
    return all(unit in most and so_far.get(unit, 0) + number <= most[unit] for unit, number in wanted.items())


def count(code: str, by: str, done: Mapping[str, int]) -> None:
    """So much more is counted, by unit; in the transaction that does it."""
    person, now = person_behind(by), timezone.now()
    DoneAlone.objects.filter(kind=code, person=person, at__lt=now - COUNTED).delete()
    DoneAlone.objects.bulk_create(
        DoneAlone(kind=code, person=person, unit=unit, number=number, at=now) for unit, number in done.items() if number
    )
