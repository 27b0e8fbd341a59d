"""manage.py reseal_payouts: after a new key was put first in ENCRYPTION_KEYS, before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit
from core.resealing import reseal
from payments.models import Payout


class Command(BaseCommand):
    help = "Seals the accounts of all pay-outs with the first of ENCRYPTION_KEYS, so that the others can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        resealed = reseal(Payout, "sealed")
        audit.by_command(
            "resealed", "accounts of pay-outs", {"done": resealed.done, "unreadable": len(resealed.unreadable)}
        )
        self.stdout.write(f"{resealed.done} accounts resealed")
        if complaint := resealed.complaint("accounts"):
            raise CommandError(complaint)
