"""manage.py reseal_payouts: after a new key was put first in ENCRYPTION_KEYS, before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.money_back.resealing import reseal


class Command(BaseCommand):
    help = "Seals the accounts of all pay-outs with the first of ENCRYPTION_KEYS, so that the others can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = reseal()
        self.stdout.write(f"{done} accounts resealed")
        if unreadable:
            first = ", ".join(str(pk) for pk in unreadable[:10])
            raise CommandError(
                f"{len(unreadable)} accounts are opened by none of the keys (rows {first}):"
                " put the key they were sealed with back into ENCRYPTION_KEYS and call this again"
            )
