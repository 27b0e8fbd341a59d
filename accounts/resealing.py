"""After a new key was put first in ENCRYPTION_KEYS, and before the old one is taken out."""

from __future__ import annotations

from accounts.models import Authenticator
from core import sealing


def reseal() -> int:
    """Every authenticator's secret is sealed with the first key; how many were sealed again. Safe to run twice, and
    while people sign in. Raises ValueError at one that no key opens."""
    done = 0
    for pk, sealed in Authenticator.objects.order_by("pk").values_list("pk", "sealed_key").iterator():
        again = sealing.seal(sealing.unseal(sealed))
        done += Authenticator.objects.filter(pk=pk, sealed_key=sealed).update(sealed_key=again)
    return done
