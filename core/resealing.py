"""After a new key was put first in ENCRYPTION_KEYS, and before the old one is taken out: what lasts is sealed anew."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model

from core.sealing import seal, unseal


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows the first key has sealed again; `unreadable` are rows that no key opens, left as they are."""

    done: int
    unreadable: list[int]

    def complaint(self, what: str) -> str:
        """What whoever changes the keys has to do about the unreadable ones; "" where all is well."""
        if not self.unreadable:
            return ""
        first = ", ".join(str(pk) for pk in self.unreadable[:10])
        return (
            f"{len(self.unreadable)} {what} are opened by none of the keys (rows {first}):"
            " put the key they were sealed with back into ENCRYPTION_KEYS and call this again"
        )


def reseal(model: type[Model], column: str) -> Resealed:
    """What every row keeps sealed in `column` is sealed with the first key. Safe to repeat, and while the shop is
    open: a row is replaced only if it is as it was read."""
    done, unreadable = 0, []
    rows = model._default_manager.order_by("pk")
    for pk, sealed in rows.values_list("pk", column).iterator(chunk_size=500):
        try:
            again = seal(unseal(sealed))
        except ValueError:
            unreadable.append(pk)
            continue
        done += rows.filter(pk=pk, **{column: sealed}).update(**{column: again})
    return Resealed(done, unreadable)
