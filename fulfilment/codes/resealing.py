"""Changing the key: every lasting code is sealed anew with the first of ENCRYPTION_KEYS, in small transactions."""

from __future__ import annotations

from django.db import transaction

from core import sealing
from core.resealing import Resealed
from fulfilment.codes import secret
from fulfilment.models import Code

_AT_ONCE = 200


def reseal() -> Resealed:
    """Every code that some key opens is sealed and found by the newest key. May be stopped and called again, also while
    codes are sold and shown; rows that another transaction holds are waited for."""
    done, unreadable, after = 0, [], 0
    while True:
        with transaction.atomic():
            rows = list(
                Code.objects.select_for_update(of=("self",))
                .filter(pk__gt=after)
                .exclude(key_mark=sealing.key_mark())
                .order_by("pk")[:_AT_ONCE]
            )
            for row in rows:
                try:
                    secret.put(row, secret.get(row))
                except secret.Unreadable:
                    unreadable.append(row.pk)
                else:
                    row.save(update_fields=["sealed", "key_mark", "digest", "tail"])
                    done += 1
        if not rows:
            return Resealed(done, unreadable)
        after = rows[-1].pk
