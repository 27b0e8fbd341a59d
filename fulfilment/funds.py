"""Whether our balance at a supplier bears one more purchase, so that an empty one burns no orders.

What the supplier last said is minutes old at most; what was bought since then is counted against it. Only a scarce
balance is looked at closely, under the account's lock; a full one costs no statement.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, Sum
from django.utils import timezone

from core.money import Money
from fulfilment import profiles
from fulfilment.models import Attempt, SupplierAccount

_SCARCE = 200  # so many purchases of this cost may be made by a shop between two looks at its balance
_SPENDING = (Attempt.State.ACCEPTED, Attempt.State.UNKNOWN)


_BURN_SPAN = timedelta(hours=6)
_LEAST_SPAN_S = 900.0  # of a shop that has just opened; the first minutes are no pace
_BURN_ROWS = 20_000
# One walk over the index attempt_health, newest first, as fulfilment.lately does.
_BURN = """
    SELECT coalesce(sum(cost_minor) FILTER (WHERE state IN ('ACCEPTED', 'UNKNOWN')), 0), min(answered_at), count(*)
      FROM (SELECT cost_minor, state, answered_at
              FROM fulfilment_attempt
             WHERE account_id = %s AND is_supplier_fault IS NOT NULL AND answered_at > %s
             ORDER BY answered_at DESC
             LIMIT %s) AS recent
"""


class Short(Exception):
    """As far as we know, the balance is too low; nothing was sent."""


def reserve(account: SupplierAccount, cost: Money) -> None:
    """The purchase that is about to be committed is borne by the balance. Raises Short.

    Called in the transaction that commits it: where the balance is scarce the account stays locked until then, so that
    no two count on the same money.
    """
    if account.balance_minor is None or account.balance_minor >= cost.minor * _SCARCE:
        return
    locked = SupplierAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    if locked.balance_minor is not None and locked.balance_minor - _spent(locked) < cost.minor:
        raise Short


def burn_per_hour(account: SupplierAccount, now: datetime) -> int:
    """What purchases cost an hour, in minor units of the account's currency: of the last six hours, or of its newest
    20,000 purchases where those are fewer hours. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BURN, [account.pk, now - _BURN_SPAN, _BURN_ROWS])
        spent, oldest, rows = cursor.fetchone()
    if not spent:
        return 0
    # What was bought since the first of them is the pace; a quiet time before it counts where the span is not full.
    seconds = _BURN_SPAN.total_seconds() if rows < _BURN_ROWS else (now - oldest).total_seconds()
    return round(int(spent) * 3600 / max(seconds, _LEAST_SPAN_S))


def hours_left(account: SupplierAccount, now: datetime) -> float | None:
    """For how long the balance bears the pace of the last hours; None where it was never read, or nothing is bought."""
    burn = burn_per_hour(account, now)
    if account.balance_minor is None or not burn:
        return None
    return round(max(0, account.balance_minor - _spent(account)) / burn, 1)


def stop(account: SupplierAccount, cost: Money) -> bool:
    """The account is paused and staff know, if the supplier itself says that the balance is too low; else False."""
    profile = profiles.read(account)
    if profile is None or profile.balance.minor >= cost.minor:
        return False
    profiles.pause(account, profiles.BALANCE, "the balance would not have borne the next purchase", cost)
    return True


def _spent(account: SupplierAccount) -> int:
    """What was bought since the balance was read, and may be not in it."""
    since = account.profile_read_at or timezone.now()
    answered = Q(answered_at__gte=since, is_supplier_fault__isnull=False, state__in=_SPENDING)
    out = Attempt.objects.filter(answered | Q(state=Attempt.State.SENDING), account=account)
    return out.aggregate(sum=Sum("cost_minor"))["sum"] or 0
