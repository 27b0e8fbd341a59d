"""Accounts of pay-outs under the newest key, so that an old one can be taken out of ENCRYPTION_KEYS."""

from __future__ import annotations

from core.sealing import seal, unseal
from payments.models import Payout


def reseal() -> tuple[int, list[int]]:
    """How many accounts the first key has sealed again, and the rows that none of the keys opens. Safe to repeat, and
    while the shop is open: a row is replaced only if it is as it was read."""
    done, unreadable = 0, []
    for pk, sealed in Payout.objects.order_by("pk").values_list("pk", "sealed").iterator(chunk_size=500):
        try:
            again = seal(unseal(sealed))
        except ValueError:
            unreadable.append(pk)
            continue
        done += Payout.objects.filter(pk=pk, sealed=sealed).update(sealed=again)
    return done, unreadable
