"""Rows whose work keeps failing: tried again ever later, and in the end set aside with a reason, until staff say so.

A sweep leaves out what is `resting` and works on each row within `counted`, or calls `failed` for one that raised. So
no row is tried for ever, and none stands before the others.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from redis import RedisError

from core import audit, cases
from core.models import PoisonRow, StaffCase

logger = logging.getLogger(__name__)
CASE = "set-aside"
# With pauses of 2 s, 4 s ... up to ten minutes, that is three quarters of an hour: time to mend what breaks all rows.
MOST_FAILURES = 12
_LONGEST_PAUSE = timedelta(minutes=10)
# Failures further apart have nothing to do with each other.
_FORGIVEN_AFTER = timedelta(days=1)
# These speak of the servers, not of the row.
_NOT_THE_ROWS = (OperationalError, InterfaceError, RedisError)


def resting(model: type[Model]) -> QuerySet[PoisonRow, int]:
    """Primary keys of the rows that are not to be tried now; for `exclude(pk__in=...)`."""
    later = Q(again_at=None) | Q(again_at__gt=timezone.now())
    return PoisonRow.objects.filter(later, model=model._meta.label_lower).values_list("row_id", flat=True)


@contextmanager
def counted(model: type[Model], row_id: int, about: str = "") -> Iterator[None]:
    """A sweep's work on one row. What it raises is logged and has `failed` counted, and the sweep goes on."""
    try:
        yield
    except Exception as problem:
        logger.exception("work on %s %s failed", model._meta.label_lower, row_id)
        failed(model, row_id, problem, about)


def failed(model: type[Model], row_id: int, problem: Exception, about: str = "") -> None:
    """The row rests, longer with each failure in a row; with the last of `MOST_FAILURES` it is set aside and a case
    tells staff why. `about` is the invoice number. Called outside of a transaction; never raises."""
    if isinstance(problem, _NOT_THE_ROWS):
        return
    try:
        _count(model._meta.label_lower, row_id, "".join(traceback.format_exception(problem))[-4000:], about)
    except DatabaseError:
        logger.exception("the failure of %s %s could not be counted", model._meta.label_lower, row_id)


@transaction.atomic
def _count(model: str, row_id: int, error: str, about: str) -> None:
    now = timezone.now()
    PoisonRow.objects.get_or_create(model=model, row_id=row_id, defaults={"first_at": now, "last_at": now})
    row = PoisonRow.objects.select_for_update(no_key=True).get(model=model, row_id=row_id)
    if row.again_at is None and row.failures:
        return  # it was set aside, and failed once more where somebody held it already
    if row.last_at < now - _FORGIVEN_AFTER:
        row.failures, row.first_at = 0, now
    row.failures, row.last_at, row.error = row.failures + 1, now, error
    is_last = row.failures >= MOST_FAILURES
    row.again_at = None if is_last else now + min(timedelta(seconds=2**row.failures), _LONGEST_PAUSE)
    row.save(update_fields=["failures", "first_at", "last_at", "error", "again_at"])
    if is_last:
        cases.open_case(
            CASE,
            f"{CASE}:{model}:{row_id}:{now:%Y%m%d%H%M%S%f}",
            f"Work on {model} {row_id} fails again and again and was set aside",
            about=about,
            evidence={
                "row": f"{model}:{row_id}",
                "failures": row.failures,
                "since": row.first_at.isoformat(),
                "error": error,
            },
            actions="Mend what the error names, then try again: nothing was undone, the row goes on where it stood.",
        )


@transaction.atomic
def try_again(case: StaffCase, by: AbstractBaseUser, why: str) -> bool:
    """The case's row is due again, with all its tries, and the case is resolved; False if somebody did that before."""
    model, _, row_id = str(case.evidence.get("row", "")).partition(":")
    if case.kind != CASE or not cases.resolve(case, by, why):
        return False
    PoisonRow.objects.filter(model=model, row_id=int(row_id)).update(failures=0, again_at=timezone.now())
    audit.record(by.get_username(), "row tried again", f"{model}:{row_id}", why=why)
    return True


@transaction.atomic
def replay(row_id: int, by: str, why: str) -> bool:
    """The failing row `row_id` (its own key) is due now, with all its tries, and its case is resolved; False if it does
    not fail any more, or somebody did that before."""
    row = PoisonRow.objects.select_for_update(no_key=True).filter(pk=row_id).first()
    if row is None or not row.failures:
        return False
    subject = f"{row.model}:{row.row_id}"
    PoisonRow.objects.filter(pk=row.pk).update(failures=0, again_at=timezone.now())
    cases.close(CASE, subject, f"{by}: {why}")
    audit.record(by, "row tried again", subject, before={"failures": row.failures}, why=why)
    return True


def forget_old() -> int:
    """Rows that have not failed for a month, and are not set aside, are forgotten; how many."""
    old = PoisonRow.objects.filter(last_at__lt=timezone.now() - timedelta(days=30), again_at__isnull=False)
    return old.delete()[0]
