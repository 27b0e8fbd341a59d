"""The audit trail: append-only rows of who changed what, and why.

The database refuses every change of a row and every deletion before its time (migration 0011). What it lets through is
an `erase`, which takes personal data out of an entry and leaves that it happened, and `forget_old`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q
from django.utils import timezone

from core.logs import trace_id
from core.models import AuditEntry

# The trigger knows the same span.
KEPT_FOR = timedelta(days=5 * 365)
ERASED = "erased"
COMMAND = "command"
_FORGOTTEN_AT_ONCE = 5000
_written: ContextVar[list[int] | None] = ContextVar("audit_written", default=None)


def record(actor: str, action: str, subject: str, *, before: Any = None, after: Any = None, why: str = "") -> None:
    """One more row; written in the caller's transaction, so that no change stands without its entry."""
    record_all(actor, action, [(subject, before, after)], why=why)


def record_all(actor: str, action: str, changes: Iterable[tuple[str, Any, Any]], *, why: str = "") -> None:
    """One row for each (subject, before, after) of something that changed many things at once; few statements."""
    rows = [
        AuditEntry(
            actor=actor, action=action, subject=subject, before=before, after=after, why=why, trace=trace_id.get()
        )
        for subject, before, after in changes
    ]
    AuditEntry.objects.bulk_create(rows, batch_size=1000)
    counter = _written.get()
    if counter is not None:
        counter.append(len(rows))


def by_command(action: str, subject: str, after: dict[str, Any] | None = None) -> None:
    """What a management command did. Whoever runs one has the machine, and no role: the entry names their account on
    it, as far as the machine tells."""
    who = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
    record(COMMAND, action, subject, after={**(after or {}), "on the machine": who})


def subject_of(row: Model) -> str:
    """Under what name the trail knows a row, unless its service has a better one."""
    return f"{row._meta.label_lower}:{row.pk}"[:120]


@contextmanager
def watched() -> Iterator[list[int]]:
    """The list is empty afterwards if nothing inside was recorded: then whoever watches has to."""
    counter: list[int] = []
    mark = _written.set(counter)
    try:
        yield counter
    finally:
        _written.reset(mark)


@transaction.atomic
def erase(subjects: Iterable[str], logins: Iterable[str] = ()) -> int:
    """Of entries about these subjects, and of what these logins did, only when, what and about what is left; how many.

    For a customer's personal data; never for staff, whose doings are kept.
    """
    names = list(logins)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gerbang.erasing', 'on', true)")
    about = AuditEntry.objects.filter(Q(subject__in=list(subjects)) | Q(actor__in=names))
    erased = about.update(before=None, after=None, why=ERASED)
    AuditEntry.objects.filter(actor__in=names).update(actor=ERASED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gerbang.erasing', 'off', true)")
    return erased


def forget_old() -> int:
    """Entries that have been kept long enough are gone, a batch at a time; how many."""
    old = AuditEntry.objects.filter(at__lt=timezone.now() - KEPT_FOR).order_by("at")
    return AuditEntry.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])).delete()[0]
