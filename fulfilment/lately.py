"""How a supplier has done lately, counted from its newest purchases; bounded in time and in rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from fulfilment.models import SupplierAccount

SPAN = timedelta(hours=1)
MOST_ROWS = 20_000

# One walk over the index attempt_health, newest first. Latencies are of calls that were answered as they should be: of
# the others it is known only how long somebody waited in vain.
_FIGURES = """
    WITH recent AS (
        SELECT is_supplier_fault, state, EXTRACT(EPOCH FROM answered_at - sent_at) AS took
          FROM fulfilment_attempt
         WHERE account_id = %s AND is_supplier_fault IS NOT NULL AND answered_at > %s
         ORDER BY answered_at DESC
         LIMIT %s
    )
    SELECT count(*),
           count(*) FILTER (WHERE NOT is_supplier_fault),
           count(*) FILTER (WHERE state = 'UNKNOWN'),
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY took) FILTER (WHERE NOT is_supplier_fault)
      FROM recent
"""


@dataclass(frozen=True, slots=True)
class Health:
    """Of the last hour's purchases that say anything of the supplier. `fine`: answered as they should be (also by a
    refusal); times in seconds, None where there was no such answer."""

    calls: int
    fine: int
    unknown: int
    p50: float | None
    p95: float | None
    p99: float | None

    @property
    def success_percent(self) -> float | None:
        return round(100 * self.fine / self.calls, 1) if self.calls else None


def of(account: SupplierAccount, now: datetime | None = None) -> Health:
    """The account's figures; one statement."""
    since = (now or timezone.now()) - SPAN
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [account.pk, since, MOST_ROWS])
        calls, fine, unknown, times = cursor.fetchone()
    p50, p95, p99 = (float(took) for took in times) if times else (None, None, None)
    return Health(calls, fine, unknown, p50, p95, p99)
