"""Whether our balance at a supplier bears one more purchase, so that an empty one burns no orders.

What the supplier last said is minutes old at most; what was bought since then is counted against it. Only a scarce
balance is looked at closely, under the account's lock; a full one costs no statement.
"""

from __future__ import annotations

from django.db.models import Q, Sum
from django.utils import timezone

from core.money import Money
from fulfilment import profiles
from fulfilment.models import Attempt, SupplierAccount

_SCARCE = 200  # so many purchases of this cost may be made by a shop between two looks at its balance
_SPENDING = (Attempt.State.ACCEPTED, Attempt.State.UNKNOWN)


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
